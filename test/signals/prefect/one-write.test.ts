import { env } from "cloudflare:workers"
import { afterEach, beforeEach, expect, it, vi } from "vitest"
import type { SignalMessage } from "../../../src/runtime/queue-messages"
import { NOON } from "../../support/clock"
import { postPrefectWebhook, runStateBody } from "../../support/prefect-webhook"
import { aiAnswer, fakeAi } from "../../support/fake-ai"
import { fakeFetch } from "../../support/fake-fetch"
import { fakePrefect, RUN_ID } from "../../support/fake-prefect"
import { fakeSes } from "../../support/fake-ses"
import { captureQueues, consume } from "../../support/queues"
import { selectRows } from "../../support/select-rows"

let queue: ReturnType<typeof captureQueues>

beforeEach(async () => {
  vi.setSystemTime(NOON)
  fakeAi({ response: aiAnswer("the sync.") })
  queue = captureQueues()
  fakeFetch(fakePrefect(), fakeSes().handler)
  // Records each write that ends an event.
  await selectRows("CREATE TABLE ends (id INTEGER, reason TEXT)")
  await selectRows(`CREATE TRIGGER ends_written AFTER UPDATE OF status ON signal_events
              BEGIN INSERT INTO ends VALUES (new.id, new.reason); END`)
})

afterEach(async () => {
  await selectRows("DROP TRIGGER ends_written")
  await selectRows("DROP TABLE ends")
})

const ends = () => selectRows("SELECT id, reason FROM ends ORDER BY id")
/** How many SQL statements end an event, whether they change a row or not. */
const endStatements = (prepare: { mock: { calls: [string][] } }) =>
  prepare.mock.calls.filter(([sql]) => sql.startsWith('update "signal_events" set "status"')).length
const taken = () => queue.sent.splice(0).map(({ body }) => body as SignalMessage)

it("ends the event of a published failure with one statement and one row", async () => {
  await postPrefectWebhook(runStateBody("Failed"))
  const prepare = vi.spyOn(env.DB, "prepare")
  await consume("dalgo-signals", taken())
  expect(endStatements(prepare)).toBe(1)
  expect(await ends()).toEqual([{ id: 1, reason: "published" }])
})

it("ends a repeated event with one statement and one row", async () => {
  await postPrefectWebhook(runStateBody("Failed"))
  await queue.drain()
  await postPrefectWebhook(runStateBody("Failed"))
  const prepare = vi.spyOn(env.DB, "prepare")
  await consume("dalgo-signals", taken())
  expect(endStatements(prepare)).toBe(1)
  expect(await ends()).toEqual([
    { id: 1, reason: "published" },
    { id: 2, reason: "already_published" },
  ])
})

it("ends each of several events that are processed at once with one row, and one of them as published", async () => {
  for (let i = 0; i < 4; i += 1) await postPrefectWebhook(runStateBody("Failed"))
  await Promise.all(taken().map((message) => consume("dalgo-signals", [message])))
  const written = await ends()
  expect(written.map(({ id }) => id)).toEqual([1, 2, 3, 4])
  const repeated = written.filter(({ reason }) => reason === "already_published")
  expect(repeated).toHaveLength(3)
  expect(written.filter(({ reason }) => reason === "published")).toHaveLength(1)
})

it("ends an event whose batch loses to a duplicate with one row, as already published", async () => {
  await postPrefectWebhook(runStateBody("Failed"))
  // Another report of the failure commits between the read and the batch of this one.
  const batch = env.DB.batch.bind(env.DB)
  vi.spyOn(env.DB, "batch").mockImplementation(async (statements) => {
    const results = await batch<any>(statements)
    const isRead = statements.length > 1 && (await selectRows("SELECT 1 FROM notifications")).length === 0
    if (isRead) {
      await selectRows(
        `INSERT INTO notifications (org_id, publication_id, dedupe_key, author, message, category, urgent, created_at,
           audience)
         VALUES (1, 'other', ?, 'Dalgo', 'm', 'job_failure', 1, 1, '{}')`,
        `prefect:${RUN_ID}:1`,
      )
    }
    return results
  })
  await consume("dalgo-signals", taken())
  expect(await ends()).toEqual([{ id: 1, reason: "already_published" }])
  expect(await selectRows("SELECT publication_id FROM notifications")).toEqual([{ publication_id: "other" }])
})
