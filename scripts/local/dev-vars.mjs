import { randomBytes } from "node:crypto"
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { vapidPair } from "./vapid-pair.mjs"

const path = fileURLToPath(new URL("../../.dev.vars", import.meta.url))

const SECRETS = [
  "JWT_SECRET",
  "SERVICE_KEYS",
  "PREFECT_NOTIFICATIONS_WEBHOOK_KEY",
  "UNSUBSCRIBE_SECRET",
  "SECRETS_KEYS",
  "SES_ACCESS_KEY_ID",
  "SES_SECRET_ACCESS_KEY",
]

/** The variables in `.dev.vars`; empty where the file is absent. */
export const readDevVars = () => (existsSync(path) ? parseDevVars(readFileSync(path, "utf8")) : {})

/** The variables in a text of lines `NAME=value`, with or without quotes around the value. */
export function parseDevVars(text) {
  const pairs = text.matchAll(/^\s*([A-Z][A-Z0-9_]*)\s*=\s*(["']?)(.*?)\2\s*$/gm)
  return Object.fromEntries(Array.from(pairs, ([, name, , value]) => [name, value]))
}

/** The public key is derived from the private one: if one is missing, both are generated. */
const KEY_PAIR = ["VAPID_PUBLIC_KEY", "VAPID_PRIVATE_KEY"]

/** Generates the missing secrets, appends them to `.dev.vars` and returns their names. Existing values are kept. */
export function ensureDevVars() {
  const present = readDevVars()
  const generated = { ...Object.fromEntries(SECRETS.map((name) => [name, generateSecret(name)])), ...vapidPair() }
  const missingKeyPair = KEY_PAIR.every((name) => present[name]) ? [] : KEY_PAIR
  const missing = [...SECRETS.filter((name) => !present[name]), ...missingKeyPair]
  if (missing.length === 0) return missing
  const lines = missing.map((name) => `${name}=${generated[name]}\n`).join("")
  if (!existsSync(path)) writeFileSync(path, lines, { mode: 0o600, flag: "wx" })
  else appendFileSync(path, readFileSync(path, "utf8").endsWith("\n") ? lines : `\n${lines}`)
  return missing
}

/** A key in SECRETS_KEYS is written as `<key name>:<key>`. */
const generateSecret = (name) => `${name === "SECRETS_KEYS" ? "local:" : ""}${randomBytes(32).toString("base64url")}`

/** One variable of `.dev.vars`. Throws an Error that says how to create it. */
export function requireDevVar(name) {
  const value = readDevVars()[name]
  if (!value) throw new Error(`.dev.vars has no ${name} yet. Run npm start first: it creates it.`)
  return value
}
