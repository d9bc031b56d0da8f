import { DurableObject } from "cloudflare:workers"
import { type Deps, depsFrom } from "../deps"
import { kindOf, log } from "../log"
import { mark } from "../notifications/inbox-queries"
import { BarCopy, type Standing } from "./bar-copy"
import { framesBetween, isOnlyChange } from "./changes"
import { type BarItem, errorText, parseMessage, toText, updatedText } from "./events"
import { excerpt } from "./excerpt"
import {
  type Bar,
  barsOf,
  itemById,
  MOST_ITEMS,
  MOST_BARS,
  standings,
  standingsAt,
  summarisedSince,
  toBarItem,
} from "./queries"
import { type Seat, Seats } from "./seats"

const CHECK_EVERY_MS = 60_000
const FORGET_AFTER_MS = 10 * 60_000
/** The version of an inbox that was not read yet: older than any. */
const NOT_READ = -1

/**
 * The urgent bars of one organisation. The database is the truth and this object its projection: it keeps a copy
 * of the bars of those who looked lately, carries it forward as it is told of changes, and pushes the difference
 * to open tabs. Every method may be called twice or out of order, since a copy only ever moves to a later version
 * of an inbox. Each minute an alarm compares the copy with the database and so makes good whatever hint was lost.
 */
export class UrgentBar extends DurableObject<Env> {
  private readonly copy: BarCopy
  private readonly seats: Seats
  private readonly deps: Deps
  /** Changes on their way in: whoever asks for a bar waits for them, and so sees what they just did. */
  private readonly incoming = new Set<Promise<void>>()

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.copy = new BarCopy(ctx.storage.sql)
    this.seats = new Seats(ctx)
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
    this.seats.accept(server, seat)
    server.send(this.snapshot(standing))
    return new Response(null, { status: 101, webSocket: client })
  }

  override async webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    if (this.seats.closeExpired(socket, this.deps.now())) return
    const { orgUserId } = this.seats.of(socket)
    const message = parseMessage(data)
    if (!message) return socket.send(errorText("not understood"))
    try {
      if (message.type === "dismiss") {
        await mark(this.deps.db, { orgUserId, ids: message.ids, isRead: true, now: this.deps.now() })
        return await this.changed({ orgUserIds: [orgUserId] })
      }
      const standing = await this.look(orgUserId)
      if (message.last_seq !== standing.seq) socket.send(this.snapshot(standing))
    } catch (error) {
      log({ event: "bar_failed", reason: kindOf(error) })
      socket.send(errorText("it failed, try again"))
    }
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
    for (const socket of this.seats.open()) this.seats.closeExpired(socket, now)
    const seated = this.seats.open().map((socket) => this.seats.of(socket).orgUserId)
    this.copy.forget({ unseenSince: now - FORGET_AFTER_MS, except: seated })
    const known = this.copy.standings()
    if (known.length === 0) return
    await this.ctx.storage.setAlarm(now + CHECK_EVERY_MS)
    const { db } = this.deps
    const [truths, summarised] = await db.batch([
      standings(db, { orgUserIds: known.map((person) => person.orgUserId) }),
      summarisedSince(db, { ids: known.flatMap((person) => person.ids), since: now - 2 * CHECK_EVERY_MS }),
    ])
    const versions = new Map(truths.map((truth) => [truth.orgUserId, truth.version]))
    const behind = known.filter((person) => person.version !== (versions.get(person.orgUserId) ?? 0))
    await this.track(this.reload(behind))
    for (const { id } of summarised) await this.rewritten({ notificationId: id })
  }

  // Keeping up -------------------------------------------------------------------------------------------

  /** Where this person's bar stands, read from the database the first time. */
  private async look(orgUserId: number): Promise<Standing> {
    const now = this.deps.now()
    await Promise.allSettled(this.incoming)
    if ((this.copy.standing(orgUserId)?.version ?? NOT_READ) === NOT_READ) {
      // In the copy before it is read, it misses nothing of what is told meanwhile. Its seq is later than any ever sent.
      this.copy.keep({ orgUserId, ids: [], total: 0, unreadCount: 0, version: NOT_READ, seq: now }, now)
      await this.changed({ orgUserIds: [orgUserId] })
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
      standingsAt(db, { orgUserIds: known.map((person) => person.orgUserId), notificationId }),
      itemById(db, { id: notificationId }),
    ])
    if (!row) return
    const item = toBarItem(row)
    if (row.urgent) this.learn([item])
    const text = JSON.stringify(excerpt(item))
    const behind: Standing[] = []
    for (const truth of truths) {
      const before = this.copy.standing(truth.orgUserId)
      if (!before || truth.version <= before.version) continue
      if (!isOnlyChange(before, truth, row)) {
        behind.push(before)
        continue
      }
      const ids = row.urgent ? [row.id, ...before.ids].slice(0, MOST_ITEMS) : before.ids
      const { orgUserId, unread: unreadCount, unreadUrgent: total, version } = truth
      this.move(before, { orgUserId, ids, total, unreadCount, version }, () => text)
    }
    await this.reload(behind)
  }

  /** Reads these bars anew. Whoever is left over for too many is found by the next alarm. */
  private async reload(people: Standing[]): Promise<void> {
    if (people.length === 0) return
    const orgUserIds = people.slice(0, MOST_BARS).map((person) => person.orgUserId)
    for (const bar of await barsOf(this.deps.db, { orgUserIds })) {
      this.learn(bar.items)
      const before = this.copy.standing(bar.orgUserId)
      if (!before || bar.version < before.version) continue
      const textOf = (id: number) => JSON.stringify(excerpt(bar.items.find((item) => item.id === id) as BarItem))
      this.move(before, standingOf(bar), textOf)
    }
  }

  private async rewrite(notificationId: number): Promise<void> {
    // Whoever is reading now may have read the old text, and must not write it after us.
    await Promise.allSettled(this.incoming)
    if (this.copy.items([notificationId]).length === 0) return
    const [row] = await itemById(this.deps.db, { id: notificationId })
    if (row) this.learn([toBarItem(row)])
  }

  /** Keeps these items; where a text is new, all who show it are told, whichever way we came to know it. */
  private learn(items: BarItem[]): void {
    for (const item of items) {
      if (this.copy.keepItem(item) !== "rewritten") continue
      const text = JSON.stringify(excerpt(item))
      for (const person of this.copy.standings().filter(({ ids }) => ids.includes(item.id))) {
        const seq = person.seq + 1
        this.copy.keep({ ...person, seq }, this.deps.now())
        this.seats.push(person.orgUserId, [updatedText(text, { seq })])
      }
    }
  }

  /** Moves the copy to a later version, and tells open tabs what is different. */
  private move(before: Standing, after: Omit<Standing, "seq">, textOf: (id: number) => string): void {
    const { frames, seq } = framesBetween(before, after, textOf)
    this.copy.keep({ ...after, seq }, this.deps.now())
    this.seats.push(after.orgUserId, frames)
  }

  private snapshot({ seq, ids, unreadCount }: Standing): string {
    const urgent = this.copy.items(ids).map(excerpt)
    return toText({ type: "snapshot", seq, urgent, unread_count: unreadCount })
  }

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
