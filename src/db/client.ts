import type { BatchItem } from "drizzle-orm/batch"
import { drizzle } from "drizzle-orm/d1"

export type Db = ReturnType<typeof openDb>

/** A query that has not run yet. A verb collects its writes and commits them as one batch: one round trip, one transaction. */
export type Statement = BatchItem<"sqlite">

export const openDb = (binding: D1Database) => drizzle(binding)

/** Commits all of them, or none. */
export async function commit(db: Db, writes: [Statement, ...Statement[]]): Promise<void> {
  await db.batch(writes)
}

/** Commits all of them, or none, and in the same round trip reads what is then there. */
export async function commitAndRead<Read extends Statement>(
  db: Db,
  writes: Statement[],
  read: Read,
): Promise<Read["_"]["result"]> {
  const [first, ...rest] = [...writes, read]
  const results: unknown[] = await db.batch([first, ...rest])
  return resultOf<Read>(results.at(-1))
}

/** `batch` answers in the order of its statements, so that this is what `Read` promises. */
const resultOf = <Read extends Statement>(result: unknown) => result as Read["_"]["result"]
