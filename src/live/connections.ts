import { errorName, log } from "../runtime/log"
import { CLOSE_INVALID_TOKEN } from "./close-codes"

/** The person behind a socket, and when their access token expires (milliseconds since 1970). */
export type Connection = { orgUserId: number; until: number }

/** The open sockets of one organisation. They survive an eviction of the object, and so do their attachments. */
export class Connections {
  constructor(private readonly ctx: DurableObjectState) {}

  accept(socket: WebSocket, connection: Connection): void {
    this.ctx.acceptWebSocket(socket, [String(connection.orgUserId)])
    socket.serializeAttachment(connection)
  }

  /** `accept` attached it to every socket. */
  connectionOf = (socket: WebSocket) => socket.deserializeAttachment() as Connection

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
    this.ctx
      .getWebSockets(orgUserId === undefined ? undefined : String(orgUserId))
      .filter((socket) => socket.readyState === WebSocket.OPEN)

  /** Sends frames to every socket of one person. A socket that throws is closing, and its tab will reconnect. */
  push(orgUserId: number, frames: string[]): void {
    for (const socket of this.openSockets(orgUserId)) {
      try {
        for (const frame of frames) socket.send(frame)
      } catch (error) {
        log({ event: "socket_send_failed", reason: errorName(error) })
      }
    }
  }
}
