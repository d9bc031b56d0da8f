import * as z from "zod/mini"
import { type Room, ROOM_NAME } from "../../domain/channels"
import type { Described, DescribedRoutes } from "../../http/route-docs"

export const TestSent = z.strictObject({ success: z.literal(true), message: z.string() })
export type TestSent = z.infer<typeof TestSent>

const testing = (room: Room): Described => ({
  summary: `Send a test to my organisation on ${ROOM_NAME[room]}`,
  description: "At once, to the webhook that is stored, whether it is switched on or off.",
  answer: TestSent,
  rejects: [
    `No ${ROOM_NAME[room]} webhook is stored.`,
    `${ROOM_NAME[room]} does not know this webhook any more: make a new one there, and store it here.`,
    `${ROOM_NAME[room]} refused the message.`,
  ],
  refuses: { unavailable: `${ROOM_NAME[room]} cannot be reached, or what is stored cannot be read.` },
  example: {},
})

export const testSendAnswers = {
  "POST /api/orgpreferences/test-discord": testing("discord"),
  "POST /api/orgpreferences/test-slack": testing("slack"),
} satisfies DescribedRoutes
