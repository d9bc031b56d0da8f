import { DurableObject } from "cloudflare:workers"
import { type Deps, depsFrom } from "../deps"
import { kindOf, log } from "../log"
import { mark } from "../notifications/queries"
import { BarCopy, type Standing } from "./bar-copy"
import { framesBetween, isOnlyChange } from "./changes"
import { type BarItem, ClientMessage, errorText, toText, updatedText } from "./events"
import { excerpt } from "./excerpt"
import { type Bar, barsOf, itemById, MOST_ITEMS, standings, toBarItem } from "./queries"

const CHECK_EVERY_MS = 60_000
const FORGET_AFTER_MS = 10 * 60_000
const LONGEST_MESSAGE = 16_384

type Seat = { orgUserId: number; until: number }

/**
 * The urgent bars of one organisation. The database is the truth and this object its projection: it keeps a copy
 * of the bars of those who looked lately, carries it forward as it is told of changes, and pushes the difference
 * to open tabs. Every method may be called twice or out of order, since a copy only ever moves to a later version
 * of an inbox. Each minute an alarm compares the copy with the database and so makes good whatever hint was lost.
 */
export class UrgentBar extends DurableObject<Env> {
  private readonly copy: BarCopy
  private readonly deps: Deps
  /** Changes on their way in: whoever asks for a bar waits for them, and so sees what they just did. */
  private readonly incoming = new Set<Promise<void>>()

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.copy = new BarCopy(ctx.storage.sql)
    this.deps = depsFrom(env, ctx)
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"))
  }

  // Looking ----------------------------------------------------------------------------------------------

  /** One person's bar, newest first, and how many it would show if it were long enough. */
  async bar(orgUserId: number): Promise<{ items: BarItem[]; total: number }> {
    const { ids, total } = await this.look(orgUserId)
    return { items: this.copy.items(ids), total }
  }

  /** Opens a socket for the person whom the worker has signed in: `?org_user_id=&until=`. */
  override async fetch(request: Request): Promise<Response> {
    const { searchParams } = new URL(request.url)
    const seat: Seat = { orgUserId: Number(searchParams.get("org_user_id")), until: Number(searchParams.get("until")) }
    const standing = await this.look(seat.orgUserId)
    const { 0: client, 1: server } = new WebSocketPair()
    this.ctx.acceptWebSocket(server, [String(seat.orgUserId)])
    server.serializeAttachment(seat)
    server.send(this.snapshot(standing))
    return new Response(null, { status: 101, webSocket: client })
  }

  override async webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    const { orgUserId } = seatOf(socket)
    const message = parsed(data)
    if (!message) return socket.send(errorText("not understood"))
    if (message.type === "hello") {
      const standing = await this.look(orgUserId)
      if (message.last_seq !== standing.seq) socket.send(this.snapshot(standing))
      return
    }
    await mark(this.deps.db, { orgUserId, ids: message.ids, isRead: true, now: this.deps.now() })
    await this.changed({ orgUserIds: [orgUserId] })
  }

  override webSocketClose(socket: WebSocket): void {
    socket.close()
  }

  // Being told -------------------------------------------------------------------------------------------

  /** A notification entered these inboxes. */
  arrived(arrival: { notificationId: number; orgUserIds: number[] }): Promise<void> {
    return this.track(this.carryForward(arrival))
  }

  /** Something happened to these inboxes. */
  changed({ orgUserIds }: { orgUserIds: number[] }): Promise<void> {
    return this.track(this.reload(this.copy.standings(orgUserIds)))
  }

  /** The text of a notification changed. */
  rewritten({ notificationId }: { notificationId: number }): Promise<void> {
    return this.track(this.rewrite(notificationId))
  }

  /** Compares the copy with the database, for as long as somebody looks. */
  override async alarm(): Promise<void> {
    const now = this.deps.now()
    for (const socket of this.ctx.getWebSockets()) {
      if (seatOf(socket).until <= now) socket.close(4003, "the token has expired")
    }
    const seated = this.openSockets().map((socket) => seatOf(socket).orgUserId)
    this.copy.forget({ unseenSince: now - FORGET_AFTER_MS, except: seated })
    const known = this.copy.standings()
    if (known.length === 0) return
    await this.ctx.storage.setAlarm(now + CHECK_EVERY_MS)
    const truths = await standings(this.deps.db, { orgUserIds: known.map((person) => person.orgUserId) })
    const versions = new Map(truths.map((truth) => [truth.orgUserId, truth.version]))
    await this.reload(known.filter((person) => person.version !== (versions.get(person.orgUserId) ?? 0)))
  }

  // Keeping up -------------------------------------------------------------------------------------------

  /** Where this person's bar stands, read from the database the first time. */
  private async look(orgUserId: number): Promise<Standing> {
    const now = this.deps.now()
    await Promise.allSettled(this.incoming)
    if (!this.copy.standing(orgUserId)) {
      const [bar] = await barsOf(this.deps.db, { orgUserIds: [orgUserId] })
      // Somebody else may have looked meanwhile. A new seq is later than any that was ever sent.
      if (bar && !this.copy.standing(orgUserId)) this.copy.keep({ ...standingOf(bar), seq: now }, bar.items, now)
    }
    this.copy.saw(orgUserId, now)
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(now + CHECK_EVERY_MS)
    return this.copy.standing(orgUserId) as Standing
  }

  private async carryForward({ notificationId, orgUserIds }: { notificationId: number; orgUserIds: number[] }) {
    const known = this.copy.standings(orgUserIds)
    if (known.length === 0) return
    const { db } = this.deps
    const [truths, [row]] = await db.batch([
      standings(db, { orgUserIds: known.map((person) => person.orgUserId) }),
      itemById(db, { id: notificationId }),
    ])
    if (!row) return
    const item = toBarItem(row)
    const text = JSON.stringify(excerpt(item))
    const behind: Standing[] = []
    for (const truth of truths) {
      const before = this.copy.standing(truth.orgUserId)
      if (!before || truth.version <= before.version) continue
      if (!isOnlyChange(before, truth, { id: row.id, urgent: row.urgent })) {
        behind.push(before)
        continue
      }
      const ids = row.urgent ? [row.id, ...before.ids].slice(0, MOST_ITEMS) : before.ids
      const { orgUserId, unread: unreadCount, unreadUrgent: total, version } = truth
      this.move(before, { orgUserId, ids, total, unreadCount, version }, row.urgent ? [item] : [], text)
    }
    await this.reload(behind)
  }

  private async reload(people: Standing[]): Promise<void> {
    if (people.length === 0) return
    for (const bar of await barsOf(this.deps.db, { orgUserIds: people.map((person) => person.orgUserId) })) {
      const before = this.copy.standing(bar.orgUserId)
      if (before && bar.version >= before.version) this.move(before, standingOf(bar), bar.items)
    }
  }

  private async rewrite(notificationId: number): Promise<void> {
    const showing = this.copy.standings().filter((person) => person.ids.includes(notificationId))
    if (showing.length === 0) return
    const [row] = await itemById(this.deps.db, { id: notificationId })
    if (!row) return
    const item = toBarItem(row)
    this.copy.keepItem(item)
    const text = JSON.stringify(excerpt(item))
    for (const person of showing) {
      const seq = person.seq + 1
      this.copy.keep({ ...person, seq }, [], this.deps.now())
      this.push(person.orgUserId, [updatedText(text, { seq })])
    }
  }

  /** Moves the copy to a later version, and tells open tabs what is different. */
  private move(before: Standing, after: Omit<Standing, "seq">, items: BarItem[], text?: string): void {
    const textOf = (id: number) => text ?? JSON.stringify(excerpt(items.find((item) => item.id === id) as BarItem))
    const { frames, seq } = framesBetween(before, after, textOf)
    this.copy.keep({ ...after, seq }, items, this.deps.now())
    this.push(after.orgUserId, frames)
  }

  private snapshot({ seq, ids, unreadCount }: Standing): string {
    const urgent = this.copy.items(ids).map(excerpt)
    return toText({ type: "snapshot", seq, urgent, unread_count: unreadCount })
  }

  /** To every tab of one person. A socket that cannot take it is closing; its tab will ask again. */
  private push(orgUserId: number, frames: string[]): void {
    for (const socket of this.openSockets(String(orgUserId))) {
      try {
        for (const frame of frames) socket.send(frame)
      } catch (error) {
        log({ event: "bar_failed", reason: kindOf(error) })
      }
    }
  }

  private openSockets = (tag?: string) =>
    this.ctx.getWebSockets(tag).filter((socket) => socket.readyState === WebSocket.OPEN)

  private track(change: Promise<void>): Promise<void> {
    this.incoming.add(change)
    return change.finally(() => this.incoming.delete(change))
  }
}

const standingOf = ({ orgUserId, items, total, unreadCount, version }: Bar): Omit<Standing, "seq"> => ({
  orgUserId,
  ids: items.map((item) => item.id),
  total,
  unreadCount,
  version,
})

/** Every socket got its seat when it was accepted. */
const seatOf = (socket: WebSocket) => socket.deserializeAttachment() as Seat

function parsed(data: string | ArrayBuffer): ClientMessage | undefined {
  if (typeof data !== "string" || data.length > LONGEST_MESSAGE) return undefined
  try {
    return ClientMessage.parse(JSON.parse(data))
  } catch {
    return undefined
  }
}
