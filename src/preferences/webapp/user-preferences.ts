import { commitAndRead, type Statement } from "../../db/client"
import type { Deps } from "../../deps"
import { backendFrom, type ForwardedCredentials } from "./backend"
import * as queries from "../queries"
import type { UserPreferences, UserPreferencesChange } from "../schemas"

type Whose = { orgUserId: number; asker: ForwardedCredentials }

/** What the web app keeps for this person: what the platform says of it, where there is one, and our own switch. */
export const getUserPreferences = (deps: Deps, whose: Whose): Promise<UserPreferences> =>
  commitAndMerge(deps, whose, [])

/**
 * Changes what is named and answers the whole.
 * 1. All but our switch is the platform's, where there is one. If it does not take that, this throws.
 * 2. What is ours is committed, and read again with the rest. Who is not sure of the outcome may ask once more.
 */
export async function changeUserPreferences(
  deps: Deps,
  { change, ...whose }: Whose & { change: UserPreferencesChange },
): Promise<UserPreferences> {
  const { enable_email_notifications: enabled, ...kept } = change
  const { orgUserId, asker } = whose
  const now = deps.now()
  const writes: Statement[] = []
  if (Object.keys(kept).length > 0) {
    const backend = backendFrom(deps.config)
    if (backend) await backend.updatePreferences(asker, kept)
    else writes.push(queries.upsertUserPreferences(deps.db, { orgUserId, kept: toColumns(kept), now }))
  }
  if (enabled !== undefined) {
    const switches = [{ category: "all" as const, channel: "email" as const, enabled }]
    writes.push(queries.upsertSwitches(deps.db, { orgUserId, switches, now }))
  }
  return commitAndMerge(deps, whose, writes)
}

async function commitAndMerge(deps: Deps, { orgUserId, asker }: Whose, writes: Statement[]): Promise<UserPreferences> {
  const [[row], theirs] = await Promise.all([
    commitAndRead(deps.db, writes, queries.selectUserPreferences(deps.db, { orgUserId })),
    backendFrom(deps.config)?.getPreferences(asker),
  ])
  const ours = toUserPreferences(row)
  return { ...ours, ...theirs, enable_email_notifications: ours.enable_email_notifications }
}

const toColumns = (kept: UserPreferencesChange) => ({
  disclaimerShown: kept.disclaimer_shown,
  lastVisitedTransformTab: kept.last_visited_transform_tab,
  enableLlmRequested: kept.enable_llm_requested,
  trialWalkthrough: kept.trial_walkthrough,
})

type Row = Awaited<ReturnType<typeof queries.selectUserPreferences>>[number]

/** Nothing stored means that e-mail is on, and the rest as a newcomer has it. */
const toUserPreferences = (row: Row | undefined) => ({
  enable_email_notifications: row?.wantsEmail ?? true,
  disclaimer_shown: row?.disclaimerShown ?? false,
  last_visited_transform_tab: row?.lastVisitedTransformTab ?? null,
  is_llm_active: row?.llmOptin ?? false,
  enable_llm_requested: row?.enableLlmRequested ?? false,
  trial_walkthrough: row?.trialWalkthrough ?? {},
})
