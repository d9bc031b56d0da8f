import { expect, it } from "vitest"
import { HOUR, MINUTE } from "../support/clock"
import { runId, runStateBody } from "../support/prefect-webhook"
import type { FaultKind, InjectFault, Port } from "./fault-injector"
import { type Expectation, violations } from "./invariants"
import { createOrg, membersOf, requestBy, requestByPrefect, requestByServer, type TestOrg } from "./test-org"
import { World } from "./world"

let lastOrgId = 700_000

async function newOrg() {
  const world = new World()
  return { world, org: await createOrg(world, (lastOrgId += 1)) }
}

async function publish(world: World, org: TestOrg): Promise<Expectation> {
  const marker = world.newMarker()
  const body = { author: "Alice", message: marker, sent_to: "all_org_users", org_slug: org.slug }
  await world.requestUntilAnswered("/api/notifications/", requestByServer("POST", body))
  return { marker, isAccepted: true, inbox: membersOf(org), emails: [org.alice, org.bob, org.dora] }
}

async function reportFailedRun(world: World, org: TestOrg): Promise<void> {
  const id = runId(org.id)
  world.prefect.runs.set(id, { marker: world.newMarker(), slug: org.slug })
  await world.requestUntilAnswered("/webhooks/v1/notification/", requestByPrefect(runStateBody("Failed", id)))
}

/** Sixty hours with this fault. */
async function runWithFault(world: World, injectFault?: InjectFault): Promise<void> {
  world.faults.injectFault = injectFault
  for (let round = 0; round < 60; round++) {
    await world.deliverQueues()
    await world.runCron()
    world.advanceClock(HOUR)
  }
  world.faults.injectFault = undefined
}

const faultAt =
  (port: Port, kind: FaultKind): InjectFault =>
  (step) =>
    step.port === port ? kind : undefined

it.each<[string, InjectFault | undefined, { attempts: number; reason: string }]>([
  ["always returns an error", undefined, { attempts: 7, reason: "SES answered 500" }],
  ["never answers", faultAt("email provider", "call fails"), { attempts: 0, reason: "SES did not answer" }],
  [
    "crashes the worker each time",
    faultAt("email provider", "crash before call"),
    { attempts: 0, reason: "no try was ever finished" },
  ],
])(
  "gives up on an email when the provider %s, and sends it when an admin resends it",
  async (_, injectFault, { attempts, reason }) => {
    const { world, org } = await newOrg()
    world.ses.respond = () => (injectFault ? undefined : new Response(null, { status: 500 }))
    const expectation = await publish(world, org)
    await runWithFault(world, injectFault)
    world.ses.respond = () => undefined
    expect(world.ses.received).toHaveLength(attempts * expectation.emails.length)

    const failed = await world.requestUntilAnswered(
      "/api/notifications/deliveries?status=failed,dead",
      requestBy(org.alice, "GET"),
    )
    const { res } = await failed.json<any>()
    expect(res.map((row: any) => [row.status, row.reason])).toEqual(expectation.emails.map(() => ["dead", reason]))
    await world.runUntilIdle()
    expect(world.ses.accepted).toEqual([])

    for (const { id } of res)
      await world.requestUntilAnswered(`/api/notifications/deliveries/${id}/resend`, requestBy(org.alice, "POST"))
    await world.runUntilIdle()
    expect(await violations(world, org, [expectation])).toEqual([])
    expect(world.ses.accepted).toHaveLength(expectation.emails.length)
  },
)

it("tries once when the provider rejects the email permanently", async () => {
  const { world, org } = await newOrg()
  for (const person of [org.alice, org.bob, org.dora]) world.ses.rejectedAddresses.add(person.email)
  const expectation = await publish(world, org)
  await runWithFault(world)
  expect(world.ses.received).toHaveLength(expectation.emails.length)
  expect(await violations(world, org, [expectation])).toEqual([])
})

it.each<[string, InjectFault, string]>([
  ["Prefect never answers", faultAt("Prefect", "call fails"), "unknown_organisation"],
  ["the call to Prefect crashes the worker each time", faultAt("Prefect", "crash before call"), "given_up"],
])("gives up on an event when %s, and keeps its row", async (_, injectFault, reason) => {
  const { world, org } = await newOrg()
  await reportFailedRun(world, org)
  await runWithFault(world, injectFault)
  expect(await world.rows("SELECT status, reason, due_at FROM signal_events")).toEqual([
    { status: "failed", reason, due_at: null },
  ])
})

it.each<[string, FaultKind]>([
  ["always fails", "call fails"],
  ["crashes the worker each time", "crash before call"],
])("gives up on a summary when the model %s, and publishes the failure anyway", async (_, kind) => {
  const { world, org } = await newOrg()
  await reportFailedRun(world, org)
  await runWithFault(world, faultAt("AI", kind))
  await world.runUntilIdle()
  const [summary] = await world.rows("SELECT status, source, reason, due_at FROM summaries")
  expect(summary).toEqual(
    kind === "call fails"
      ? { status: "completed", source: "extract", reason: "no model answered", due_at: null }
      : { status: "failed", source: null, reason: "given up", due_at: null },
  )
  expect(await world.rows("SELECT DISTINCT status FROM deliveries")).toEqual([{ status: "sent" }])
  expect(await world.rows("SELECT org_user_id FROM notification_recipients")).toHaveLength(4)
})

it.each([
  ["emails", "update deliveries", publish],
  ["an event", "update signal_events", reportFailedRun],
])("recovers %s by the cron after the queue message was dead-lettered", async (_, name, start) => {
  const { world, org } = await newOrg()
  await start(world, org)
  world.faults.injectFault = (step) => (step.name.startsWith(name) ? "call fails" : undefined)
  const seen = new Set<string>()
  for (let round = 0; round < 10; round++) {
    for (const message of world.queue.waiting) seen.add(message.queue)
    await world.deliverQueues()
    world.advanceClock(5 * MINUTE)
  }
  expect([...seen].filter((queue) => queue.endsWith("-dead"))).toHaveLength(1)
  expect(world.queue.waiting).toEqual([])
  await world.runUntilIdle()
  expect(await world.rows("SELECT DISTINCT status FROM deliveries")).toEqual([{ status: "sent" }])
  expect(world.ses.accepted).toHaveLength(3)
})
