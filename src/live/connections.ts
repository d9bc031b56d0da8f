import { errorName, log } from "../runtime/log"
import { CLOSE_INVALID_TOKEN } from "./close-codes"

/** Who sits behind a socket, and until when their token is good. */
export type Connection = { orgUserId: number; until: number }

/** The open sockets of one organisation. They outlive an eviction of the object, and so do their seats. */
export class Connections {
  constructor(private readonly ctx: DurableObjectState) {}

  accept(socket: WebSocket, connection: Connection): void {
    this.ctx.acceptWebSocket(socket, [String(connection.orgUserId)])
    socket.serializeAttachment(connection)
  }

  /** Every socket got its seat when it was accepted. */
  connectionOf = (socket: WebSocket) => socket.deserializeAttachment() as Connection

  /** Closes the socket if its token is no longer good, and says so. */
  closeExpired(socket: WebSocket, now: number): boolean {
    const isExpired = this.connectionOf(socket).until <= now
    if (isExpired) socket.close(CLOSE_INVALID_TOKEN, "the token has expired")
    return isExpired
  }

  /** Whose seats are taken. */
  connectedUsers = () => [...new Set(this.openSockets().map((socket) => this.connectionOf(socket).orgUserId))]

  /** Closes every tab of these people, who are no longer members. */
  closeFormerMembers(people: { orgUserId: number }[]): void {
    for (const { orgUserId } of people) {
      for (const socket of this.openSockets(orgUserId)) socket.close(CLOSE_INVALID_TOKEN, "no longer a member")
    }
  }

  /** The open ones: of one person, or all. A socket that is closing may still be listed by the platform. */
  openSockets = (orgUserId?: number) =>
    this.ctx
      .getWebSockets(orgUserId === undefined ? undefined : String(orgUserId))
      .filter((socket) => socket.readyState === WebSocket.OPEN)

  /** To every tab of one person. A socket that cannot take it is closing; its tab will ask again. */
  push(orgUserId: number, frames: string[]): void {
    for (const socket of this.openSockets(orgUserId)) {
      try {
        for (const frame of frames) socket.send(frame)
      } catch (error) {
        log({ event: "bar_failed", reason: errorName(error) })
      }
    }
  }
}
