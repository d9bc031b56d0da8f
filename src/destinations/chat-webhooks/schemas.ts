import * as z from "zod/mini"
import { CATEGORIES } from "../../domain/categories"
import { type ChatProduct, CHAT_PRODUCTS } from "../../domain/channels"
import { LaxBoolean } from "../../runtime/zod"

type EnabledField = `enable_${ChatProduct}_notifications`
type WebhookField = `${ChatProduct}_webhook`
type SwitchedOffField = `${ChatProduct}_switched_off`

/** The fields of a chat product in JSON. */
export const chatFields = (
  product: ChatProduct,
): { enabled: EnabledField; webhook: WebhookField; switchedOff: SwitchedOffField } => ({
  enabled: `enable_${product}_notifications`,
  webhook: `${product}_webhook`,
  switchedOff: `${product}_switched_off`,
})

/** When a webhook was disabled because the product answered that it is gone, and the reason. */
const SwitchedOff = z.strictObject({ at: z.iso.datetime(), reason: z.string() })

const CHAT_SETTINGS = Object.fromEntries(
  CHAT_PRODUCTS.flatMap((product): [string, z.ZodMiniType][] => {
    const { enabled, webhook, switchedOff } = chatFields(product)
    return [
      [enabled, z.boolean()],
      // Masked: its last four characters, after something that looks like a URL.
      [webhook, z.nullable(z.string())],
      [switchedOff, z.optional(SwitchedOff)],
    ]
  }),
) as Record<EnabledField, z.ZodMiniBoolean<boolean>> &
  Record<WebhookField, z.ZodMiniNullable<z.ZodMiniString<string>>> &
  Record<SwitchedOffField, z.ZodMiniOptional<typeof SwitchedOff>>

/** The notification preferences of an organisation. */
export const OrgPreferences = z.strictObject({
  org: z.strictObject({ name: z.string(), slug: z.string() }),
  llm_optin: z.boolean(),
  ...CHAT_SETTINGS,
  /** `null`: the default ones. */
  urgent_categories: z.nullable(z.array(z.enum(CATEGORIES))),
})
export type OrgPreferences = z.infer<typeof OrgPreferences>

/** With Dalgo's backend, its further preferences are in the same object. */
export const MergedOrgPreferences = z.looseObject(OrgPreferences.shape)
export type MergedOrgPreferences = z.infer<typeof MergedOrgPreferences>

const isEnabled = z.optional(LaxBoolean)
const givenWebhook = z.optional(z.nullable(z.string().check(z.trim(), z.maxLength(500))))

/**
 * A change of one chat product. Unknown fields are ignored. Without the switch nothing changes, so that a webhook without it is refused. `null` and
 * an empty text mean the stored webhook.
 */
export const chatWebhookChange = <Product extends ChatProduct>(product: Product) => {
  const { enabled, webhook } = chatFields(product)
  const fields = { [enabled]: isEnabled, [webhook]: givenWebhook } as Record<
    `enable_${Product}_notifications`,
    typeof isEnabled
  > &
    Record<`${Product}_webhook`, typeof givenWebhook>
  return z.object(fields).check(
    z.refine<ChatWebhookChange>((change) => change[enabled] !== undefined || !change[webhook], {
      path: [enabled],
      error: "required with a webhook",
    }),
  )
}

/** The fields of a change, of whichever product. */
export type ChatWebhookChange = Partial<
  Record<EnabledField, boolean | undefined> & Record<WebhookField, string | null | undefined>
>
