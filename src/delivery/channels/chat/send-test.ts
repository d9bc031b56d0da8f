import type { Room } from "../../../domain/channels"
import { DeliveryError } from "../../retry"
import { DISCORD } from "./discord"
import { SLACK } from "./slack"
import { type Manner, post, RoomGoneError } from "./post"

const MANNER: Record<Room, Manner> = { discord: DISCORD, slack: SLACK }

/** Says in a room that this is a test, as it would say anything else there. */
export async function tryRoom({ room, webhook, orgName }: { room: Room; webhook: string; orgName: string }) {
  const text = `This is a test from Dalgo. What ${orgName} is notified of will be told here.`
  try {
    await post(MANNER[room], webhook, { heading: "Test", text, link: undefined })
    return "sent"
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error
    if (error instanceof RoomGoneError) return "gone"
    return error.options.permanent ? "refused" : "busy"
  }
}
