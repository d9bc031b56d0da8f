import { env } from "cloudflare:workers"
import { unsubscribeToken } from "../../src/preferences/unsubscribe/token"
import type { DeliveryMessage } from "../../src/runtime/queue-messages"
import { HOUR, MINUTE } from "../support/clock"
import { runId, runStateBody } from "../support/prefect-webhook"
import { snapshotOf, tabFromResponse } from "../support/sockets"
import { Run } from "./fault-injector"
import type { Expectation } from "./invariants"
import {
  addChatAndPush,
  membersOf,
  type Person,
  requestBy,
  requestByPrefect,
  requestByServer,
  type TestOrg,
} from "./test-org"
import type { World } from "./world"

/** `expectations` grows as the operation publishes. */
export type Context = { world: World; org: TestOrg; expectations: Expectation[] }

export type Operation = {
  name: string
  /** It changes members or preferences, so that each run needs a new organisation. */
  needsNewOrg?: true
  /** Runs without faults. */
  setUp?: (context: Context) => Promise<void>
  /** Faults are injected into each step of it. */
  run: (context: Context) => Promise<void>
  /** Violations other than those of the invariants. It runs without faults. */
  check?: (context: Context) => Promise<string[]>
}

const CREATE = "/api/notifications/"
const PREFECT_WEBHOOK = "/webhooks/v1/notification/"

const lastNotificationId = async ({ world, org }: Context) => {
  const [row] = await world.rows<{ id: number }>("SELECT max(id) AS id FROM notifications WHERE org_id = ?", org.id)
  return row?.id ?? 0
}

/** The body of a request that publishes an urgent incident to all members. */
const incident = ({ org }: Context, marker: string, changes: object = {}) => ({
  author: "Alice",
  message: `The warehouse is down, ${marker}`,
  sent_to: "all_org_users",
  org_slug: org.slug,
  category: "incident",
  urgent: true,
  ...changes,
})
/** Dora has incidents switched off, and Charlie has email switched off. */
const recipientsOfIncident = ({ org: { alice, bob, charlie } }: Context) => ({
  inbox: [alice, bob, charlie],
  emails: [alice, bob],
})
const recipientsOfFailure = ({ org }: Context) => ({
  inbox: membersOf(org),
  emails: [org.alice, org.bob, org.dora],
})

async function publish(context: Context, changes: object = {}): Promise<void> {
  const { world, org, expectations } = context
  const marker = world.newMarker()
  const answer = await world.requestUntilAnswered(
    CREATE,
    requestBy(org.alice, "POST", { body: incident(context, marker, changes) }),
  )
  if (!answer.ok) throw new Error(`not published: ${answer.status}`)
  expectations.push({ marker, isAccepted: true, ...recipientsOfIncident(context) })
}

/** Repeats the request with the same idempotency key until it is answered, then delivers the queues. */
async function publishWithKey(context: Context, channels: Pick<Expectation, "hasChatAndPush"> = {}): Promise<void> {
  const { world, org, expectations } = context
  const marker = world.newMarker()
  const request = requestBy(org.alice, "POST", {
    body: incident(context, marker),
    headers: { "idempotency-key": marker },
  })
  const answer = await world.requestUntilAnswered(CREATE, request)
  expectations.push({ marker, isAccepted: answer.ok, ...recipientsOfIncident(context), ...channels })
  await world.deliverQueues()
}

/** To Alice in both organisations. */
async function publishToAlice({ world, org, expectations }: Context): Promise<void> {
  const marker = world.newMarker()
  const body = {
    author: "Dora",
    message: `Dalgo is down, ${marker}`,
    sent_to: "single_user",
    user_email: org.alice.email,
  }
  const headers = { authorization: "Bearer service-key-new", "idempotency-key": marker }
  const answer = await world.requestUntilAnswered(CREATE, requestByServer("POST", body, headers))
  expectations.push({ marker, isAccepted: answer.ok, inbox: [org.alice], emails: [org.alice, org.aliceElsewhere] })
}

async function publishAndSettle(context: Context, times = 1): Promise<void> {
  for (let i = 0; i < times; i++) await publish(context)
  await context.world.runUntilIdle()
}

async function reportFailedRun(context: Context): Promise<void> {
  const { world, org, expectations } = context
  const marker = world.newMarker()
  const id = runId(Number(marker.replace("marker-", "")))
  world.prefect.runs.set(id, { marker, slug: org.slug })
  const answer = await world.request(PREFECT_WEBHOOK, await requestByPrefect(runStateBody("Failed", id))())
  expectations.push({ marker, isAccepted: answer?.ok ?? false, ...recipientsOfFailure(context) })
}

