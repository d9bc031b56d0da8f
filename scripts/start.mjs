import { join, relative, resolve } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { sign } from "hono/jwt"
import { addresses, HOST, requireFree } from "./local/addresses.mjs"
import { devVar } from "./local/dev-vars.mjs"
import { startMailCatcher } from "./local/mail-catcher/server.mjs"
import { claimsOf, people, seedSql } from "./local/demo-users.mjs"
import { startPrefect } from "./local/fake-prefect/server.mjs"
import { describe, look, waitForArrival } from "./local/follow-failure.mjs"
import { sendSampleFailure } from "./local/send-sample-failure.mjs"
import { runWrangler, startWranglerDev, stopWrangler } from "./local/wrangler.mjs"

const DATABASE = "dalgo-notifications"
const READY_WITHIN_MS = 60_000
const CRON_EVERY_MS = 60_000

const root = fileURLToPath(new URL("..", import.meta.url))
const stateDir = resolve(root, process.env.STATE_DIR || join(".wrangler", "state"))
const logPath = process.env.STATE_DIR ? join(stateDir, "dev.log") : join(root, ".wrangler", "dev.log")
const shownLogPath = logPath.startsWith(root) ? relative(root, logPath) : logPath
const persistence = ["--local", "--persist-to", stateDir]

const toClose = []
let stopping

function stop(exitCode) {
  stopping ??= Promise.allSettled([stopWrangler(), ...toClose.map(({ close }) => close())]).then(() =>
    process.exit(exitCode),
  )
  return stopping
}

for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(name, () => void stop(0))

// npm puts a shell between itself and us, which passes on no SIGTERM: what we notice is that it is gone.
const parent = process.ppid
if (process.env.npm_lifecycle_event) setInterval(() => process.ppid === parent || void stop(0), 500).unref()

const variables = ({ worker, prefect, mail }) => ({
  PUBLIC_URL: worker.url,
  FRONTEND_URL: worker.url,
  ALLOWED_ORIGINS: [worker.url, `http://localhost:${worker.port}`, "http://localhost:3000"].join(","),
  PREFECT_API_URL: `${prefect.url}/api`,
  EMAIL_PROVIDER: "ses",
  EMAIL_FROM: "notifications@dalgo.test",
  SES_REGION: "ap-south-1",
  SES_ENDPOINT: mail.url,
  MAIL_CATCHER_URL: mail.url,
  VAPID_SUBJECT: "mailto:notifications@dalgo.test",
  AUTO_GENERATE_LLM_FAILURE_SUMMARIES: "true",
})

function startWorker(where) {
  const given = Object.entries(variables(where)).flatMap(([name, value]) => ["--var", `${name}:${value}`])
  const listening = ["--ip", HOST, "--port", String(where.worker.port), "--inspector-port", "0"]
  const args = ["dist/local/index.mjs", ...persistence, ...listening, "--show-interactive-dev-session=false", ...given]
  const dev = startWranglerDev({ args, logPath })
  const dies = dev.ended.then((code) => {
    if (stopping) return stopping
    throw new Error(`${dev.tail()}\nwrangler ended by itself (${code}).`)
  })
  return { dies, tail: dev.tail }
}

async function untilReady({ worker }, tail) {
  const deadline = Date.now() + READY_WITHIN_MS
  while (Date.now() < deadline) {
    if (stopping) return stopping
    const answer = await fetch(`${worker.url}/healthz`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined)
    await answer?.body?.cancel()
    if (answer?.ok) return
    await sleep(200)
  }
  throw new Error(`${tail()}\nThe worker does not answer /healthz after ${READY_WITHIN_MS / 1000} s.`)
}

// Locally a cron never fires by itself.
async function fireCron({ worker }) {
  const cron = `${worker.url}/cdn-cgi/handler/scheduled?cron=*+*+*+*+*`
  const answer = await fetch(cron, { signal: AbortSignal.timeout(CRON_EVERY_MS) }).catch((error) => ({
    status: error.message,
  }))
  await answer.body?.cancel()
  if (!answer.ok && !stopping) console.error(`The minutely cron failed (${answer.status}); see ${shownLogPath}.`)
}

async function sample(where) {
  const secret = devVar("JWT_SECRET")
  const members = people.filter(({ org }) => org === "acme")
  const withTokens = await Promise.all(
    members.map(async (person) => ({ ...person, token: await sign(claimsOf(person), secret, "HS256") })),
  )
  const before = await look({ ...where, people: withTokens })
  const run = await sendSampleFailure({ ...where, org: "acme" })
  console.log(`\nA pipeline failed (${run.name} of ${run.deployment}). What became of it:`)
  console.log(describe(await waitForArrival({ ...where, people: withTokens, after: before }), withTokens))
}

async function main() {
  if (Number.parseInt(process.versions.node, 10) < 22)
    throw new Error(`wrangler needs Node 22, and this is ${process.version}: use npm start, which brings its own.`)
  const where = addresses()
  await requireFree(where)

  console.log("Preparing the database…")
  await runWrangler("d1", "migrations", "apply", DATABASE, ...persistence)
  await runWrangler("d1", "execute", DATABASE, ...persistence, "--command", seedSql())

  if (stopping) return stopping
  console.log("Starting the worker…")
  toClose.push(await startPrefect({ port: where.prefect.port }), await startMailCatcher({ port: where.mail.port }))
  const { dies, tail } = startWorker(where)
  await Promise.race([dies, untilReady(where, tail)])
  void fireCron(where)
  const timer = setInterval(() => void fireCron(where), CRON_EVERY_MS)
  toClose.push({ close: () => clearInterval(timer) })

  await Promise.race([dies, sample(where).catch((error) => console.error(`The sample failure: ${error.message}`))])
  const prefix = where.worker.port === 8787 ? "" : `PORT=${where.worker.port} `
  console.log(`
Open  ${where.worker.url}/local/sign-in?as=alice   Alice's bar and inbox, live
      ${where.mail.url}/                          the mails
Try   ${prefix}npm run -s fail            another failure
      npm run -s token -- bob    ${" ".repeat(prefix.length)}a token for curl
wrangler's log is ${shownLogPath}. Ctrl-C stops everything.`)
  await dies
}

try {
  await main()
} catch (error) {
  if (!stopping) console.error(error.message)
  await stop(1)
}
