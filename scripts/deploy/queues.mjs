import { queueNames } from "./config.mjs"
import { showStep } from "./output.mjs"
import { WranglerError } from "./wrangler.mjs"

const MAX_PAGES = 50

/** The queues of the configuration that the account does not have. */
export async function missingQueues(wrangler, config) {
  const missing = new Set(queueNames(config))
  for (let page = 1; page <= MAX_PAGES && missing.size > 0; page++) {
    const names = namesIn(await wrangler(["queues", "list", "--page", String(page)]))
    if (names.length === 0) break
    for (const name of names) missing.delete(name)
  }
  return [...missing]
}

/** `queues list` prints a table only: its second column has the names. */
const namesIn = (table) =>
  table.split("\n").flatMap((line) => {
    const name = line.split("│")[2]?.trim()
    return name && name !== "name" ? [name] : []
  })

/** `wrangler deploy` creates only queues to which the worker sends, so all are created here. */
export async function createQueues(wrangler, names) {
  for (const name of names) {
    showStep(`Creating the queue ${name}`)
    await wrangler(["queues", "create", name]).catch((error) => {
      // Somebody else made it since it was looked for.
      if (!(error instanceof WranglerError && /already (exists|taken)|code: 11009\]/i.test(error.output))) throw error
    })
  }
}
