import { CATEGORIES, type Category } from "../domain/categories"
import type { Channel } from "../domain/channels"
import type { Switch } from "./decide"
import type { Preferences, PreferencesChange } from "./schemas"

type Setting = Omit<Switch, "changedAt" | "reason">

/** A switch with the person's own time zone. A person who never touched a switch has one row, without a switch. */
type StoredPreferences = { [Key in keyof Setting]: Setting[Key] | null } & { timezone: string | null }

/** The stored switches in the format of the API. Without a row, a switch is on. */
export function toPreferences(switches: StoredPreferences[]): Preferences {
  const isOn = (category: Category | "all", channel: Channel) =>
    switches.find((s) => s.category === category && s.channel === channel)?.enabled ?? true
  const byCategory = <T>(entry: (category: Category) => [name: string, value: T]) =>
    Object.fromEntries(CATEGORIES.map(entry))

  // The cast is safe: the schema is built from the same list of categories.
  return {
    email_notifications_enabled: isOn("all", "email"),
    timezone: switches[0]?.timezone ?? null,
    ...byCategory((category) => [`${category}_notifications`, isOn(category, "inbox")]),
    channels: byCategory((category) => [category, { email: isOn(category, "email"), push: isOn(category, "push") }]),
  } as Preferences
}

/** The switches that a change sets. */
export function toSwitches(change: PreferencesChange): Setting[] {
  const settings: (Omit<Setting, "enabled"> & { enabled: boolean | undefined })[] = [
    { category: "all", channel: "email", enabled: change.email_notifications_enabled },
    ...CATEGORIES.flatMap((category) => [
      { category, channel: "inbox" as const, enabled: change[`${category}_notifications`] },
      { category, channel: "email" as const, enabled: change.channels?.[category]?.email },
      { category, channel: "push" as const, enabled: change.channels?.[category]?.push },
    ]),
  ]
  return settings.filter((setting): setting is Setting => setting.enabled !== undefined)
}
