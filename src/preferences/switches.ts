import { CATEGORIES, type Category } from "../domain/categories"
import type { Channel } from "../domain/channels"
import type { Switch } from "./decide"
import type { Preferences, PreferencesChange } from "./schemas"

type Setting = Omit<Switch, "changedAt" | "reason">

/** The stored switches as the object that people see. What was never switched is on. */
export function toPreferences(switches: Setting[]): Preferences {
  const isOn = (category: Category | "all", channel: Channel) =>
    switches.find((s) => s.category === category && s.channel === channel)?.enabled ?? true
  const each = <T>(name: (category: Category) => string, value: (category: Category) => T) =>
    CATEGORIES.map((category) => [name(category), value(category)])

  // Complete by construction: it runs over the same list of categories that the schema is made of.
  return {
    email_notifications_enabled: isOn("all", "email"),
    ...Object.fromEntries(
      each(
        (category) => `${category}_notifications`,
        (category) => isOn(category, "inbox"),
      ),
    ),
    channels: Object.fromEntries(
      each(
        (category) => category,
        (category) => ({ email: isOn(category, "email"), push: isOn(category, "push") }),
      ),
    ),
  } as Preferences
}

/** The switches that a change names. */
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
