import { startInstance } from "./instance.mjs"

// Each attack has a module that exports `run(instance)`. It returns rows of the table: what one person does, what an
// honest request of somebody else takes meanwhile, and what it takes on an idle instance.
const ATTACKS = ["search", "frames", "scheduled"]
const MAX_MS = 5 * 60_000

const chosen = process.argv.slice(2)
const unknown = chosen.filter((name) => !ATTACKS.includes(name))
if (unknown.length > 0) {
  console.error(`There is no attack "${unknown[0]}". Choose some of: ${ATTACKS.join(", ")}.`)
  process.exit(1)
}

let running
const stop = async (code) => {
  await running?.stop()
  process.exit(code)
}
for (const name of ["SIGINT", "SIGTERM"]) process.on(name, () => void stop(130))
setTimeout(() => {
  console.error(`The attacks took longer than ${MAX_MS / 60_000} minutes.`)
  void stop(1)
}, MAX_MS).unref()

console.log("| attack | what is measured | idle | during the attack |")
console.log("|---|---|---|---|")
for (const name of chosen.length > 0 ? chosen : ATTACKS) {
  const { run } = await import(`./attacks/${name}.mjs`)
  running = await startInstance()
  try {
    for (const { attack, measured, idle, during } of await run(running)) {
      console.log(`| ${attack} | ${measured} | ${idle} | ${during} |`)
    }
  } finally {
    await running.stop()
  }
}
