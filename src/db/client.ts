import type { BatchItem } from "drizzle-orm/batch"
import { drizzle } from "drizzle-orm/d1"

export type Db = ReturnType<typeof openDb>

/** A query that has not run. Callers collect their writes and commit them as one batch: one round trip, one transaction. */
export type Statement = BatchItem<"sqlite">

export const openDb = (binding: D1Database) => drizzle(binding)

/** Commits all writes, or none. */
export async function commit(db: Db, writes: [Statement, ...Statement[]]): Promise<void> {
  await db.batch(writes)
}

/** Commits all writes, or none, and reads the result in the same round trip. */
export async function commitAndRead<Read extends Statement>(
  db: Db,
  writes: Statement[],
  read: Read,
): Promise<Read["_"]["result"]> {
  const [first, ...rest] = [...writes, read]
  const results: unknown[] = await db.batch([first, ...rest])
  return resultOf<Read>(results.at(-1))
}

/** The cast is safe: `batch` returns results in the order of its statements. */
const resultOf = <Read extends Statement>(result: unknown) => result as Read["_"]["result"]
