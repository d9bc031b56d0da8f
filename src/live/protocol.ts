import * as z from "zod/mini"
import type { BarItem } from "../domain/bar-item"

/** A frame from the server: `data` of the platform's envelope. `seq` grows per person. */
export type Frame =
  | { type: "snapshot"; seq: number; urgent: BarItem[]; unread_count: number }
  | { type: "urgent_added"; seq: number; item: BarItem; unread_count: number }
  | { type: "urgent_removed"; seq: number; ids: number[]; unread_count: number }
  | { type: "unread_count"; seq: number; unread_count: number }
  | { type: "item_updated"; seq: number; item: BarItem }

/** A message from a client. The text `ping` is answered by the platform, and does not reach the object. */
export const ClientMessage = z.discriminatedUnion("type", [
  z.object({ type: z.literal("hello"), last_seq: z.number() }),
  z.object({ type: z.literal("dismiss"), ids: z.array(z.int().check(z.positive())).check(z.maxLength(1_000)) }),
])
export type ClientMessage = z.infer<typeof ClientMessage>

const MAX_MESSAGE_LENGTH = 16_384

/** Whether a message is longer than the largest valid one, in characters or bytes. It must not be parsed. */
export const isTooBig = (data: string | ArrayBuffer) =>
  (typeof data === "string" ? data.length : data.byteLength) > MAX_MESSAGE_LENGTH

/** Parses a client's message; `undefined` if it is invalid. */
export function parseMessage(data: string | ArrayBuffer): ClientMessage | undefined {
  if (typeof data !== "string") return undefined
  try {
    return ClientMessage.parse(JSON.parse(data))
  } catch {
    return undefined
  }
}

/** The text of a frame. */
export const encodeFrame = (frame: Frame) => JSON.stringify({ message: "", status: "success", data: frame })

/** As `encodeFrame`, for items that are JSON already. */
export const encodeSnapshot = (items: string[], { seq, unreadCount }: { seq: number; unreadCount: number }) =>
  `{"message":"","status":"success","data":{"type":"snapshot","seq":${seq},"urgent":[${items.join(",")}],"unread_count":${unreadCount}}}`

/** As `encodeFrame`, for an item that is JSON already: one item goes to many people, each with their own count. */
export const encodeUrgentAdded = (item: string, { seq, unreadCount }: { seq: number; unreadCount: number }) =>
  `{"message":"","status":"success","data":{"type":"urgent_added","seq":${seq},"item":${item},"unread_count":${unreadCount}}}`

/** As `encodeFrame`, for an item that is JSON already. */
export const encodeItemUpdated = (item: string, { seq }: { seq: number }) =>
  `{"message":"","status":"success","data":{"type":"item_updated","seq":${seq},"item":${item}}}`

/** The text of an error frame. */
export const encodeError = (message: string) => JSON.stringify({ message, status: "error", data: {} })
