import type { ChatProduct } from "../../../domain/channels"
import type { ChatContent } from "./content"

/** How to post to the incoming webhooks of one chat product, and how to read its answers. */
export type ChatAdapter = {
  product: ChatProduct
  urlFor: (webhook: string) => string
  /** The JSON body of the request. */
  toBody: (content: ChatContent) => object
  /** The product's id of the message that it took; `null` if it gives none. */
  messageIdIn: (answer: string) => string | null
  /** The reason why this webhook is gone for good, as shown to admins; `undefined` if it may accept a later message. */
  goneReason: (status: number, answer: string) => string | undefined
}
