import * as z from "zod/mini"
import { type ChatProduct, CHAT_PRODUCT_NAME, CHAT_PRODUCTS } from "../../domain/channels"
import type { RouteDocs, DocsByRoute } from "../../http/route-docs"

export const TestSendResponse = z.strictObject({ success: z.literal(true), message: z.string() })
export type TestSendResponse = z.infer<typeof TestSendResponse>

const testSendDocsFor = (product: ChatProduct): RouteDocs => ({
  summary: `Send a test to my organisation on ${CHAT_PRODUCT_NAME[product]}`,
  description: "Sent at once to the stored webhook, whether it is switched on or off.",
  response: TestSendResponse,
  badRequests: [
    `No ${CHAT_PRODUCT_NAME[product]} webhook is stored.`,
    `${CHAT_PRODUCT_NAME[product]} refused the message: the webhook was deleted there. Make a new webhook, and store it in Dalgo.`,
    `${CHAT_PRODUCT_NAME[product]} refused the message: <the reason, and what an admin can do about it>.`,
  ],
  errors: { unavailable: `${CHAT_PRODUCT_NAME[product]} cannot be reached, or the stored webhook cannot be read.` },
  example: {},
})

export const testSendDocs: DocsByRoute = Object.fromEntries(
  CHAT_PRODUCTS.map((product) => [`POST /api/orgpreferences/test-${product}`, testSendDocsFor(product)]),
)
