import { isObject, nonBlank, parseBoolean, parseTime, resolveKey, toFlag, unresolvedReason } from "./django-values.mjs"
import { memberKey } from "./transform-members.mjs"

/** The values that src/preferences/schemas.ts accepts. */
const TABS = ["ui", "github"]

/** The rows of user_preferences, and the e-mail opt-outs, which are rows of user_notification_preferences. */
export function transformUserPreferences({ models, now, skip, warn }, members) {
  const optOuts = new Map()
  const userPreferences = []
  const seen = new Set()
  for (const [pk, fields] of models.userpreferences) {
    const member = resolveKey(members, fields.orguser)
    const { createdAt, updatedAt } = timesOf(fields, now, (note) => warn("userpreferences", pk, note))
    const flag = (name, absent = false) =>
      toFlag(fields[name], {
        absent,
        note: () => warn("userpreferences", pk, `has an ${name} that is neither true nor false: imported as ${absent}`),
      })
    const isOptOut = !flag("enable_email_notifications", true)
    // An opt-out wins, even if a second row of the same member says otherwise.
    if (member && isOptOut && !optOuts.has(memberKey(member)))
      optOuts.set(memberKey(member), {
        values: [member.org, member.userId, parseTime(updatedAt)],
        state: "off",
        sourceCounts: {},
      })
    const reason = member
      ? seen.has(memberKey(member)) && "is a second row of the same member"
      : unresolvedReason(members, fields.orguser, "orguser")
    if (reason) {
      skip("userpreferences", pk, reason)
      continue
    }
    seen.add(memberKey(member))
    const tab = nonBlank(fields.last_visited_transform_tab)
    if (tab && !TABS.includes(tab)) warn("userpreferences", pk, `has an unknown tab (${tab}): imported without a tab`)
    const walkthrough = fields.trial_walkthrough ?? null
    if (walkthrough !== null && !isObject(walkthrough))
      warn("userpreferences", pk, "has a trial_walkthrough that is not an object: imported without it")
    userPreferences.push({
      values: [
        member.org,
        member.userId,
        toFlag(fields.disclaimer_shown),
        TABS.includes(tab) ? tab : null,
        toFlag(fields.enable_llm_requested),
        isObject(walkthrough) ? JSON.stringify(walkthrough) : null,
        createdAt,
        updatedAt,
      ],
      state: "exists",
      sourceCounts: { userpreferences: 1 },
    })
  }
  return { optOuts: [...optOuts.values()], userPreferences }
}

/** The rows of org_preferences, and a row of chat_webhooks for each organisation that has Discord in Dalgo. */
export function transformOrgPreferences(source, orgs) {
  const { models, now, skip, warn } = source
  const orgPreferences = []
  const chatWebhooks = []
  const seen = new Set()
  for (const [pk, fields] of models.orgpreferences) {
    const org = resolveKey(orgs, fields.org)
    const reason = org
      ? seen.has(org) && "is a second row of the same organisation"
      : unresolvedReason(orgs, fields.org, "organisation")
    if (reason) {
      skip("orgpreferences", pk, reason)
      continue
    }
    seen.add(org)
    const { createdAt, updatedAt } = timesOf(fields, now, (note) => warn("orgpreferences", pk, note))
    const optin = parseBoolean(fields.llm_optin) === undefined ? null : toFlag(fields.llm_optin)
    orgPreferences.push({
      values: [org, optin, createdAt, updatedAt],
      state: "exists",
      sourceCounts: { orgpreferences: 1 },
    })
    const { enabled, webhook } = discordOf(fields, pk, source)
    if (enabled || webhook)
      chatWebhooks.push({
        values: [org, "discord", enabled, webhook, parseTime(createdAt), parseTime(updatedAt)],
        state: "exists",
        sourceCounts: {},
      })
  }
  return { orgPreferences, chatWebhooks }
}

/** A webhook that Discord does not know is not imported: nothing could be sent to it. */
function discordOf({ enable_discord_notifications: isOn, discord_webhook: text }, pk, { rules, warn }) {
  const enabled = toFlag(isOn, {
    note: () =>
      warn(
        "orgpreferences",
        pk,
        "has an enable_discord_notifications that is neither true nor false: imported as false",
      ),
  })
  const webhook = nonBlank(text)?.trim() ?? null
  if (webhook && !rules.parseStoredWebhook("discord", webhook)) {
    warn(
      "orgpreferences",
      pk,
      "has a webhook that is not one of Discord: imported without it, and with Discord switched off",
    )
    return { enabled: 0, webhook: null }
  }
  if (!enabled || webhook) return { enabled, webhook }
  warn("orgpreferences", pk, "has Discord switched on without a webhook: imported with Discord switched off")
  return { enabled: 0, webhook: null }
}

/** Both preference tables store times as text, in the format of the dump. */
function timesOf(fields, now, note) {
  for (const name of ["created_at", "updated_at"])
    if (nonBlank(fields[name]) && parseTime(fields[name]) === undefined)
      note(`has a ${name} that is not a time: imported with another time`)
  const firstValid = (...values) =>
    values.find((value) => parseTime(value) !== undefined) ?? new Date(now).toISOString()
  return {
    createdAt: firstValid(fields.created_at, fields.updated_at),
    updatedAt: firstValid(fields.updated_at, fields.created_at),
  }
}
