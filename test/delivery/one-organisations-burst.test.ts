import { beforeEach, describe, expect, it, vi } from "vitest"
import type { DeliveryMessage } from "../../src/runtime/queue-messages"
import { HOUR, NOON } from "../support/clock"
import { fakeFetch } from "../support/fake-fetch"
import { fakeSes } from "../support/fake-ses"
import { growAcmeTo } from "../support/inbox"
import { ACME, alice, charlie, GLOBEX } from "../support/people"
import { captureQueues, limitQueueShare, runCron } from "../support/queues"
import { selectRows } from "../support/select-rows"

const SHARE = 5

let sent: ReturnType<typeof captureQueues>["sent"]
let drainQueuesInTurn: ReturnType<typeof captureQueues>["drainQueuesInTurn"]
let provider: ReturnType<typeof fakeSes>

beforeEach(() => {
  vi.setSystemTime(NOON)
  provider = fakeSes()
  fakeFetch(provider.handler)
  ;({ sent, drainQueuesInTurn } = captureQueues())
  limitQueueShare(SHARE)
})

const toAcme = { author: "a", message: "m", sent_to: "all_org_users", org_slug: "acme" }
const toGlobex = { ...toAcme, org_slug: "globex" }
const queuesOfSent = () =>
  sent.map(({ queue }) => queue.replace("dalgo-deliveries", "normal").replace("normal-bulk", "bulk"))

describe("a big notification of one organisation", () => {
  const PEOPLE = 400

  beforeEach(async () => {
    await growAcmeTo(PEOPLE)
    await alice.post("/api/notifications/", toAcme)
    await charlie.post("/api/notifications/", toGlobex)
    await vi.waitFor(() => expect(sent).toHaveLength(PEOPLE / 50 + 1))
  })

  it("takes the normal lane with its first two messages", () => {
    expect(queuesOfSent().toSorted()).toEqual([...Array(6).fill("bulk"), ...Array(3).fill("normal")])
  })

  it("does not hold up the e-mail of another organisation", async () => {
    await drainQueuesInTurn({ batchSize: 5 })
    const to = provider.mails.map((mail) => mail.to)
    expect(to).toHaveLength(PEOPLE + 1)
    expect(to.indexOf(charlie.email)).toBeLessThanOrEqual(100)
  })
})

describe("many notifications of one organisation", () => {
  it("use up its share, and the rest takes the bulk lane", async () => {
    for (let i = 0; i < 8; i++) await alice.post("/api/notifications/", toAcme)
    await charlie.post("/api/notifications/", toGlobex)
    await vi.waitFor(() => expect(sent).toHaveLength(9))
    expect(queuesOfSent()).toEqual([...Array(SHARE).fill("normal"), ...Array(3).fill("bulk"), "normal"])
  })

  it("take the share again when their e-mails are sent again", async () => {
    limitQueueShare(0)
    await selectRows(
      `INSERT INTO deliveries (notification_id, channel, recipient_id, status, created_at, updated_at, org_id)
       VALUES (1, 'email', 1, 'failed', 1, 1, 1)`,
    )
    expect((await alice.post("/api/notifications/deliveries/1-email-1/resend")).status).toBe(200)
    expect(queuesOfSent()).toEqual(["bulk"])
  })
})

it("10,000 overdue rows of one organisation leave half of a sweep to the other one", async () => {
  await charlie.post("/api/notifications/", toGlobex)
  await vi.waitFor(() => expect(sent).toHaveLength(1))
  sent.length = 0
  await selectRows(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
     INSERT INTO deliveries (notification_id, channel, recipient_id, status, attempts, created_at, updated_at, due_at, org_id)
     SELECT 7, 'email', i, 'pending', 1, 1, 1, i, ? FROM n`,
    ACME,
  )
  vi.setSystemTime(NOON + HOUR)
  await runCron()
  const swept = sent.map(({ queue, body }) => ({ queue, ...(body as DeliveryMessage) }))
  expect(
    swept
      .filter(({ queue }) => queue === "dalgo-deliveries")
      .map(({ notificationId }) => notificationId)
      .toSorted((a, b) => a - b),
  ).toEqual([1, 7, 7])
  expect(swept.flatMap(({ notificationId, recipientIds }) => (notificationId === 7 ? recipientIds : []))).toHaveLength(
    2_500,
  )
  expect(await selectRows("SELECT DISTINCT org_id FROM deliveries WHERE notification_id = 1")).toEqual([
    { org_id: GLOBEX },
  ])
  expect(swept.find(({ notificationId }) => notificationId === 1)?.recipientIds).toEqual([charlie.orgUserId])
})
