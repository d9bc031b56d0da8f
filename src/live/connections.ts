import { kindOf, log } from "../runtime/log"
import { NO_LONGER_GOOD } from "./close-codes"

/** Who sits behind a socket, and until when their token is good. */
export type Seat = { orgUserId: number; until: number }

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
    if (isExpired) socket.close(NO_LONGER_GOOD, "the token has expired")
    return isExpired
  }

  /** Whose seats are taken. */
  taken = () => [...new Set(this.open().map((socket) => this.of(socket).orgUserId))]

  /** Closes every tab of these people, who are no longer members. */
  clear(people: { orgUserId: number }[]): void {
    for (const { orgUserId } of people) {
      for (const socket of this.open(orgUserId)) socket.close(NO_LONGER_GOOD, "no longer a member")
    }
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
