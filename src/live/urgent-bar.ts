import { DurableObject } from "cloudflare:workers"
import type { Deps, UrgentBarRpc } from "../deps"
import { depsFrom } from "../compose"
import { errorName, log } from "../runtime/log"
import { updateReadStatus } from "../inbox/queries"
import { parseHandshakeRequest } from "./handshake"
import { BarStore, type BarState } from "./bar-store"
import { closedSocket, CLOSE_INVALID_TOKEN } from "./close-codes"
import type { BarItem } from "../domain/bar-item"
import { encodeError, parseMessage, encodeFrame } from "./protocol"
import { excerpt } from "./excerpt"
import { Projection } from "./projection"
import { selectFormerMembers, selectBarStates, selectSummarisedSince } from "../inbox/bar-queries"
import { Connections } from "./connections"
import { UsedTickets } from "./used-tickets"

const CHECK_EVERY_MS = 60_000
const EVICT_AFTER_MS = 10 * 60_000

/**
 * The urgent bars of one organisation. The database is the truth and this object its projection: it keeps a copy
 * of the bars of those who looked lately, carries it forward as it is told of changes, and pushes the difference
 * to open tabs. Every method may be called twice or out of order, since a copy only ever moves to a later version
 * of an inbox. Each minute an alarm compares the copy with the database and so makes good whatever hint was lost.
 */
export class UrgentBar extends DurableObject<Env> implements UrgentBarRpc {
  private readonly store: BarStore
  private readonly connections: Connections
  private readonly usedTickets: UsedTickets
  private readonly deps: Deps
  private readonly projection: Projection

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.store = new BarStore(ctx.storage.sql)
    this.connections = new Connections(ctx)
    this.usedTickets = new UsedTickets(ctx.storage.sql)
    this.deps = depsFrom(env, ctx)
    this.projection = new Projection(this.store, this.connections, this.deps)
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"))
  }

  // Looking ----------------------------------------------------------------------------------------------

  /** One person's bar, newest first, and how many it would show if it were long enough. */
  async bar(orgUserId: number): Promise<{ items: BarItem[]; total: number }> {
    await this.ensureLoaded(orgUserId)
    const { ids, total } = this.barState(orgUserId)
    return { items: this.store.items(ids), total }
  }

  /** Opens a socket for whom the worker lets in. */
  override async fetch(request: Request): Promise<Response> {
    const { connection, ticket } = parseHandshakeRequest(request)
    if (ticket && !this.usedTickets.use(ticket, this.deps.now())) {
      return closedSocket(CLOSE_INVALID_TOKEN, "the ticket was used, or has expired")
    }
    await this.ensureLoaded(connection.orgUserId)
    const { 0: client, 1: server } = new WebSocketPair()
    this.connections.accept(server, connection)
    server.send(this.snapshot(connection.orgUserId))
    return new Response(null, { status: 101, webSocket: client })
  }

  override async webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    if (this.connections.closeExpired(socket, this.deps.now())) return
    const { orgUserId } = this.connections.connectionOf(socket)
    const message = parseMessage(data)
    if (!message) return socket.send(encodeError("not understood"))
    try {
      if (message.type === "dismiss") {
        await updateReadStatus(this.deps.db, { orgUserId, ids: message.ids, isRead: true, now: this.deps.now() })
        return await this.projection.changed([orgUserId])
      }
      await this.ensureLoaded(orgUserId)
      if (message.last_seq !== this.barState(orgUserId).seq) socket.send(this.snapshot(orgUserId))
    } catch (error) {
      log({ event: "bar_failed", reason: errorName(error) })
      socket.send(encodeError("it failed, try again"))
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
  itemUpdated({ notificationId }: { notificationId: number }): Promise<void> {
    return this.projection.itemUpdated(notificationId)
  }

  /** These people may no longer be members. A hint may come late, when they are back: the database knows. */
  async removed({ orgUserIds }: { orgUserIds: number[] }): Promise<void> {
    const named = new Set(orgUserIds)
    const seated = this.connections.connectedUsers().filter((orgUserId) => named.has(orgUserId))
    if (seated.length > 0)
      this.connections.closeFormerMembers(await selectFormerMembers(this.deps.db, { orgUserIds: seated }))
  }

  /** Compares the copy with the database, for as long as somebody looks. */
  override async alarm(): Promise<void> {
    const now = this.deps.now()
    for (const socket of this.connections.openSockets()) this.connections.closeExpired(socket, now)
    const seated = this.connections.connectedUsers()
    this.store.evict({ unseenSince: now - EVICT_AFTER_MS, except: seated })
    const known = this.store.states()
    if (known.length === 0) return
    await this.ctx.storage.setAlarm(now + CHECK_EVERY_MS)
    const { db } = this.deps
    const [truths, summarised, former] = await db.batch([
      selectBarStates(db, { orgUserIds: known.map((person) => person.orgUserId) }),
      selectSummarisedSince(db, { ids: known.flatMap((person) => person.ids), since: now - 2 * CHECK_EVERY_MS }),
      selectFormerMembers(db, { orgUserIds: seated }),
    ])
    this.connections.closeFormerMembers(former)
    await this.projection.catchUp(known, truths)
    for (const { id } of summarised) await this.projection.itemUpdated(id)
  }

  /** Has this person's bar in the copy. While anybody looks, the alarm comes each minute. */
  private async ensureLoaded(orgUserId: number): Promise<void> {
    await this.projection.ensureLoaded(orgUserId)
    const { storage } = this.ctx
    if ((await storage.getAlarm()) === null) await storage.setAlarm(this.deps.now() + CHECK_EVERY_MS)
  }

  /** Of somebody who looks: read at the last moment, so that no change falls between reading and saying. */
  private barState = (orgUserId: number) => this.store.state(orgUserId) as BarState

  private snapshot(orgUserId: number): string {
    const { seq, ids, unreadCount } = this.barState(orgUserId)
    const urgent = this.store.items(ids).map(excerpt)
    return encodeFrame({ type: "snapshot", seq, urgent, unread_count: unreadCount })
  }
}
