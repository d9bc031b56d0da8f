import { DurableObject } from "cloudflare:workers"
import type { Deps, UrgentBarRpc } from "../deps"
import { depsFrom } from "../compose"
import { errorName, log } from "../runtime/log"
import { updateReadStatus } from "../inbox/queries"
import { closedSocket, parseHandshakeRequest } from "./handshake"
import { BarStore, type BarState } from "./bar-store"
import { CLOSE_INVALID_TOKEN, CLOSE_MESSAGE_TOO_BIG, CLOSE_POLICY_VIOLATION } from "../domain/close-codes"
import type { BarItem } from "../domain/bar-item"
import { encodeError, isTooBig, parseMessage } from "./protocol"
import { Projection } from "./projection"
import { selectFormerMembers, selectBarStates, selectChangedTexts } from "../inbox/bar-queries"
import { Connections, isOpen } from "./connections"
import { UsedTickets } from "./used-tickets"

const CHECK_EVERY_MS = 60_000
/** The key of the time of the last complete check. */
const CHECKED_AT = "checked_at"
const EVICT_AFTER_MS = 10 * 60_000

/**
 * The urgent bars of one organisation. The database is the truth, and this object is a projection of it. The object keeps
 * a copy of the bars that were opened lately, updates the copy when the worker calls it, and pushes the difference to
 * open tabs. Every method may be called twice or out of order, since a state only moves to a later version of its inbox.
 * An alarm compares the copy with the database each minute, and so repairs what a lost call left behind.
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

  // Reading ----------------------------------------------------------------------------------------------

  async bar(orgUserId: number): Promise<{ items: BarItem[]; total: number }> {
    await this.ensureLoaded(orgUserId)
    const { ids, total } = this.barState(orgUserId)
    return { items: this.store.items(ids), total }
  }

  /** Opens a socket for a handshake that the worker has authorised. */
  override async fetch(request: Request): Promise<Response> {
    const { connection, ticket } = parseHandshakeRequest(request)
    if (ticket && !this.usedTickets.use(ticket, this.deps.now())) {
      return closedSocket(CLOSE_INVALID_TOKEN, "the ticket was used, or has expired")
    }
    await this.ensureLoaded(connection.orgUserId)
    const { 0: client, 1: server } = new WebSocketPair()
    this.connections.accept(server, connection, this.deps.now())
    server.send(this.snapshot(connection.orgUserId))
    return new Response(null, { status: 101, webSocket: client })
  }

  /**
   * Handles a message of an open tab. Messages of a socket that is being closed are ignored, since many may be on their
   * way. A message that is too big, or one too many, closes the socket before it is parsed.
   */
  override async webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    const now = this.deps.now()
    if (!isOpen(socket) || this.connections.closeExpired(socket, now)) return
    if (isTooBig(data)) return socket.close(CLOSE_MESSAGE_TOO_BIG, "the message is too big")
    if (!this.connections.allowMessage(socket, now)) return socket.close(CLOSE_POLICY_VIOLATION, "too many messages")
    const message = parseMessage(data)
    if (!message) return this.connections.send(socket, [encodeError("not understood")])
    const { orgUserId } = this.connections.connectionOf(socket)
    try {
      if (message.type === "dismiss") {
        await updateReadStatus(this.deps.db, { orgUserId, ids: message.ids, isRead: true, now })
        return await this.projection.changed([orgUserId])
      }
      await this.ensureLoaded(orgUserId)
      if (message.last_seq !== this.barState(orgUserId).seq) {
        this.connections.send(socket, [this.snapshot(orgUserId)])
      }
    } catch (error) {
      log({ event: "socket_message_failed", reason: errorName(error) })
      this.connections.send(socket, [encodeError("it failed, try again")])
    }
  }

  override webSocketClose(socket: WebSocket): void {
    socket.close()
  }

  // Updating ---------------------------------------------------------------------------------------------

  arrived(arrival: { notificationId: number; orgUserIds: number[] }): Promise<void> {
    return this.projection.arrived(arrival)
  }

  changed({ orgUserIds }: { orgUserIds: number[] }): Promise<void> {
    return this.projection.changed(orgUserIds)
  }

  itemUpdated({ notificationId }: { notificationId: number }): Promise<void> {
    return this.projection.itemUpdated(notificationId)
  }

  /** Closes the sockets of former members. Asks the database, since the call may come after a person has returned. */
  async removed({ orgUserIds }: { orgUserIds: number[] }): Promise<void> {
    const removed = new Set(orgUserIds)
    const connected = this.connections.connectedUsers().filter((orgUserId) => removed.has(orgUserId))
    if (connected.length > 0)
      this.connections.closeFormerMembers(await selectFormerMembers(this.deps.db, { orgUserIds: connected }))
  }

  /** Compares the copy with the database, for as long as the copy holds any state. */
  override async alarm(): Promise<void> {
    const now = this.deps.now()
    for (const socket of this.connections.openSockets()) this.connections.closeExpired(socket, now)
    this.usedTickets.deleteExpired(now)
    const connected = this.connections.connectedUsers()
    this.store.evict({ unseenSince: now - EVICT_AFTER_MS, except: connected })
    const states = this.store.states()
    if (states.length === 0) return
    await this.ctx.storage.setAlarm(now + CHECK_EVERY_MS)
    const { db } = this.deps
    // Texts that changed since the last complete check are read again, however long ago that was.
    const checkedAt = (await this.ctx.storage.get<number>(CHECKED_AT)) ?? 0
    const [latest, changedTexts, former] = await db.batch([
      selectBarStates(db, { orgUserIds: states.map((state) => state.orgUserId) }),
      selectChangedTexts(db, { ids: states.flatMap((state) => state.ids), since: checkedAt - CHECK_EVERY_MS }),
      selectFormerMembers(db, { orgUserIds: connected }),
    ])
    this.connections.closeFormerMembers(former)
    await this.projection.catchUp(states, latest)
    for (const { id } of changedTexts) await this.projection.itemUpdated(id)
    await this.ctx.storage.put(CHECKED_AT, now)
  }

  /** Loads this person's bar into the copy, and makes sure that the alarm runs. */
  private async ensureLoaded(orgUserId: number): Promise<void> {
    await this.projection.ensureLoaded(orgUserId)
    const { storage } = this.ctx
    if ((await storage.getAlarm()) === null) await storage.setAlarm(this.deps.now() + CHECK_EVERY_MS)
  }

  /** The state of a person that is loaded. Read without an `await` before sending, so that no change falls in between. */
  private barState = (orgUserId: number) => this.store.state(orgUserId) as BarState

  private snapshot = (orgUserId: number) => this.store.snapshot(this.barState(orgUserId))
}
