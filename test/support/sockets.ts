import type { BarItem } from "../../src/domain/bar-item"
import type { Frame } from "../../src/live/protocol"
import { request, tokenFor } from "./people"

/** For what never comes: on a machine that does other things too, a frame may take seconds. */
const PATIENCE_MS = 20_000

/** The handshake of a browser at `/wss/notifications` plus whatever follows. */
export const knock = (rest: string, headers: Record<string, string> = {}) =>
  request(`/wss/notifications${rest}`, { headers: { upgrade: "websocket", ...headers } })

/** An open tab of somebody: what it hears, in order, and what it can say. */
export type Tab = {
  /** Everything that came so far, word for word. */
  texts: string[]
  /** The next message that was not taken yet, whatever it is; throws if none comes. */
  text(): Promise<string>
  /** The `data` of the next message, which must be a frame. */
  frame(): Promise<Frame>
  /** The frames that are on their way or were not taken: the answer to nonsense comes after them. */
  rest(): Promise<Frame[]>
  /** Sends it as JSON. */
  say(message: object): void
  /** Sends it as it is. */
  sayRaw(message: string | ArrayBuffer): void
  /** How the server closed it; throws if it does not. */
  closed(): Promise<{ code: number; reason: string }>
  close(): void
}

/** Opens a tab, whose first frame is still to be taken. */
export async function openTab(
  person: { userId: string },
  { slug, claims = {} }: { slug?: string; claims?: object } = {},
): Promise<Tab> {
  const token = await tokenFor(person.userId, claims)
  return tabOn(await knock(slug ? `?orgslug=${slug}` : "", { cookie: `access_token=${token}` }))
}

/** Opens a tab, and takes its first frame. */
export async function openTabWith(person: { userId: string }, options?: { slug?: string; claims?: object }) {
  const tab = await openTab(person, options)
  return { tab, snapshot: snapshotOf(await tab.frame()) }
}

export function snapshotOf(frame: Frame): { type: "snapshot"; seq: number; urgent: BarItem[]; unread_count: number } {
  if (frame.type !== "snapshot") throw new Error(`a snapshot was expected, not ${frame.type}`)
  return frame
}

/** The tab at the other end of an accepted handshake. */
export function tabOn({ webSocket: socket, status }: Response): Tab {
  if (!socket) throw new Error(`the handshake was refused with ${status}`)
  const texts: string[] = []
  let taken = 0
  let came = Promise.withResolvers<void>()
  const closed = Promise.withResolvers<{ code: number; reason: string }>()
  socket.addEventListener("message", ({ data }) => {
    texts.push(String(data))
    came.resolve()
    came = Promise.withResolvers<void>()
  })
  socket.addEventListener("close", ({ code, reason }) => closed.resolve({ code, reason }))
  socket.accept()

  const text = async () => {
    if (taken === texts.length) await within(came.promise, "nothing came")
    return texts[taken++] as string
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
    say: (message) => socket.send(JSON.stringify(message)),
    sayRaw: (message) => socket.send(message),
    closed: () => within(closed.promise, "it was not closed"),
    close: () => socket.close(1000, "the tab was closed"),
  }
}

function dataOf(text: string): Frame {
  const { message, status, data } = JSON.parse(text)
  if (message !== "" || status !== "success") throw new Error(`not a frame: ${text}`)
  return data
}

function within<T>(event: Promise<T>, otherwise: string): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(otherwise)), PATIENCE_MS)
  return Promise.race([event, late.promise]).finally(() => clearTimeout(timer))
}
