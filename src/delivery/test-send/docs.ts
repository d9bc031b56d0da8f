import * as z from "zod/mini"
import { type ChatProduct, CHAT_PRODUCT_NAME } from "../../domain/channels"
import type { RouteDocs, DocsByRoute } from "../../http/route-docs"

export const TestSendResponse = z.strictObject({ success: z.literal(true), message: z.string() })
export type TestSendResponse = z.infer<typeof TestSendResponse>

const testSendDocsFor = (room: ChatProduct): RouteDocs => ({
  summary: `Send a test to my organisation on ${CHAT_PRODUCT_NAME[room]}`,
  description: "At once, to the webhook that is stored, whether it is switched on or off.",
  response: TestSendResponse,
  badRequests: [
    `No ${CHAT_PRODUCT_NAME[room]} webhook is stored.`,
    `${CHAT_PRODUCT_NAME[room]} does not know this webhook any more: make a new one there, and store it here.`,
    `${CHAT_PRODUCT_NAME[room]} refused the message.`,
  ],
  errors: { unavailable: `${CHAT_PRODUCT_NAME[room]} cannot be reached, or what is stored cannot be read.` },
  example: {},
})

export const testSendDocs = {
  "POST /api/orgpreferences/test-discord": testSendDocsFor("discord"),
  "POST /api/orgpreferences/test-slack": testSendDocsFor("slack"),
} satisfies DocsByRoute
