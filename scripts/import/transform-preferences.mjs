import { keyOf } from "./transform-members.mjs"
import { find, flagOf, isObject, textOf, timeOf, whyNot } from "./django-values.mjs"

/** What src/preferences/schemas.ts knows. */
const TABS = ["ui", "github"]

/** The rows of user_preferences, and the opt-outs of e-mail, which have a table of their own. */
export function personalPreferencesOf({ models, now, skip, note }, people) {
  const optOuts = new Map()
  const userPreferences = []
  const seen = new Set()
  for (const [pk, fields] of models.userpreferences) {
    const person = find(people, fields.orguser)
    const { createdAt, updatedAt } = timesOf(fields, now)
    // Whoever said no once is not written to, also where a second row says otherwise.
    if (person && fields.enable_email_notifications === false && !optOuts.has(keyOf(person)))
      optOuts.set(keyOf(person), {
        values: [person.org, person.userId, timeOf(updatedAt)],
        state: "off",
        standsFor: {},
      })
    const reason = person
      ? seen.has(keyOf(person)) && "is of a person who has others"
      : whyNot(people, fields.orguser, "orguser")
    if (reason) {
      skip("userpreferences", pk, reason)
      continue
    }
    seen.add(keyOf(person))
    const tab = textOf(fields.last_visited_transform_tab)
    if (tab && !TABS.includes(tab)) note("userpreferences", pk, `has a tab that is not known here (${tab}): none`)
    const walkthrough = fields.trial_walkthrough ?? null
    if (walkthrough !== null && !isObject(walkthrough))
      note("userpreferences", pk, "has a trial_walkthrough that is no object: none")
    userPreferences.push({
      values: [
        person.org,
        person.userId,
        flagOf(fields.disclaimer_shown),
        TABS.includes(tab) ? tab : null,
        flagOf(fields.enable_llm_requested),
        isObject(walkthrough) ? JSON.stringify(walkthrough) : null,
        createdAt,
        updatedAt,
      ],
      state: "there",
      standsFor: { userpreferences: 1 },
    })
  }
  return { optOuts: [...optOuts.values()], userPreferences }
}

export function orgPreferencesOf({ models, now, skip }, orgs) {
  const rows = []
  const seen = new Set()
  for (const [pk, fields] of models.orgpreferences) {
    const org = find(orgs, fields.org)
    const reason = org
      ? seen.has(org) && "is of an organisation that has others"
      : whyNot(orgs, fields.org, "organisation")
    if (reason) {
      skip("orgpreferences", pk, reason)
      continue
    }
    seen.add(org)
    const { createdAt, updatedAt } = timesOf(fields, now)
    const optin = typeof fields.llm_optin === "boolean" ? flagOf(fields.llm_optin) : null
    const discord = flagOf(fields.enable_discord_notifications)
    rows.push({
      values: [org, optin, discord, textOf(fields.discord_webhook), createdAt, updatedAt],
      state: "there",
      standsFor: { orgpreferences: 1 },
    })
  }
  return rows
}

/** These two tables keep times as the text they were. */
function timesOf(fields, now) {
  const known = (...values) => values.find((value) => timeOf(value) !== undefined) ?? new Date(now).toISOString()
  return {
    createdAt: known(fields.created_at, fields.updated_at),
    updatedAt: known(fields.updated_at, fields.created_at),
  }
}
