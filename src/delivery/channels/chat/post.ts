import { type Room, ROOM_NAME } from "../../../domain/channels"
import { webhookStored } from "../../../destinations/chat-webhooks/url"
import { DeliveryError, mayPass, retryAfterMs } from "../../retry"
import type { Note } from "./content"

/** How one kind of room is spoken to. */
export type Manner = {
  room: Room
  addressOf: (webhook: string) => string
  toBody: (note: Note) => object
  /** What it calls a message that it took. */
  idIn: (answer: string) => string | null
  /** Why this webhook will never take a message again, in words; `undefined` if it may. */
  endOf: (status: number, answer: string) => string | undefined
}

/** The room does not know this webhook any more. */
export class RoomGoneError extends DeliveryError {
  constructor(
    message: string,
    /** Why, in words for those who made the webhook. */
    readonly why: string,
  ) {
    super(message, { permanent: true })
  }
}

const TIMEOUT_MS = 15_000

/**
 * Says it in the room that this webhook belongs to, and answers the room's own id of the message. Throws
 * `DeliveryError`, in which nothing of the webhook stands.
 */
export async function post(manner: Manner, webhook: string, note: Note): Promise<string | null> {
  const name = ROOM_NAME[manner.room]
  const known = webhookStored(manner.room, webhook)
  if (!known) throw new RoomGoneError(`the webhook is none of ${name}'s`, `the webhook is none of ${name}'s`)
  const response = await fetch(manner.addressOf(known), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(manner.toBody(note)),
    redirect: "manual",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch(() => {
    throw new DeliveryError(`${name} did not answer`, { permanent: false })
  })
  const { status, headers } = response
  // The message is said whatever becomes of the rest of the answer: failing here would say it twice.
  const answer = await response.text().catch(() => "")
  if (response.ok) return manner.idIn(answer)

  const why = manner.endOf(status, answer)
  if (why) throw new RoomGoneError(`${name} answered ${status}: ${why}`, why)
  throw new DeliveryError(`${name} answered ${status}`, {
    permanent: !mayPass(status),
    retryAfterMs: waitIn(answer) ?? retryAfterMs(headers.get("retry-after"), Date.now()),
  })
}

/** What Discord asks us to wait, to the millisecond. */
function waitIn(answer: string): number | undefined {
  const seconds = Number(/"retry_after"\s*:\s*(\d+(?:\.\d+)?)/.exec(answer)?.[1])
  return seconds > 0 ? Math.ceil(seconds * 1000) : undefined
}