const unreadIds = async ({ world }: Context, person: Person) => {
  const rows = await world.rows<{ id: number }>(
    "SELECT notification_id AS id FROM notification_recipients WHERE org_user_id = ? AND is_read = 0 ORDER BY 1 DESC",
    person.orgUserId,
  )
  return rows.map(({ id }) => id)
}

const checkLatestRead = async (context: Context) => {
  const [latest] = await unreadIds(context, context.org.bob)
  return latest === (await lastNotificationId(context)) - 1
    ? []
    : ["another notification than the latest was marked as read"]
}

export const OPERATIONS: Operation[] = [
  {
    name: "publish with an idempotency key, repeated until answered",
    run: (context) => publishWithKey(context),
  },
  {
    name: "publish to email, chat and a device",
    setUp: ({ world, org }) => addChatAndPush(world, org),
    run: (context) => publishWithKey(context, { hasChatAndPush: true }),
  },
  {
    name: "publish to one address in two organisations",
    async run(context) {
      await publishToAlice(context)
      await context.world.deliverQueues()
    },
  },
  {
    name: "retry an email for two organisations after an error of the provider, from two messages",
    async setUp(context) {
      const { world } = context
      world.ses.respond = () => new Response(null, { status: 500 })
      await publishToAlice(context)
      await world.deliverQueues()
      world.ses.respond = () => undefined
      world.advanceClock(MINUTE)
    },
    async run({ world }) {
      await world.runCron()
      world.queue.waiting = world.queue.waiting.flatMap((message) => {
        const body = message.body as DeliveryMessage
        return body.recipientIds.map((id) => ({
          ...message,
          id: `${message.id} ${id}`,
          body: { ...body, recipientIds: [id] },
        }))
      })
      await world.deliverQueues()
    },
  },
  {
    name: "remove one of two memberships while the email for both is pending",
    needsNewOrg: true,
    setUp: (context) => publishToAlice(context),
    async run({ world, org }) {
      const { orgSlug, userId } = org.aliceElsewhere
      await world.requestUntilAnswered(`/api/orgs/${orgSlug}/members/${userId}`, requestByServer("DELETE"))
      org.removed.add(org.aliceElsewhere)
      await world.deliverQueues()
    },
  },
  {
    name: "publish once, without an idempotency key",
    async run(context) {
      const { world, org, expectations } = context
      const marker = world.newMarker()
      const answer = await world.request(
        CREATE,
        await requestBy(org.alice, "POST", { body: incident(context, marker) })(),
      )
      expectations.push({ marker, isAccepted: answer?.ok ?? false, ...recipientsOfIncident(context) })
      await world.deliverQueues()
    },
  },
  {
    name: "send a scheduled notification",
    async setUp(context) {
      await publish(context, { scheduled_time: new Date(Date.now() + HOUR).toISOString() })
      context.world.advanceClock(HOUR)
    },
    async run({ world }) {
      await world.runCron()
      await world.deliverQueues()
    },
  },
  {
    name: "deliver emails whose queue message was lost",
    async setUp(context) {
      await publish(context)
      context.world.queue.waiting = []
      context.world.advanceClock(MINUTE)
    },
    async run({ world }) {
      await world.runCron()
      await world.deliverQueues()
    },
  },
  {
    name: "retry an email after an error of the provider",
    async setUp(context) {
      const { world } = context
      world.ses.respond = () => new Response(null, { status: 500 })
      await publish(context)
      await world.deliverQueues()
      world.ses.respond = () => undefined
      world.advanceClock(MINUTE)
    },
    async run({ world }) {
      await world.runCron()
      await world.deliverQueues()
    },
  },
  {
    name: "publish a failed run with a summary",
    async run(context) {
      await reportFailedRun(context)
      await context.world.deliverQueues()
    },
  },
  {
    name: "process a failed run whose queue message was lost",
    async setUp(context) {
      await reportFailedRun(context)
      context.world.queue.waiting = []
      context.world.advanceClock(MINUTE)
    },
    run: ({ world }) => world.runCron(),
  },
  {
    name: "mark one as read",
    setUp: (context) => publishAndSettle(context, 2),
    async run(context) {
      const body = { notification_ids: [await lastNotificationId(context)], read_status: true }
      await context.world.requestUntilAnswered("/api/notifications/v1", requestBy(context.org.bob, "PUT", { body }))
    },
    check: checkLatestRead,
  },
  {
    name: "mark all as read",
    setUp: (context) => publishAndSettle(context, 2),
    run: async ({ world, org }) =>
      void (await world.requestUntilAnswered("/api/notifications/mark_all_as_read", requestBy(org.bob, "PUT"))),
    check: async (context) =>
      (await unreadIds(context, context.org.bob)).length === 0 ? [] : ["a notification is still unread"],
  },
  {
    name: "dismiss in an open tab, and in a new tab after a failure",
    setUp: (context) => publishAndSettle(context, 2),
    async run(context) {
      const { world, org } = context
      const id = await lastNotificationId(context)
      for (let tries = 0; tries < 3; tries++) {
        const tab = tabFromResponse(
          await world.requestUntilAnswered(
            "/wss/notifications",
            requestBy(org.bob, "GET", { headers: { upgrade: "websocket" } }),
          ),
        )
        const { urgent } = snapshotOf(await tab.frame())
        if (!urgent.some((item) => item.id === id)) return
        tab.send({ type: "dismiss", ids: [id] })
        await world.faults.barCallOf(new Run(), () => tab.text()).catch(() => {})
      }
    },
    check: checkLatestRead,
  },
  {
    name: "cancel a scheduled notification",
    setUp: (context) => publish(context, { scheduled_time: new Date(Date.now() + HOUR).toISOString() }),
    async run(context) {
      const path = `/api/notifications/?notification_id=${await lastNotificationId(context)}`
      await context.world.requestUntilAnswered(path, requestBy(context.org.alice, "DELETE"))
      context.expectations.pop()
    },
  },
  {
    name: "resend an undelivered email",
    async setUp(context) {
      const { world, org } = context
      world.ses.rejectedAddresses.add(org.bob.email)
      await publishAndSettle(context)
      world.ses.rejectedAddresses.clear()
    },
    async run(context) {
      const path = `/api/notifications/deliveries/${await lastNotificationId(context)}-email-${context.org.bob.orgUserId}/resend`
      await context.world.requestUntilAnswered(path, requestBy(context.org.alice, "POST"))
      await context.world.deliverQueues()
    },
  },
  {
    name: "unsubscribe by the link in an email",
    needsNewOrg: true,
    async run(context) {
      const { world, org } = context
      const secret = env.UNSUBSCRIBE_SECRET as string
      const token = await unsubscribeToken(secret, { orgUserIds: [org.bob.orgUserId], category: "incident" })
      await world.requestUntilAnswered(`/unsubscribe?token=${token}`, requestByServer("POST", undefined, {}))
    },
    async check(context) {
      await publishAndSettle(context)
      const [expectation] = context.expectations
      if (expectation) expectation.emails = [context.org.alice]
      return []
    },
  },
  {
    name: "switch a category off",
    needsNewOrg: true,
    async run({ world, org }) {
      const body = { incident_notifications: false, channels: { system: { email: false } } }
      await world.requestUntilAnswered("/api/notifications/preferences", requestBy(org.bob, "PUT", { body }))
    },
    async check(context) {
      const { alice, charlie } = context.org
      await publishAndSettle(context)
      Object.assign(context.expectations[0] ?? {}, { inbox: [alice, charlie], emails: [alice] })
      return []
    },
  },
  {
    name: "sync members while an email to a removed member is pending",
    needsNewOrg: true,
    setUp: (context) => publish(context),
    async run({ world, org }) {
      const { alice, bob, charlie, dora } = org
      const members = [alice, charlie, dora].map(({ userId, email }) => ({ user_id: userId, email, role: "admin" }))
      await world.requestUntilAnswered(`/api/orgs/${org.slug}/members`, requestByServer("PUT", members))
      org.removed.add(bob)
      world.ses.formerMembers.add(bob.email)
      await world.deliverQueues()
    },
    async check(context) {
      const { alice, charlie, dora } = context.org
      await publishAndSettle(context)
      Object.assign(context.expectations[1] ?? {}, { inbox: [alice, charlie], emails: [alice] })
      const members = await context.world.rows<{ id: number }>(
        "SELECT id FROM org_users WHERE org_id = ? AND removed_at IS NULL AND role = 'admin' ORDER BY id",
        context.org.id,
      )
      const expected = [alice, charlie, dora].map((person) => person.orgUserId)
      return String(members.map(({ id }) => id)) === String(expected) ? [] : ["the members differ from the list"]
    },
  },
]
