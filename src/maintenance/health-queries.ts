import { eq, sql } from "drizzle-orm"
import type { Db } from "../db/client"
import { dueInTurn } from "../db/due-in-turn"
import { cronRuns, deadLetters, deliveries, notifications, signalEvents, summaries } from "../db/schema"

const RUN_ID = 1
/** Anybody may ask for health. */
const MAX_ORGS = 100

/** Of two runs at the same time, the later one stays. */
export const upsertCronRun = (db: Db, run: { ranAt: number; failedTasks: string[] }) =>
  db
    .insert(cronRuns)
    .values({ id: RUN_ID, ...run })
    .onConflictDoUpdate({ target: cronRuns.id, set: run, setWhere: sql`${cronRuns.ranAt} <= ${run.ranAt}` })

/** The tables whose rows the cron enqueues when `due_at` has passed. */
const DUE_TABLES = { signal_events: signalEvents, deliveries, summaries, notifications }
export type DueTable = keyof typeof DUE_TABLES
const DUE_NAMES = Object.keys(DUE_TABLES) as DueTable[]

/** Overdue rows of one table, about `limit` at most; `oldestDueAt` in ms since 1970. */
const selectOverdue = (db: Db, { name, now, limit }: { name: DueTable; now: number; limit: number }) =>
  db
    .select({
      name: sql<DueTable>`${name}`.as("name"),
      count: sql<number>`count(*)`.as("count"),
      oldestDueAt: sql<number | null>`min(key ->> 0)`.as("oldest_due_at"),
    })
    .from(sql`(${dueInTurn(DUE_TABLES[name], { key: sql.raw("due_at"), now, limit, maxOrgs: MAX_ORGS })}) AS overdue`)

/** The newest dead letters, at most `limit`. The condition makes SQLite search the index by age. */
const selectDeadLetters = (db: Db, { limit }: { limit: number }) =>
  db
    .select({
      count: sql<number>`count(*)`.as("count"),
      newestAt: sql<number | null>`max(died_at)`.as("newest_at"),
    })
    .from(sql`(SELECT died_at FROM ${deadLetters} WHERE died_at > 0 ORDER BY died_at DESC LIMIT ${limit})`)

const selectCronRun = (db: Db) => db.select().from(cronRuns).where(eq(cronRuns.id, RUN_ID))

/** Everything that health is judged by, in one round trip. `limit` bounds each count. */
export async function selectHealth(db: Db, { now, limit }: { now: number; limit: number }) {
  const overdue = (name: DueTable) => selectOverdue(db, { name, now, limit })
  const [[cronRun], [letters], ...due] = await db.batch([
    selectCronRun(db),
    selectDeadLetters(db, { limit }),
    ...DUE_NAMES.map(overdue),
  ])
  return { cronRun, letters, due: due.flat() }
}
