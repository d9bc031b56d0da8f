import * as z from "zod/mini"
import { type Room, ROOM_NAME, ROOMS } from "../../channels"
import type { SignalEvent } from "../../db/schema"
import type { Deps } from "../../deps"
import { log } from "../../log"
import { publish } from "../../notifications/publish"
import { inOwnVoice } from "../own-voice"
import { MOST_TRIES, putOff } from "../put-off"
import * as signals from "../queries"
import * as queries from "./queries"

const LEASE_MS = 60_000

/** What delivery/ leaves where it finds a room gone. */
const Word = z.object({ orgId: z.int(), room: z.enum(ROOMS) })

type Result = { status: "processed" | "failed"; reason: string }

/**
 * Tells the admins of an organisation that its room is gone, once: it may run twice, since the event has a dedupe key.
 *
 * 1. Claim the event.
 * 2. Say it; the notification and the end of the event are one batch.
 */
export async function tellOfGoneRoom(deps: Deps, { eventId }: { eventId: number }): Promise<void> {
  const { db } = deps
  const [event] = await signals.claimEvent(db, { id: eventId, now: deps.now(), leaseMs: LEASE_MS })
  if (!event) return
  const result = await tell(deps, event).catch(putOff(deps, event))
  await signals.finishEvent(db, { id: eventId, ...result, now: deps.now() })
  log({
    event: result.status === "failed" ? "signal_failed" : "signal_processed",
    signal_id: eventId,
    source: event.source,
    reason: result.reason,
  })
}

async function tell(deps: Deps, { id: eventId, body, attempts }: SignalEvent): Promise<Result> {
  if (attempts > MOST_TRIES) return { status: "failed", reason: "given_up" }
  const { orgId, room } = Word.parse(JSON.parse(body))
  const [org] = await queries.orgWithRoom(deps.db, { orgId, room })
  if (!org) return { status: "failed", reason: "unknown_organisation" }
  const voice = inOwnVoice({ org, category: "system", message: messageFor(room, org.reason) })
  const done = { status: "processed", reason: "published" } as const
  const published = await publish(deps, {
    ...voice,
    audience: { ...voice.audience, adminsOnly: true },
    dedupe: { key: `room_gone:${eventId}` },
    alongside: () => [signals.finishEvent(deps.db, { id: eventId, ...done, now: deps.now() })],
  })
  return published.kind === "published" ? done : { status: "processed", reason: published.kind }
}

const messageFor = (room: Room, reason: string | null) =>
  [
    `${ROOM_NAME[room]} takes no more messages from Dalgo, so it was switched off for your organisation.`,
    ...(reason ? [`Why: ${reason}.`] : []),
    `To be told there again, make a new webhook in ${ROOM_NAME[room]} and store it in Dalgo.`,
    "Everybody still gets notifications in their inbox and by e-mail, as they chose.",
  ].join("\n")
