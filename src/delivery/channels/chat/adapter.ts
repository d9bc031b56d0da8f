import type { ChatProduct } from "../../../domain/channels"
import type { ChatContent } from "./content"
import type { Refusal } from "./refusal"

/** How to post to the incoming webhooks of one chat product, and how to read its answers. */
export type ChatAdapter = {
  product: ChatProduct
  urlFor: (webhook: string) => string
  /** The JSON body of the request. */
  toBody: (content: ChatContent) => object
  /** The product's id of the message that it took; `null` if it gives none. */
  messageIdIn: (answer: string) => string | null
  headers?: Record<string, string>
  /** The meaning of an answer whose status is an error. */
  refusal: (status: number, answer: string) => Refusal
  /** The refusal in an answer whose status is 2xx; `undefined` if the product has taken the message. */
  refusalInSuccess?: (answer: string) => Refusal | undefined
}
