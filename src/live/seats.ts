import { kindOf, log } from "../log"

/** Who sits behind a socket, and until when their token is good. */
export type Seat = { orgUserId: number; until: number }

/** The close code of a token that is no longer good. */
const EXPIRED = 4003

/** The open sockets of one organisation. They outlive an eviction of the object, and so do their seats. */
export class Seats {
  constructor(private readonly ctx: DurableObjectState) {}

  accept(socket: WebSocket, seat: Seat): void {
    this.ctx.acceptWebSocket(socket, [String(seat.orgUserId)])
    socket.serializeAttachment(seat)
  }

  /** Every socket got its seat when it was accepted. */
  of = (socket: WebSocket) => socket.deserializeAttachment() as Seat

  /** Closes the socket if its token is no longer good, and says so. */
  closeExpired(socket: WebSocket, now: number): boolean {
    const isExpired = this.of(socket).until <= now
    if (isExpired) socket.close(EXPIRED, "the token has expired")
    return isExpired
  }

  /** The open ones: of one person, or all. A socket that is closing may still be listed by the platform. */
  open = (orgUserId?: number) =>
    this.ctx
      .getWebSockets(orgUserId === undefined ? undefined : String(orgUserId))
      .filter((socket) => socket.readyState === WebSocket.OPEN)

  /** To every tab of one person. A socket that cannot take it is closing; its tab will ask again. */
  push(orgUserId: number, frames: string[]): void {
    for (const socket of this.open(orgUserId)) {
      try {
        for (const frame of frames) socket.send(frame)
      } catch (error) {
        log({ event: "bar_failed", reason: kindOf(error) })
      }
    }
  }
}
