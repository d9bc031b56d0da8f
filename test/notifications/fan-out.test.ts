import { expect, it, vi } from "vitest"
import { captureQueues } from "../support/queues"
import { selectRows } from "../support/select-rows"
import { jsonRange } from "../support/inbox"
import { workerWithEnv } from "../support/worker-with-env"

const ORGS = 1_200

/** Bars that answer after a millisecond. */
function fakeBars({ failing = "" } = {}) {
  const seen = { updated: [] as string[], concurrent: 0, maxConcurrent: 0, sentBefore: -1 }
  const { sent } = captureQueues()
  const getByName = (name: string) => ({
    async arrived() {
      if (seen.sentBefore < 0) seen.sentBefore = sent.length
      seen.updated.push(name)
      seen.concurrent += 1
      seen.maxConcurrent = Math.max(seen.maxConcurrent, seen.concurrent)
      await scheduler.wait(1)
      seen.concurrent -= 1
      if (name === failing) throw new Error("overloaded")
    },
  })
  return { seen, URGENT_BAR: { getByName } }
}

const sendToEverybody = (changes: object) =>
  workerWithEnv(changes)("/api/notifications/", {
    method: "POST",
    headers: { authorization: "Bearer service-key-new", "content-type": "application/json" },
    body: JSON.stringify({ author: "a", message: "m", sent_to: "all_users", urgent: true }),
  })

it("fills the queues first, and then updates as many bars as one worker can call", async () => {
  const ids = jsonRange(101, 100 + ORGS)
  await selectRows("INSERT INTO orgs (id, slug, name) SELECT value, 'o' || value, 'o' FROM json_each(?)", ids)
  await selectRows(
    `INSERT INTO org_users (id, org_id, user_id, email, role)
     SELECT value, value, value, value || '@o.test', 'member' FROM json_each(?)`,
    ids,
  )
  const logged = vi.spyOn(console, "log").mockImplementation(() => {})
  const { seen, URGENT_BAR } = fakeBars({ failing: "110" })
  expect((await sendToEverybody({ URGENT_BAR })).status).toBe(200)

  // One message for 50 e-mails: to these people and to the four of the cast.
  expect(seen.sentBefore).toBe(Math.ceil((ORGS + 4) / 50))
  expect(seen.updated.length).toBe(200)
  expect(seen.maxConcurrent).toBeLessThanOrEqual(50)
  const lost = logged.mock.calls.flat().filter((line) => String(line).includes("urgent_bar_update"))
  expect(lost.map((line) => JSON.parse(line))).toEqual([
    { level: "warn", event: "urgent_bar_update_failed", notification_id: 1, reason: "Error" },
    { level: "info", event: "urgent_bar_updates_skipped", notification_id: 1, count: ORGS + 3 - 200 },
  ])
})
