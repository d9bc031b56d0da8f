import type { Deps } from "../deps"
import { notFound } from "../runtime/errors"
import { errorName, log } from "../runtime/log"
import { logCancelled } from "./cancel-scheduled"
import * as erasureQueries from "./erasure-queries"
import * as stepQueries from "./erasure-step-queries"
import type { OpenErasure } from "./erasure-step-queries"
import * as queries from "./queries"
import { revokeAccess } from "./revoke-access"

/** In one request, or one run of the cron: at most 1,000 inbox rows of each person. */
const STEPS = 4
const PEOPLE_PER_RUN = 5
/** Each is a call to the Durable Object. */
const MAX_BAR_UPDATES = 50

/**
 * Erases a person from one organisation, also one who was removed before. It may be repeated. Throws `not_found` for an
 * unknown organisation, and for a person who was never its member.
 *
 * 1. In one transaction: record the erasure; delete what is scheduled by the person, or for them alone; delete their devices
 *    and preferences; end the membership, and blank its address and name.
 * 2. End their access.
 * 3. Delete their inbox, and their address and name elsewhere, step by step. The cron continues. `isDone`: nothing is left.
 */
export async function eraseMember(
  deps: Deps,
  { slug, userId }: { slug: string; userId: string },
): Promise<{ isDone: boolean }> {
  const { db } = deps
  const person = { slug, userId, now: deps.now() }
  const [[org], [membership], , , , , , , cancelled] = await db.batch([
    queries.selectOrgsBySlugs(db, { slugs: [slug] }),
    erasureQueries.selectMembershipId(db, person),
    erasureQueries.upsertErasure(db, person),
    erasureQueries.deleteScheduledFor(db, person),
    erasureQueries.deleteSwitches(db, person),
    erasureQueries.deleteWebAppPreferences(db, person),
    erasureQueries.deleteDevices(db, person),
    erasureQueries.blankMember(db, person),
    queries.deleteScheduledByFormer(db, { slug }),
  ])
  if (!org) throw notFound("organisation")
  if (!membership) throw notFound("member")
  logCancelled(cancelled)
  revokeAccess(deps, { org, people: [{ orgUserId: membership.orgUserId, userId }] })
  return { isDone: await eraseRest(deps, { orgUserId: membership.orgUserId }) }
}

/** Continues the erasures that are not done. The cron runs it each minute. */
export async function continueErasures(deps: Deps): Promise<void> {
  const open = await stepQueries.selectOpenErasures(deps.db, { limit: PEOPLE_PER_RUN })
  for (const { orgUserId } of open) await eraseRest(deps, { orgUserId })
}

async function eraseRest(deps: Deps, { orgUserId }: { orgUserId: number }): Promise<boolean> {
  for (let step = 0; step < STEPS; step++) {
    const [erasure] = await stepQueries.selectOpenErasures(deps.db, { orgUserIds: [orgUserId], limit: 1 })
    if (!erasure || (await eraseStep(deps, erasure))) return true
  }
  return false
}

/** One transaction, which may run twice: each statement finds nothing the second time. `true`: nothing is left. */
async function eraseStep(deps: Deps, erasure: OpenErasure): Promise<boolean> {
  const { db, now } = deps
  const [, , renamedInInbox, renamedBySender, , , , , , , finished] = await db.batch([
    stepQueries.insertDeletedImports(db, erasure),
    stepQueries.deleteDeliveriesOfInbox(db, erasure),
    stepQueries.renameAuthorInInbox(db, erasure),
    stepQueries.renameSender(db, erasure),
    stepQueries.deleteTheirNotifications(db, erasure),
    stepQueries.deleteInboxRows(db, erasure),
    stepQueries.deleteMailEvents(db, erasure),
    stepQueries.deleteDeadLetters(db, erasure),
    stepQueries.advanceEvents(db, erasure),
    stepQueries.deleteCounters(db, erasure),
    stepQueries.finishErasure(db, { ...erasure, now: now() }),
  ])
  updateBar(deps, erasure, [...renamedInInbox, ...renamedBySender])
  const isDone = finished.length > 0
  if (isDone) log({ event: "member_erased", org_id: erasure.orgId })
  return isDone
}

/** In the bars of the organisation, the new author shows at once. The alarm of each bar finds what is left out here. */
function updateBar(deps: Deps, { orgId }: OpenErasure, renamed: { id: number; urgent: boolean }[]): void {
  const bar = deps.bar(orgId)
  const urgent = renamed.filter((notification) => notification.urgent).slice(-MAX_BAR_UPDATES)
  const updates = Promise.all(urgent.map(({ id }) => bar.itemUpdated({ notificationId: id })))
  deps.waitUntil(
    updates.catch((error) => log({ event: "urgent_bar_update_failed", org_id: orgId, reason: errorName(error) })),
  )
}
