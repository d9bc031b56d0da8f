import * as z from "zod/mini"
import { type ChatProduct, CHAT_PRODUCT_NAME, CHAT_PRODUCTS } from "../../domain/channels"
import type { RouteDocs, DocsByRoute } from "../../http/route-docs"
import { chatFields, MergedOrgPreferences } from "./schemas"
import { webhookForm } from "./url"

export const OrgPreferencesResponse = z.strictObject({ success: z.literal(true), res: MergedOrgPreferences })
export type OrgPreferencesResponse = z.infer<typeof OrgPreferencesResponse>

const changeDocs = (product: ChatProduct): RouteDocs => {
  const { enabled, webhook } = chatFields(product)
  return {
    summary: `Switch ${CHAT_PRODUCT_NAME[product]} on or off for my organisation`,
    description:
      `Switching on takes a webhook: ${webhookForm(product)}. A slash at its end is left out. An empty one, or the masked ` +
      "one of the answer, keeps the stored webhook. Switching off removes it. An empty object changes nothing. Unknown " +
      "fields are ignored.",
    response: OrgPreferencesResponse,
    badRequests: [`${CHAT_PRODUCT_NAME[product]} webhook is required to enable notifications.`],
    errors: { unavailable: "Webhooks cannot be encrypted, as SECRETS_KEYS is not set; or sign-in cannot be checked." },
    example: { body: { [enabled]: false, [webhook]: "" } },
  }
}

export const orgPreferenceDocs: DocsByRoute = {
  "GET /api/orgpreferences": {
    summary: "The preferences of my organisation",
    description:
      "Admins see the last four characters of a webhook, members only that there is one. A webhook that Discord or Slack " +
      "no longer knew is switched off, and admins see when and why. If the service is connected to Dalgo's backend, " +
      "`llm_optin` is the backend's, which may add fields; while it does not answer, they are left out.",
    response: OrgPreferencesResponse,
  },
  ...Object.fromEntries(
    CHAT_PRODUCTS.map((product) => [`PUT /api/orgpreferences/enable-${product}-notifications`, changeDocs(product)]),
  ),
}
