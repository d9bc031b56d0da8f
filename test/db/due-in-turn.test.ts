import { sql } from "drizzle-orm"
import { env } from "cloudflare:workers"
import { expect, it } from "vitest"
import { openDb } from "../../src/db/client"
import { type DueRow, dueInTurn } from "../../src/db/due-in-turn"
import { deliveries } from "../../src/db/schema"
import { metered } from "../support/d1-meter"
import { selectRows } from "../support/select-rows"

const NOW = 1_000_000

/** Deliveries of one organisation; the later its number, the later a delivery is due. */
const insertDeliveries = ({ orgId, count, dueAt }: { orgId: number | null; count: number; dueAt: number }) =>
  selectRows(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
     INSERT INTO deliveries (notification_id, channel, recipient_id, status, created_at, updated_at, due_at, org_id)
     SELECT ?, 'email', i, 'pending', 1, 1, ? + i, ? FROM n`,
    count,
    orgId ?? 99,
    dueAt,
    orgId,
  )

const due = (limit: number, database: D1Database = env.DB) =>
  openDb(database).all<DueRow>(
    dueInTurn(deliveries, { key: sql.raw("notification_id, channel, recipient_id"), now: NOW, limit }),
  )

it("gives each organisation the same share, the longest overdue first, whoever has more", async () => {
  await insertDeliveries({ orgId: 1, count: 50, dueAt: 0 })
  await insertDeliveries({ orgId: 2, count: 2, dueAt: 900_000 })
  await insertDeliveries({ orgId: null, count: 1, dueAt: 900_000 })
  // Not due yet: it takes no share.
  await insertDeliveries({ orgId: 3, count: 5, dueAt: NOW })
  const rows = await due(30)
  expect(rows.map(({ orgId, key }) => [orgId, ...JSON.parse(key)])).toEqual([
    [0, 99, "email", 1],
    ...Array.from({ length: 10 }, (_, i) => [1, 1, "email", i + 1]),
    [2, 2, "email", 1],
    [2, 2, "email", 2],
  ])
})

it("gives each organisation one row, however many there are", async () => {
  for (const orgId of [1, 2, 3, 4]) await insertDeliveries({ orgId, count: 3, dueAt: 0 })
  expect((await due(2)).map(({ orgId }) => orgId)).toEqual([1, 2, 3, 4])
})

it("finds nothing where nothing is due", async () => {
  expect(await due(10)).toEqual([])
  await insertDeliveries({ orgId: 1, count: 3, dueAt: NOW })
  expect(await due(10)).toEqual([])
})

it("reads what it returns, and not the backlog", async () => {
  await insertDeliveries({ orgId: 1, count: 10_000, dueAt: 0 })
  await insertDeliveries({ orgId: 2, count: 1, dueAt: 900_000 })
  const { db, spent } = metered(env.DB)
  expect(await due(100, db)).toHaveLength(51)
  expect(spent.roundTrips).toBe(1)
  expect(spent.rowsRead).toBeLessThanOrEqual(4 * 51)
})
