import { errorName, log } from "../runtime/log"
import { CLOSE_INVALID_TOKEN, CLOSE_REPLACED } from "../domain/close-codes"
import { spendMessage } from "./message-allowance"

/** The person behind a socket, and when their access token expires (milliseconds since 1970). */
export type Connection = { orgUserId: number; until: number }

/** What survives a hibernation. `openedAt` orders the sockets of a person. `spentUntil` is their message allowance. */
type Attachment = Connection & { openedAt: number; spentUntil: number }

/** A person's next socket closes their oldest one. */
const MAX_SOCKETS_PER_PERSON = 10

/** The open sockets of one organisation. They survive an eviction of the object, and so do their attachments. */
export class Connections {
  /** The message allowances of people who sent something since the object woke up. */
  private readonly spentUntil = new Map<number, number>()

  constructor(private readonly ctx: DurableObjectState) {}

  accept(socket: WebSocket, { orgUserId, until }: Connection, now: number): void {
    const others = this.openSockets(orgUserId).toSorted((a, b) => openedAt(a) - openedAt(b))
    const attachment = {
      orgUserId,
      until,
      openedAt: Math.max(now, ...others.map((other) => openedAt(other) + 1)),
      spentUntil: this.spentUntilOf(orgUserId),
    }
    this.ctx.acceptWebSocket(socket, [String(orgUserId)])
    attach(socket, attachment)
    for (const oldest of others.slice(0, Math.max(0, others.length + 1 - MAX_SOCKETS_PER_PERSON))) {
      oldest.close(CLOSE_REPLACED, "too many tabs")
    }
  }

  connectionOf = (socket: WebSocket): Connection => attachmentOf(socket)

  /** Counts a message of this socket. Answers whether the person may send it. */
  allowMessage(socket: WebSocket, now: number): boolean {
    const attachment = attachmentOf(socket)
    const spentUntil = spendMessage(this.spentUntilOf(attachment.orgUserId), now)
    if (spentUntil === undefined) return false
    this.spentUntil.set(attachment.orgUserId, spentUntil)
    attach(socket, { ...attachment, spentUntil })
    return true
  }

  /** From memory, else from the socket that sent the last message. */
  private spentUntilOf = (orgUserId: number) =>
    this.spentUntil.get(orgUserId) ??
    Math.max(0, ...this.openSockets(orgUserId).map((socket) => attachmentOf(socket).spentUntil))

  /** Closes the socket if its token has expired. Answers whether it has. */
  closeExpired(socket: WebSocket, now: number): boolean {
    const isExpired = this.connectionOf(socket).until <= now
    if (isExpired) socket.close(CLOSE_INVALID_TOKEN, "the token has expired")
    return isExpired
  }

  /** The people with at least one open socket. */
  connectedUsers = () => [...new Set(this.openSockets().map((socket) => this.connectionOf(socket).orgUserId))]

  /** Closes every socket of these people. */
  closeFormerMembers(people: { orgUserId: number }[]): void {
    for (const { orgUserId } of people) {
      for (const socket of this.openSockets(orgUserId)) socket.close(CLOSE_INVALID_TOKEN, "no longer a member")
    }
  }

  /** The open sockets of one person, or all. The platform still lists sockets that are closing: those are left out. */
  openSockets = (orgUserId?: number) =>
    this.ctx.getWebSockets(orgUserId === undefined ? undefined : String(orgUserId)).filter(isOpen)

  /** Sends frames to every socket of one person. */
  push(orgUserId: number, frames: string[]): void {
    for (const socket of this.openSockets(orgUserId)) this.send(socket, frames)
  }

  /** Sends frames to one socket. A socket that throws is closing, and its tab will reconnect. */
  send(socket: WebSocket, frames: string[]): void {
    try {
      for (const frame of frames) socket.send(frame)
    } catch (error) {
      log({ event: "socket_send_failed", reason: errorName(error) })
    }
  }
}

export const isOpen = (socket: WebSocket) => socket.readyState === WebSocket.OPEN

const attach = (socket: WebSocket, attachment: Attachment) => socket.serializeAttachment(attachment)
/** `accept` attached it to every socket. */
const attachmentOf = (socket: WebSocket) => socket.deserializeAttachment() as Attachment
const openedAt = (socket: WebSocket) => attachmentOf(socket).openedAt
