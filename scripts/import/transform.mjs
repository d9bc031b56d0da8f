import { inboxesOf } from "./transform-notifications.mjs"
import { orgsOf, peopleOf } from "./transform-members.mjs"
import { orgPreferencesOf, personalPreferencesOf } from "./transform-preferences.mjs"
import { createRemarks } from "./issues.mjs"

/**
 * What the tables get from a dump, by the rules of the migration from Dalgo's own tables. Each row is
 * `{values, state, standsFor}`: what is written; how it should be found afterwards; and how many rows of which model of
 * the dump it stands for. Rows name each other by what both databases know (slug, user id, publication), never by id.
 */
export function rowsOf(dump, { now }) {
  const skipped = createRemarks()
  const notes = createRemarks()
  for (const { model, pk, reason } of dump.faults) skipped.add(model, pk, reason)
  const given = { models: dump.models, now, skip: skipped.add, note: notes.add }

  const orgs = orgsOf(given)
  const people = peopleOf(given, orgs)
  const { optOuts, userPreferences } = personalPreferencesOf(given, people)
  const orgPreferences = orgPreferencesOf(given, orgs)
  const { notifications, recipients } = inboxesOf(given, people)
  return {
    rows: {
      orgs: orgs.rows,
      people: people.rows,
      optOuts,
      userPreferences,
      orgPreferences,
      notifications,
      recipients,
    },
    skipped: skipped.all(),
    notes: notes.all(),
  }
}
