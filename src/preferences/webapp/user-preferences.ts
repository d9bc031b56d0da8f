import { commitAndRead, type Statement } from "../../db/client"
import type { Deps } from "../../deps"
import * as queries from "../queries"
import type { UserPreferences, UserPreferencesChange } from "../schemas"
import type { ForwardedCredentials } from "../../runtime/platform"
import { backendFrom } from "../backend"

type Person = { orgUserId: number; credentials: ForwardedCredentials }

/** The web app's settings of a person: from Dalgo's backend where there is one, and the e-mail switch from here. */
export const getUserPreferences = (deps: Deps, person: Person): Promise<UserPreferences> =>
  commitAndMerge(deps, person, [])

/**
 * Changes the named fields and returns all.
 *
 * 1. Send everything but the e-mail switch to Dalgo's backend, where there is one. If it refuses, this throws.
 * 2. Commit the rest here, and read everything again. A request that is repeated after a lost answer does no harm.
 */
export async function changeUserPreferences(
  deps: Deps,
  { change, ...person }: Person & { change: UserPreferencesChange },
): Promise<UserPreferences> {
  const { enable_email_notifications: enabled, ...fields } = change
  const { orgUserId, credentials } = person
  const now = deps.now()
  const writes: Statement[] = []
  if (Object.keys(fields).length > 0) {
    const backend = backendFrom(deps.config)
    if (backend) await backend.updatePreferences(credentials, fields)
    else writes.push(queries.upsertUserPreferences(deps.db, { orgUserId, fields: toColumns(fields), now }))
  }
  if (enabled !== undefined) {
    const switches = [{ category: "all" as const, channel: "email" as const, enabled }]
    writes.push(queries.upsertSwitches(deps.db, { orgUserId, switches, now }))
  }
  return commitAndMerge(deps, person, writes)
}

async function commitAndMerge(
  deps: Deps,
  { orgUserId, credentials }: Person,
  writes: Statement[],
): Promise<UserPreferences> {
  const [[row], fromBackend] = await Promise.all([
    commitAndRead(deps.db, writes, queries.selectUserPreferences(deps.db, { orgUserId })),
    backendFrom(deps.config)?.getPreferences(credentials),
  ])
  const stored = toUserPreferences(row)
  return { ...stored, ...fromBackend, enable_email_notifications: stored.enable_email_notifications }
}

const toColumns = (fields: UserPreferencesChange) => ({
  disclaimerShown: fields.disclaimer_shown,
  lastVisitedTransformTab: fields.last_visited_transform_tab,
  enableLlmRequested: fields.enable_llm_requested,
  trialWalkthrough: fields.trial_walkthrough,
})

type Row = Awaited<ReturnType<typeof queries.selectUserPreferences>>[number]

/** Without a row, every field has its default. E-mail is on by default. */
const toUserPreferences = (row: Row | undefined) => ({
  enable_email_notifications: row?.wantsEmail ?? true,
  disclaimer_shown: row?.disclaimerShown ?? false,
  last_visited_transform_tab: row?.lastVisitedTransformTab ?? null,
  is_llm_active: row?.llmOptin ?? false,
  enable_llm_requested: row?.enableLlmRequested ?? false,
  trial_walkthrough: row?.trialWalkthrough ?? {},
})
