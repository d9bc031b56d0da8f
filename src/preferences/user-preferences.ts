import { commitAndRead } from "../db/client"
import type { Deps } from "../deps"
import * as queries from "./queries"
import type { UserPreferences, UserPreferencesChange } from "./schemas"
import { toSwitches } from "./switches"

/** What the web app keeps for this person. */
export async function userPreferencesOf(deps: Deps, { orgUserId }: { orgUserId: number }): Promise<UserPreferences> {
  const [row] = await queries.userPreferencesOf(deps.db, { orgUserId })
  return toUserPreferences(row)
}

/** Changes what is named and answers the whole. */
export async function changeUserPreferences(
  deps: Deps,
  { orgUserId, change }: { orgUserId: number; change: UserPreferencesChange },
): Promise<UserPreferences> {
  const writes = writesFor(deps, { orgUserId, change })
  const [row] = await commitAndRead(deps.db, writes, queries.userPreferencesOf(deps.db, { orgUserId }))
  return toUserPreferences(row)
}

function writesFor(deps: Deps, { orgUserId, change }: { orgUserId: number; change: UserPreferencesChange }) {
  const now = deps.now()
  const switches = toSwitches({ email_notifications_enabled: change.enable_email_notifications })
  const kept = {
    disclaimerShown: change.disclaimer_shown,
    lastVisitedTransformTab: change.last_visited_transform_tab,
    enableLlmRequested: change.enable_llm_requested,
    trialWalkthrough: change.trial_walkthrough,
  }
  return [
    ...(switches.length > 0 ? [queries.setSwitches(deps.db, { orgUserId, switches, now })] : []),
    ...(Object.values(kept).some((value) => value !== undefined)
      ? [queries.keepForWebApp(deps.db, { orgUserId, kept, now })]
      : []),
  ]
}

type Row = Awaited<ReturnType<typeof queries.userPreferencesOf>>[number]

/** Nothing stored means e-mail on and the rest as a newcomer has it. */
const toUserPreferences = (row: Row | undefined): UserPreferences => ({
  enable_email_notifications: row?.wantsEmail ?? true,
  disclaimer_shown: row?.disclaimerShown ?? false,
  last_visited_transform_tab: row?.lastVisitedTransformTab ?? null,
  is_llm_active: row?.llmOptin ?? false,
  enable_llm_requested: row?.enableLlmRequested ?? false,
  trial_walkthrough: row?.trialWalkthrough ?? {},
})
