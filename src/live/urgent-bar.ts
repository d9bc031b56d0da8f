import { DurableObject } from "cloudflare:workers"
import { type Deps, depsFrom } from "../deps"
import { kindOf, log } from "../runtime/log"
import { mark } from "../inbox/queries"
import { admissionIn } from "./handshake"
import { BarCopy, type Standing } from "./bar-store"
import { closedSocket, NO_LONGER_GOOD } from "./close-codes"
import { type BarItem, errorText, parseMessage, toText } from "./protocol"
import { excerpt } from "./excerpt"
import { Projection } from "./projection"
import { formerMembers, standings, summarisedSince } from "../inbox/bar-queries"
import { Seats } from "./connections"
import { UsedTickets } from "./used-tickets"

const CHECK_EVERY_MS = 60_000
const FORGET_AFTER_MS = 10 * 60_000

/**
 * The urgent bars of one organisation. The database is the truth and this object its projection: it keeps a copy
 * of the bars of those who looked lately, carries it forward as it is told of changes, and pushes the difference
 * to open tabs. Every method may be called twice or out of order, since a copy only ever moves to a later version
 * of an inbox. Each minute an alarm compares the copy with the database and so makes good whatever hint was lost.
 */
export class UrgentBar extends DurableObject<Env> {
  private readonly copy: BarCopy
  private readonly seats: Seats
  private readonly tickets: UsedTickets
  private readonly deps: Deps
  private readonly projection: Projection

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.copy = new BarCopy(ctx.storage.sql)
    this.seats = new Seats(ctx)
    this.tickets = new UsedTickets(ctx.storage.sql)
    this.deps = depsFrom(env, ctx)
    this.projection = new Projection(this.copy, this.seats, this.deps)
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"))
  }

  // Looking ----------------------------------------------------------------------------------------------

  /** One person's bar, newest first, and how many it would show if it were long enough. */
  async bar(orgUserId: number): Promise<{ items: BarItem[]; total: number }> {
    await this.look(orgUserId)
    const { ids, total } = this.standing(orgUserId)
    return { items: this.copy.items(ids), total }
  }

  /** Opens a socket for whom the worker lets in. */
  override async fetch(request: Request): Promise<Response> {
    const { seat, ticket } = admissionIn(request)
    if (ticket && !this.tickets.use(ticket, this.deps.now())) {
      return closedSocket(NO_LONGER_GOOD, "the ticket was used, or has expired")
    }
    await this.look(seat.orgUserId)
    const { 0: client, 1: server } = new WebSocketPair()
    this.seats.accept(server, seat)
    server.send(this.snapshot(seat.orgUserId))
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
        return await this.projection.changed([orgUserId])
      }
      await this.look(orgUserId)
      if (message.last_seq !== this.standing(orgUserId).seq) socket.send(this.snapshot(orgUserId))
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
    return this.projection.arrived(arrival)
  }

  /** Something happened to these inboxes. */
  changed({ orgUserIds }: { orgUserIds: number[] }): Promise<void> {
    return this.projection.changed(orgUserIds)
  }

  /** The text of a notification changed. */
  rewritten({ notificationId }: { notificationId: number }): Promise<void> {
    return this.projection.rewritten(notificationId)
  }

  /** These people may no longer be members. A hint may come late, when they are back: the database knows. */
  async removed({ orgUserIds }: { orgUserIds: number[] }): Promise<void> {
    const named = new Set(orgUserIds)
    const seated = this.seats.taken().filter((orgUserId) => named.has(orgUserId))
    if (seated.length > 0) this.seats.clear(await formerMembers(this.deps.db, { orgUserIds: seated }))
  }

  /** Compares the copy with the database, for as long as somebody looks. */
  override async alarm(): Promise<void> {
    const now = this.deps.now()
    for (const socket of this.seats.open()) this.seats.closeExpired(socket, now)
    const seated = this.seats.taken()
    this.copy.forget({ unseenSince: now - FORGET_AFTER_MS, except: seated })
    const known = this.copy.standings()
    if (known.length === 0) return
    await this.ctx.storage.setAlarm(now + CHECK_EVERY_MS)
    const { db } = this.deps
    const [truths, summarised, former] = await db.batch([
      standings(db, { orgUserIds: known.map((person) => person.orgUserId) }),
      summarisedSince(db, { ids: known.flatMap((person) => person.ids), since: now - 2 * CHECK_EVERY_MS }),
      formerMembers(db, { orgUserIds: seated }),
    ])
    this.seats.clear(former)
    await this.projection.catchUp(known, truths)
    for (const { id } of summarised) await this.projection.rewritten(id)
  }

  /** Has this person's bar in the copy. While anybody looks, the alarm comes each minute. */
  private async look(orgUserId: number): Promise<void> {
    await this.projection.look(orgUserId)
    const { storage } = this.ctx
    if ((await storage.getAlarm()) === null) await storage.setAlarm(this.deps.now() + CHECK_EVERY_MS)
  }

  /** Of somebody who looks: read at the last moment, so that no change falls between reading and saying. */
  private standing = (orgUserId: number) => this.copy.standing(orgUserId) as Standing

  private snapshot(orgUserId: number): string {
    const { seq, ids, unreadCount } = this.standing(orgUserId)
    const urgent = this.copy.items(ids).map(excerpt)
    return toText({ type: "snapshot", seq, urgent, unread_count: unreadCount })
  }
}
