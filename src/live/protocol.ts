import * as z from "zod/mini"
import type { BarItem } from "../domain/bar-item"

/** What the server says over a socket, inside `data` of the platform's envelope. `seq` grows per person. */
export type Frame =
  | { type: "snapshot"; seq: number; urgent: BarItem[]; unread_count: number }
  | { type: "urgent_added"; seq: number; item: BarItem; unread_count: number }
  | { type: "urgent_removed"; seq: number; ids: number[]; unread_count: number }
  | { type: "unread_count"; seq: number; unread_count: number }
  | { type: "item_updated"; seq: number; item: BarItem }

/** What a client may say, besides the text `ping`. */
export const ClientMessage = z.discriminatedUnion("type", [
  z.object({ type: z.literal("hello"), last_seq: z.number() }),
  z.object({ type: z.literal("dismiss"), ids: z.array(z.int().check(z.positive())).check(z.maxLength(1_000)) }),
])
export type ClientMessage = z.infer<typeof ClientMessage>

const MAX_MESSAGE_LENGTH = 16_384

/** What a client said; `undefined` if it is not understood. */
export function parseMessage(data: string | ArrayBuffer): ClientMessage | undefined {
  if (typeof data !== "string" || data.length > MAX_MESSAGE_LENGTH) return undefined
  try {
    return ClientMessage.parse(JSON.parse(data))
  } catch {
    return undefined
  }
}

/** A frame as it goes over the wire. */
export const encodeFrame = (frame: Frame) => JSON.stringify({ message: "", status: "success", data: frame })

/** The same as `toText` for an item that is text already: one item goes to many people, each with their own count. */
export const encodeUrgentAdded = (item: string, { seq, unreadCount }: { seq: number; unreadCount: number }) =>
  `{"message":"","status":"success","data":{"type":"urgent_added","seq":${seq},"item":${item},"unread_count":${unreadCount}}}`

export const encodeItemUpdated = (item: string, { seq }: { seq: number }) =>
  `{"message":"","status":"success","data":{"type":"item_updated","seq":${seq},"item":${item}}}`

/** What the client did wrong. */
export const encodeError = (message: string) => JSON.stringify({ message, status: "error", data: {} })
