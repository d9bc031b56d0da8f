import { commitAndRead, type Statement } from "../../db/client"
import type { Deps } from "../../deps"
import type { ForwardedCredentials } from "../../runtime/platform"
import { backendFrom, type CopiedSwitches } from "../backend"
import * as queries from "../queries"
import type { UserPreferences, UserPreferencesChange } from "../schemas"
import { toSwitches } from "../switches"

type Person = { orgUserId: number; credentials: ForwardedCredentials }

/**
 * The web app's settings of a person: from Dalgo's backend where there is one, and the switches from here. The backend is
 * told, after the response, of what was switched off here without it: by a link in an e-mail, by a server, or while it
 * was away.
 */
export async function getUserPreferences(deps: Deps, { orgUserId, credentials }: Person): Promise<UserPreferences> {
  const backend = backendFrom(deps.config)
  const [[row], fromBackend] = await Promise.all([
    queries.selectUserPreferences(deps.db, { orgUserId }),
    backend?.getPreferences(credentials),
  ])
  const missed = missedOptOuts(row, fromBackend)
  if (backend && missed) deps.waitUntil(backend.copySwitches(credentials, missed))
  return merge(row, fromBackend)
}

/**
 * Changes the named fields and returns all.
 *
 * 1. Send the change to Dalgo's backend, where there is one, if it has more than switches. If it refuses, this throws.
 * 2. Commit what is stored here. A request that is repeated after a lost answer does no harm.
 * 3. Send a change that has only switches to the backend, which need not accept it. Read its settings.
 */
export async function changeUserPreferences(
  deps: Deps,
  { change, orgUserId, credentials }: Person & { change: UserPreferencesChange },
): Promise<UserPreferences> {
  const backend = backendFrom(deps.config)
  const { copied, others } = divide(change)
  const hasOthers = Object.keys(others).length > 0
  if (backend && hasOthers) await backend.updatePreferences(credentials, { ...others, ...copied })

  const fields = backend ? [] : toColumns(change)
  const writes = writesFor(deps, { orgUserId, copied, fields: Object.fromEntries(fields) })
  const [row] = await commitAndRead(deps.db, writes, queries.selectUserPreferences(deps.db, { orgUserId }))

  const isOnlySwitches = !hasOthers && Object.keys(copied).length > 0
  const [fromBackend] = await Promise.all([
    backend?.getPreferences(credentials),
    isOnlySwitches && backend?.copySwitches(credentials, copied),
  ])
  return merge(row, fromBackend)
}

function writesFor(
  { db, now }: Deps,
  { orgUserId, copied, fields }: { orgUserId: number; copied: CopiedSwitches; fields: object },
): Statement[] {
  const switches = toSwitches({
    email_notifications_enabled: copied.enable_email_notifications,
    schema_change_notifications: copied.enable_schema_change_notifications,
  })
  return [
    ...(Object.keys(fields).length > 0 ? [queries.upsertUserPreferences(db, { orgUserId, fields, now: now() })] : []),
    ...(switches.length > 0 ? [queries.upsertSwitches(db, { orgUserId, switches, now: now() })] : []),
  ]
}

/** The switches of a change, and everything else. */
function divide(change: UserPreferencesChange): { copied: CopiedSwitches; others: object } {
  const { enable_email_notifications: email, enable_schema_change_notifications: schemaChange, ...others } = change
  return {
    copied: {
      ...(typeof email === "boolean" && { enable_email_notifications: email }),
      ...(typeof schemaChange === "boolean" && { enable_schema_change_notifications: schemaChange }),
    },
    others,
  }
}

/** The columns that a change sets. Only the tab may be reset to `null`. */
const toColumns = (change: UserPreferencesChange) =>
  Object.entries({
    disclaimerShown: change.disclaimer_shown ?? undefined,
    lastVisitedTransformTab: change.last_visited_transform_tab,
    enableLlmRequested: change.enable_llm_requested ?? undefined,
    trialWalkthrough: change.trial_walkthrough ?? undefined,
  }).filter(([, value]) => value !== undefined)

type Row = Awaited<ReturnType<typeof queries.selectUserPreferences>>[number]

/** Without a row, every field has its default. The switches are on by default. */
function merge(row: Row | undefined, fromBackend: Partial<UserPreferences> | undefined): UserPreferences {
  return {
    disclaimer_shown: row?.disclaimerShown ?? false,
    last_visited_transform_tab: row?.lastVisitedTransformTab ?? null,
    is_llm_active: row?.llmOptin ?? false,
    enable_llm_requested: row?.enableLlmRequested ?? false,
    trial_walkthrough: row?.trialWalkthrough ?? {},
    ...fromBackend,
    enable_email_notifications: row?.wantsEmail ?? true,
    enable_schema_change_notifications: row?.wantsSchemaChanges ?? true,
  }
}

/**
 * The switches that are off here and on in the backend. An "on" is never copied: a switch that nobody touched here is on,
 * and the backend's may have been switched off before this service was connected.
 */
function missedOptOuts(row: Row | undefined, fromBackend: Partial<UserPreferences> = {}): CopiedSwitches | undefined {
  const missed = {
    ...(row?.wantsEmail === false && fromBackend.enable_email_notifications && { enable_email_notifications: false }),
    ...(row?.wantsSchemaChanges === false &&
      fromBackend.enable_schema_change_notifications && { enable_schema_change_notifications: false }),
  }
  return Object.keys(missed).length > 0 ? missed : undefined
}
