import { sql } from "drizzle-orm"
import type { Db } from "../db/client"
import { insertSelect } from "../db/insert-select"
import { deadLetters } from "../db/schema"

/** A message that comes twice is inserted once. */
export const insertDeadLetters = (
  db: Db,
  { queue, messages, now }: { queue: string; messages: readonly Message[]; now: number },
) => {
  const rows = messages.map(({ id, body }) => [id, JSON.stringify(body) ?? "null"])
  return insertSelect(db, deadLetters, {
    values: { messageId: sql`letter.value ->> 0`, queue, body: sql`letter.value ->> 1`, diedAt: now },
    from: sql`json_each(${JSON.stringify(rows)}) letter WHERE true`,
  }).onConflictDoNothing()
}

/** Deletes at most `limit` dead letters from before that time. */
export const deleteOldDeadLetters = (db: Db, { before, limit }: { before: number; limit: number }) =>
  db.delete(deadLetters).where(sql`message_id IN (
    SELECT message_id FROM ${deadLetters} WHERE died_at < ${before} LIMIT ${limit}
  )`)
