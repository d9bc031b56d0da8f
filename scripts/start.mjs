import { join, relative } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { sign } from "hono/jwt"
import { addressesFrom, DEFAULT_PORT, HOST, requireFreePorts } from "./local/addresses.mjs"
import { configProblems } from "./local/config-problems.mjs"
import { accessTokenClaims, demoUsers, seedSql } from "./local/demo-users.mjs"
import { readDevVars, requireDevVar } from "./local/dev-vars.mjs"
import { startFakePrefect } from "./local/fake-prefect/server.mjs"
import { startMailCatcher } from "./local/mail-catcher/server.mjs"
import { recordInstance } from "./local/running-instances.mjs"
import { sendSampleFailure } from "./local/send-sample-failure.mjs"
import { root, stateDirFrom } from "./local/state-dir.mjs"
import { formatState, readState, waitForFailure } from "./local/track-failure.mjs"
import { workerVariables } from "./local/worker-variables.mjs"
import { runWrangler, startWranglerDev, stopWrangler } from "./local/wrangler.mjs"

const DATABASE = "dalgo-notifications"
const READY_TIMEOUT_MS = 60_000
const CRON_INTERVAL_MS = 60_000

const stateDir = stateDirFrom(process.env)
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

// npm starts scripts through a shell, which does not forward SIGTERM. A new parent process means that npm was ended.
const parent = process.ppid
if (process.env.npm_lifecycle_event) setInterval(() => process.ppid === parent || void stop(0), 500).unref()

function startWorker(addresses) {
  const variables = workerVariables(addresses, readDevVars())
  const varArgs = Object.entries(variables).flatMap(([name, value]) => ["--var", `${name}:${value}`])
  const listenArgs = ["--ip", HOST, "--port", String(addresses.worker.port), "--inspector-port", "0"]
  const args = [
    "dist/local/index.mjs",
    ...persistence,
    ...listenArgs,
    "--show-interactive-dev-session=false",
    ...varArgs,
  ]
  const dev = startWranglerDev({ args, logPath })
  const exited = dev.ended.then((code) => {
    if (stopping) return stopping
    throw new Error(`${dev.tail()}\nwrangler ended unexpectedly (${code}).`)
  })
  return { exited, tail: dev.tail }
}

async function waitUntilReady({ worker }, tail) {
  const deadline = Date.now() + READY_TIMEOUT_MS
  while (Date.now() < deadline) {
    if (stopping) return stopping
    const answer = await fetch(`${worker.url}/healthz`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined)
    await answer?.body?.cancel()
    if (answer?.ok) return
    await sleep(200)
  }
  throw new Error(`${tail()}\nThe worker did not answer /healthz within ${READY_TIMEOUT_MS / 1000} s.`)
}

// wrangler dev does not run cron triggers.
async function triggerCron({ worker }) {
  const cron = `${worker.url}/cdn-cgi/handler/scheduled?cron=*+*+*+*+*`
  const answer = await fetch(cron, { signal: AbortSignal.timeout(CRON_INTERVAL_MS) }).catch((error) => ({
    status: error.message,
  }))
  await answer.body?.cancel()
  if (!answer.ok && !stopping) console.error(`The cron trigger failed (${answer.status}). See ${shownLogPath}.`)
}

async function showSampleFailure(addresses) {
  const secret = requireDevVar("JWT_SECRET")
  const users = await Promise.all(
    demoUsers
      .filter(({ org }) => org === "acme")
      .map(async (user) => ({ ...user, token: await sign(accessTokenClaims(user), secret, "HS256") })),
  )
  const before = await readState({ ...addresses, users })
  const run = await sendSampleFailure({ ...addresses, org: "acme" })
  console.log(`\nSample failure: the run ${run.name} of the pipeline ${run.deployment} (acme) failed.`)
  console.log(formatState(await waitForFailure({ ...addresses, users, after: before }), users))
}

async function showConfigProblems(addresses) {
  const problems = await configProblems(addresses)
  if (problems.length > 0) console.error(`\nCorrect .dev.vars or wrangler.toml:\n${problems.join("\n")}`)
}

function showNextSteps({ worker, mail }) {
  const signIn = demoUsers.map(({ name, role, org }) => [
    `Sign in as ${name} (${role}, ${org})`,
    `${worker.url}/local/sign-in?as=${name.toLowerCase()}`,
  ])
  const lines = [
    ["Page", `${worker.url}/`],
    ...signIn,
    ["E-mails that were sent", `${mail.url}/`],
    ["Preview of every e-mail", `${worker.url}/local/mails`],
    ["API documentation", `${worker.url}/api/docs`],
    ["Let another pipeline fail", "npm run -s fail"],
    ["Get a token for curl", "npm run -s token -- alice"],
  ]
  const width = Math.max(...lines.map(([label]) => label.length))
  console.log(`\nDalgo notifications is running.\n`)
  console.log(lines.map(([label, value]) => `  ${label.padEnd(width)}  ${value}`).join("\n"))
  console.log(`\nLog: ${shownLogPath}. Ctrl-C stops everything.`)
}

async function main() {
  if (Number.parseInt(process.versions.node, 10) < 22)
    throw new Error(`wrangler needs Node 22, and this is ${process.version}. Use npm start, which brings its own.`)
  const addresses = addressesFrom(process.env.PORT || DEFAULT_PORT)
  await requireFreePorts(addresses)

  console.log("Preparing the database…")
  await runWrangler("d1", "migrations", "apply", DATABASE, ...persistence)
  await runWrangler("d1", "execute", DATABASE, ...persistence, "--command", seedSql())

  if (stopping) return stopping
  console.log("Starting the worker…")
  const { prefect, mail } = addresses
  toClose.push(await startFakePrefect({ port: prefect.port }), await startMailCatcher({ port: mail.port }))
  const { exited, tail } = startWorker(addresses)
  await Promise.race([exited, waitUntilReady(addresses, tail)])
  if (stopping) return stopping
  await showConfigProblems(addresses).catch((error) =>
    console.error(`The variables were not checked: ${error.message}`),
  )
  toClose.push(recordInstance({ port: addresses.worker.port, stateDir }))
  void triggerCron(addresses)
  const timer = setInterval(() => void triggerCron(addresses), CRON_INTERVAL_MS)
  toClose.push({ close: () => clearInterval(timer) })

  const sample = showSampleFailure(addresses).catch((error) => console.error(`Sample failure: ${error.message}`))
  await Promise.race([exited, sample])
  showNextSteps(addresses)
  await exited
}

try {
  await main()
} catch (error) {
  if (!stopping) console.error(error.message)
  await stop(1)
}
