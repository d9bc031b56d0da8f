import { sql } from "drizzle-orm"
import type { Db } from "./db/client"
import { deadLetters } from "./db/schema"
import type { Deps } from "./deps"
import { log } from "./log"

/**
 * Keeps what a queue gave up on, for those who run the service. Nothing else is lost with it: the rows that the
 * messages name are still due, and the sweep goes on with them.
 */
export async function bury(deps: Deps, batch: MessageBatch): Promise<void> {
  log({ event: "dead_letter", source: batch.queue, count: batch.messages.length })
  await keep(deps.db, { queue: batch.queue, messages: batch.messages, now: deps.now() })
  batch.ackAll()
}

const keep = (db: Db, { queue, messages, now }: { queue: string; messages: readonly Message[]; now: number }) => {
  const letters = messages.map(({ id, body }) => [id, JSON.stringify(body)])
  return db
    .insert(deadLetters)
    .select(sql`
      SELECT letter.value ->> 0, ${queue}, letter.value ->> 1, ${now}
      FROM json_each(${JSON.stringify(letters)}) letter WHERE true
    `)
    .onConflictDoNothing()
}

/** Deletes some of those that died before that. */
export const deleteOldLetters = (db: Db, { before, limit }: { before: number; limit: number }) =>
  db.delete(deadLetters).where(sql`message_id IN (
    SELECT message_id FROM ${deadLetters} WHERE died_at < ${before} LIMIT ${limit}
  )`)
