import type { BarItem } from "../../src/domain/bar-item"
import type { Frame } from "../../src/live/protocol"
import { request, tokenFor } from "./people"

/** On a busy machine a frame may take seconds. */
const TIMEOUT_MS = 20_000

/** A WebSocket handshake with `/wss/notifications` and this rest of the URL. */
export const requestUpgrade = (rest: string, headers: Record<string, string> = {}) =>
  request(`/wss/notifications${rest}`, { headers: { upgrade: "websocket", ...headers } })

/** The browser's end of an open WebSocket. */
export type Tab = {
  /** All messages received so far. */
  texts: string[]
  /** The next message that was not returned yet; throws if none arrives. */
  text(): Promise<string>
  /** The `data` of the next message, which must be a frame. */
  frame(): Promise<Frame>
  /** All frames that are on their way or were not returned yet: it sends nonsense, whose answer arrives after them. */
  rest(): Promise<Frame[]>
  /** Sends JSON. */
  send(message: object): void
  /** Sends the message unchanged. */
  sendRaw(message: string | ArrayBuffer): void
  /** The close code and reason of the server; throws if it does not close. */
  closed(): Promise<{ code: number; reason: string }>
  close(): void
}

/** Opens a tab. Its first frame is not read yet. */
export async function openTab(
  person: { userId: string },
  { slug, claims = {} }: { slug?: string; claims?: object } = {},
): Promise<Tab> {
  const token = await tokenFor(person.userId, claims)
  return tabFromResponse(await requestUpgrade(slug ? `?orgslug=${slug}` : "", { cookie: `access_token=${token}` }))
}

/** Opens a tab, and reads its first frame. */
export async function openTabWithSnapshot(person: { userId: string }, options?: { slug?: string; claims?: object }) {
  const tab = await openTab(person, options)
  return { tab, snapshot: snapshotOf(await tab.frame()) }
}

export function snapshotOf(frame: Frame): { type: "snapshot"; seq: number; urgent: BarItem[]; unread_count: number } {
  if (frame.type !== "snapshot") throw new Error(`a snapshot was expected, not ${frame.type}`)
  return frame
}

/** The tab of an accepted handshake. */
export function tabFromResponse({ webSocket: socket, status }: Response): Tab {
  if (!socket) throw new Error(`the handshake was refused with ${status}`)
  const texts: string[] = []
  let read = 0
  let arrival = Promise.withResolvers<void>()
  const closed = Promise.withResolvers<{ code: number; reason: string }>()
  socket.addEventListener("message", ({ data }) => {
    texts.push(String(data))
    arrival.resolve()
    arrival = Promise.withResolvers<void>()
  })
  socket.addEventListener("close", ({ code, reason }) => closed.resolve({ code, reason }))
  socket.accept()

  const text = async () => {
    if (read === texts.length) await within(arrival.promise, "no message arrived")
    return texts[read++] as string
  }
  return {
    texts,
    text,
    frame: async () => dataOf(await text()),
    rest: async () => {
      socket.send("nonsense")
      const frames: Frame[] = []
      for (let next = await text(); JSON.parse(next).status !== "error"; next = await text()) frames.push(dataOf(next))
      return frames
    },
    send: (message) => socket.send(JSON.stringify(message)),
    sendRaw: (message) => socket.send(message),
    closed: () => within(closed.promise, "the socket was not closed"),
    close: () => socket.close(1000, "the tab was closed"),
  }
}

function dataOf(text: string): Frame {
  const { message, status, data } = JSON.parse(text)
  if (message !== "" || status !== "success") throw new Error(`not a frame: ${text}`)
  return data
}

function within<T>(event: Promise<T>, message: string): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(message)), TIMEOUT_MS)
  return Promise.race([event, late.promise]).finally(() => clearTimeout(timer))
}
