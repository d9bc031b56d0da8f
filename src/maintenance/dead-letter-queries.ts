import { sql } from "drizzle-orm"
import type { Db } from "../db/client"
import { deadLetters } from "../db/schema"

export const insertDeadLetters = (
  db: Db,
  { queue, messages, now }: { queue: string; messages: readonly Message[]; now: number },
) => {
  const letters = messages.map(({ id, body }) => [id, JSON.stringify(body) ?? "null"])
  return db
    .insert(deadLetters)
    .select(sql`
      SELECT letter.value ->> 0, ${queue}, letter.value ->> 1, ${now}
      FROM json_each(${JSON.stringify(letters)}) letter WHERE true
    `)
    .onConflictDoNothing()
}

/** Deletes some of those that died before that. */
export const deleteOldDeadLetters = (db: Db, { before, limit }: { before: number; limit: number }) =>
  db.delete(deadLetters).where(sql`message_id IN (
    SELECT message_id FROM ${deadLetters} WHERE died_at < ${before} LIMIT ${limit}
  )`)
