import * as z from "zod/mini"
import { CATEGORIES, type Category } from "../domain/categories"
import { LaxBoolean, TimeZone } from "../runtime/zod"

const perCategory = <T extends z.ZodMiniType>(value: T) =>
  z.strictObject(Object.fromEntries(CATEGORIES.map((category) => [category, value])) as Record<Category, T>)

const subscriptions = Object.fromEntries(
  CATEGORIES.map((category) => [`${category}_notifications`, z.boolean()]),
) as Record<`${Category}_notifications`, z.ZodMiniBoolean<boolean>>

/** A person's settings. `<category>_notifications` is the subscription, `channels` refines it. */
export const Preferences = z.strictObject({
  email_notifications_enabled: z.boolean(),
  /** An IANA name; `null`: the organisation's zone. */
  timezone: z.nullable(TimeZone),
  ...subscriptions,
  channels: perCategory(z.strictObject({ email: z.boolean(), push: z.boolean() })),
})
export type Preferences = z.infer<typeof Preferences>

/** Any part of the settings. Fields that are left out stay as they are. */
export const PreferencesChange = z.extend(z.partial(Preferences), {
  channels: z.optional(z.partial(perCategory(z.partial(z.strictObject({ email: z.boolean(), push: z.boolean() }))))),
})
export type PreferencesChange = z.infer<typeof PreferencesChange>

/**
 * The web app's data about a person. Two switches are those of `Preferences`: `enable_email_notifications` is
 * `email_notifications_enabled`, and `enable_schema_change_notifications` is `schema_change_notifications`. Dalgo's
 * backend may add fields.
 */
export const UserPreferences = z.looseObject({
  enable_email_notifications: z.boolean(),
  enable_schema_change_notifications: z.boolean(),
  disclaimer_shown: z.boolean(),
  last_visited_transform_tab: z.nullable(z.enum(["ui", "github"])),
  is_llm_active: z.boolean(),
  enable_llm_requested: z.boolean(),
  trial_walkthrough: z.record(z.string(), z.unknown()),
})
export type UserPreferences = z.infer<typeof UserPreferences>

/**
 * Any part of it. `null` changes nothing, except that it resets the tab. Unknown fields are handed to Dalgo's backend;
 * without it they are ignored. `is_llm_active` belongs to the organisation: it is accepted and ignored.
 */
export const UserPreferencesChange = z.looseObject({
  enable_email_notifications: z.nullish(LaxBoolean),
  enable_schema_change_notifications: z.nullish(LaxBoolean),
  disclaimer_shown: z.nullish(LaxBoolean),
  last_visited_transform_tab: z.nullish(z.enum(["ui", "github"])),
  is_llm_active: z.nullish(LaxBoolean),
  enable_llm_requested: z.nullish(LaxBoolean),
  trial_walkthrough: z.nullish(z.record(z.string(), z.unknown())),
})
export type UserPreferencesChange = z.infer<typeof UserPreferencesChange>
