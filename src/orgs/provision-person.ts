import { commit, commitAndRead } from "../db/client"
import type { Deps, PersonLookup } from "../deps"
import { log } from "../runtime/log"
import {
  type ForwardedCredentials,
  logPlatformFailure,
  type PlatformAnswer,
  requestPlatform,
} from "../runtime/platform"
import { type ReadAnswer, readPlatformAnswer } from "./platform-answer"
import * as queries from "./provision-queries"

const PATH = "/api/currentuserv2"

const MINUTE_MS = 60_000
const INTERVAL_MS = 5 * MINUTE_MS
/** After `expired`: the person soon has a new token. */
const INTERVAL_AFTER_EXPIRED_MS = MINUTE_MS / 2
/** Longer than a look-up takes. */
const LEASE_MS = 10_000
/** Of all people together, so that a flood of tokens does not become one of requests to the platform. */
const MAX_PER_MINUTE = 300
const KEPT_MS = 24 * 60 * MINUTE_MS

/** For the requests that a page sends at once, of which only one asks. Longer than the platform may take. */
const MAX_WAIT_MS = 3_000
const WAIT_MS = 250

/**
 * Asks the platform for a person's organisations in their own name, and makes them a member of these: once in five
 * minutes, whatever the platform answers. Memberships that it does not list stay as they are.
 *
 * 1. Claim the look-up. Without the claim, wait for the request that has it.
 * 2. Ask the platform.
 * 3. Commit organisations, memberships and the outcome as one batch.
 */
export async function provisionPerson(
  deps: Deps,
  { userId, credentials }: { userId: string; credentials: ForwardedCredentials },
): Promise<PersonLookup> {
  const { db, config } = deps
  const now = deps.now()
  if (!config.PLATFORM_ORIGIN) return { kind: "answered" }
  const [claimed, [lookup]] = await db.batch([
    queries.claimLookup(db, {
      userId,
      now,
      leaseUntil: now + LEASE_MS,
      countedFrom: now - MINUTE_MS,
      limit: MAX_PER_MINUTE,
    }),
    queries.selectLookup(db, { userId }),
  ])
  if (claimed.length === 0) return waitForOutcome(deps, { userId, lookup })

  const response = await requestPlatform(config.PLATFORM_ORIGIN, { method: "GET", path: PATH, credentials })
  const answer = readPlatformAnswer(response, userId)
  logProblems(response, answer)
  const settled = settlementOf(answer, now)
  const writes = [
    queries.updateLookup(db, { userId, ...settled }),
    queries.deleteOldLookups(db, { before: now - KEPT_MS }),
  ] as const
  if (answer.kind !== "memberships" || answer.memberships.length === 0) {
    await commit(db, [...writes])
  } else {
    const { memberships } = answer
    const written = await commitAndRead(
      db,
      [
        ...writes,
        ...memberships.map((membership) => queries.insertMissingOrg(db, membership)),
        queries.deleteEmailOptOutsOf(db, { userId, memberships }),
      ],
      queries.upsertMembershipsOf(db, { userId, memberships }),
    )
    if (written.length > 0) log({ event: "person_provisioned", count: written.length })
  }
  return toResult(settled, now)
}

type Settlement = { outcome: "answered" | "failed"; askAgainAt: number }

const settlementOf = ({ kind }: ReadAnswer, now: number): Settlement => ({
  outcome: kind === "memberships" ? "answered" : "failed",
  askAgainAt: now + (kind === "expired" ? INTERVAL_AFTER_EXPIRED_MS : INTERVAL_MS),
})

const toResult = ({ outcome, askAgainAt }: Settlement, now: number): PersonLookup =>
  outcome === "answered" ? { kind: "answered" } : unavailable(askAgainAt - now)

const unavailable = (waitMs: number): PersonLookup => ({
  kind: "unavailable",
  retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1_000)),
})

/** Without a row, too many people were looked up in the last minute. */
async function waitForOutcome(
  { db, now }: Deps,
  { userId, lookup }: { userId: string; lookup: Lookup | undefined },
): Promise<PersonLookup> {
  let latest = lookup
  for (let waited = 0; latest && !latest.outcome && waited < MAX_WAIT_MS; waited += WAIT_MS) {
    if (latest.askedAt + MAX_WAIT_MS <= now()) break
    await new Promise((resolve) => setTimeout(resolve, WAIT_MS))
    latest = await queries.selectLookup(db, { userId }).get()
  }
  if (latest?.outcome && latest.askAgainAt > now()) return toResult({ ...latest, outcome: latest.outcome }, now())
  if (!latest?.outcome && latest) return unavailable(latest.askAgainAt - now())
  log({ event: "platform_lookups_limited", reason: "too many people were looked up in a minute" })
  return unavailable(MINUTE_MS)
}

type Lookup = Awaited<ReturnType<typeof queries.selectLookup>>[number]

function logProblems(response: PlatformAnswer, answer: ReadAnswer): void {
  switch (answer.kind) {
    case "expired":
      return
    case "failed":
      return logPlatformFailure({ ...response, ...(answer.reason && { reason: answer.reason }) })
    case "memberships":
      // 400 is the usual answer about somebody without an organisation.
      if (response.status !== 200 && response.status !== 400) logPlatformFailure(response)
      for (const reason of answer.problems) log({ event: "platform_entry_invalid", reason })
  }
}
