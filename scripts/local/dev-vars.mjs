import { randomBytes } from "node:crypto"
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { vapidPair } from "./vapid-pair.mjs"

const path = fileURLToPath(new URL("../../.dev.vars", import.meta.url))

const NAMES = [
  "JWT_SECRET",
  "SERVICE_KEYS",
  "PREFECT_NOTIFICATIONS_WEBHOOK_KEY",
  "UNSUBSCRIBE_SECRET",
  "SECRETS_KEYS",
  "SES_ACCESS_KEY_ID",
  "SES_SECRET_ACCESS_KEY",
]

/** The development secrets as an object, empty where `.dev.vars` is absent. */
export function readDevVars() {
  if (!existsSync(path)) return {}
  const pairs = readFileSync(path, "utf8").matchAll(/^\s*([A-Z][A-Z0-9_]*)\s*=\s*(["']?)(.*?)\2\s*$/gm)
  return Object.fromEntries(Array.from(pairs, ([, name, , value]) => [name, value]))
}

/** Made of one another: with half of them missing, both are new. */
const PAIR = ["VAPID_PUBLIC_KEY", "VAPID_PRIVATE_KEY"]

/** Writes the secrets that are missing, and returns their names. Those that are there are never changed. */
export function ensureDevVars() {
  const present = readDevVars()
  const made = {
    ...Object.fromEntries(NAMES.map((name) => [name, madeUp(name)])),
    ...vapidPair(),
  }
  const missing = [...NAMES.filter((name) => !present[name]), ...(PAIR.every((name) => present[name]) ? [] : PAIR)]
  if (missing.length === 0) return missing
  const lines = missing.map((name) => `${name}=${made[name]}\n`).join("")
  if (!existsSync(path)) writeFileSync(path, lines, { mode: 0o600, flag: "wx" })
  else appendFileSync(path, readFileSync(path, "utf8").endsWith("\n") ? lines : `\n${lines}`)
  return missing
}

/** Keys that seal secrets have names. */
const madeUp = (name) => `${name === "SECRETS_KEYS" ? "local:" : ""}${randomBytes(32).toString("base64url")}`

/** One development secret, or a sentence that says how to get it. */
export function devVar(name) {
  const value = readDevVars()[name]
  if (!value) throw new Error(`There is no ${name} in .dev.vars yet: run npm start first.`)
  return value
}
