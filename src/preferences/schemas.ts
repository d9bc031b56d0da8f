import * as z from "zod/mini"
import { CATEGORIES, type Category } from "../categories"

const perCategory = <T extends z.ZodMiniType>(value: T) =>
  z.strictObject(Object.fromEntries(CATEGORIES.map((category) => [category, value])) as Record<Category, T>)

const subscriptions = Object.fromEntries(
  CATEGORIES.map((category) => [`${category}_notifications`, z.boolean()]),
) as Record<`${Category}_notifications`, z.ZodMiniBoolean<boolean>>

/** How a person wants to be told, whole. */
export const Preferences = z.strictObject({
  email_notifications_enabled: z.boolean(),
  ...subscriptions,
  channels: perCategory(z.strictObject({ email: z.boolean(), push: z.boolean() })),
})
export type Preferences = z.infer<typeof Preferences>

/** Any part of it. */
export const PreferencesChange = z.extend(z.partial(Preferences), {
  channels: z.optional(z.partial(perCategory(z.partial(z.strictObject({ email: z.boolean(), push: z.boolean() }))))),
})
export type PreferencesChange = z.infer<typeof PreferencesChange>
