import { expect, it, vi } from "vitest"
import { queues } from "../support/queues"
import { rows } from "../support/rows"
import { sequence } from "../support/inbox"
import { workerWith } from "../support/worker-with"

const ORGS = 1_200

/** Bars that answer a little later, as another machine does. */
function bars({ failing = "" } = {}) {
  const seen = { told: [] as string[], atOnce: 0, mostAtOnce: 0, sentBefore: -1 }
  const { sent } = queues()
  const getByName = (name: string) => ({
    async arrived() {
      if (seen.sentBefore < 0) seen.sentBefore = sent.length
      seen.told.push(name)
      seen.atOnce += 1
      seen.mostAtOnce = Math.max(seen.mostAtOnce, seen.atOnce)
      await scheduler.wait(1)
      seen.atOnce -= 1
      if (name === failing) throw new Error("overloaded")
    },
  })
  return { seen, URGENT_BAR: { getByName } }
}

const tellEverybody = (changes: object) =>
  workerWith(changes)("/api/notifications/", {
    method: "POST",
    headers: { authorization: "Bearer service-key-new", "content-type": "application/json" },
    body: JSON.stringify({ author: "a", message: "m", sent_to: "all_users", urgent: true }),
  })

it("hints the queues first, and then as many bars as a worker can ask", async () => {
  const ids = sequence(101, 100 + ORGS)
  await rows("INSERT INTO orgs (id, slug, name) SELECT value, 'o' || value, 'o' FROM json_each(?)", ids)
  await rows(
    `INSERT INTO org_users (id, org_id, user_id, email, role)
     SELECT value, value, value, value || '@o.test', 'member' FROM json_each(?)`,
    ids,
  )
  const written = vi.spyOn(console, "log").mockImplementation(() => {})
  const { seen, URGENT_BAR } = bars({ failing: "110" })
  expect((await tellEverybody({ URGENT_BAR })).status).toBe(200)

  // Fifty mails each, of these and of the four whom every test knows.
  expect(seen.sentBefore).toBe(Math.ceil((ORGS + 4) / 50))
  expect(seen.told.length).toBe(200)
  expect(seen.mostAtOnce).toBeLessThanOrEqual(50)
  const lost = written.mock.calls.flat().filter((line) => String(line).includes("hint_lost"))
  expect(lost.map((line) => JSON.parse(line))).toEqual([
    { event: "hint_lost", notification_id: 1, reason: "Error" },
    { event: "hint_lost", notification_id: 1, reason: "too many bars", count: ORGS + 3 - 200 },
  ])
})
