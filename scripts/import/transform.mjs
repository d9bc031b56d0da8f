import { createIssueList } from "./issues.mjs"
import { transformMembers, transformOrgs } from "./transform-members.mjs"
import { transformNotifications } from "./transform-notifications.mjs"
import { transformOrgPreferences, transformUserPreferences } from "./transform-preferences.mjs"

/**
 * The rows to insert, by table. Each row is `{values, state, sourceCounts}`: the values to insert; the state in which
 * `select` should find it afterwards; and the number of rows of the dump that it represents, by model. Rows refer to each
 * other by keys that both databases have (organisation slug, user id, publication id), never by database id.
 * `rules` are the service's own, from rules.mjs.
 */
export function transformDump(dump, { now, rules }) {
  const skipped = createIssueList()
  const warnings = createIssueList()
  for (const { model, pk, reason } of dump.invalid) skipped.add(model, pk, reason)
  for (const { model, pk, reason } of dump.mended) warnings.add(model, pk, reason)
  const { models, isCut, hasBrokenRows } = dump
  const source = { models, isCut, hasBrokenRows, now, rules, skip: skipped.add, warn: warnings.add }

  const orgs = transformOrgs(source)
  const members = transformMembers(source, orgs)
  const { optOuts, userPreferences } = transformUserPreferences(source, members)
  const { orgPreferences, chatWebhooks } = transformOrgPreferences(source, orgs)
  const { notifications, recipients } = transformNotifications(source, members)
  return {
    rows: {
      orgs: orgs.rows,
      members: members.rows,
      optOuts,
      userPreferences,
      orgPreferences,
      chatWebhooks,
      notifications,
      recipients,
    },
    skipped: skipped.all(),
    warnings: warnings.all(),
  }
}
