import { expect, it } from "vitest"
import { HOUR, MINUTE } from "../support/clock"
import { entered, runId } from "../support/failures"
import { by, byPrefect, byServer, found, type Organisation } from "./test-org"
import type { Kind, Step } from "./fault-injector"
import { type Said, untruths } from "./invariants"
import { World } from "./world"

// What never goes well is not tried for ever: it is given up on, and is a row that somebody can see.

let lastOrgId = 700_000

async function opened() {
  const world = new World()
  return { world, org: await found(world, (lastOrgId += 1)) }
}

async function tell(world: World, org: Organisation): Promise<Said> {
  const mark = world.newMark()
  const body = { author: "Ann", message: mark, sent_to: "all_org_users", org_slug: org.slug }
  await world.insist("/api/notifications/", byServer("POST", body))
  const { ann, ben, cas, dot } = org
  return { mark, isAccepted: true, inbox: [ann, ben, cas, dot], mails: [ann, ben, dot] }
}

async function fail(world: World, org: Organisation): Promise<void> {
  const id = runId(org.id)
  world.prefect.marks.set(id, { mark: world.newMark(), slug: org.slug })
  await world.insist("/webhooks/v1/notification/", byPrefect(entered("Failed", id)))
}

/** Days pass, and it goes wrong each time. */
async function fails(world: World, strike?: (step: Step) => Kind | undefined): Promise<void> {
  world.steps.strike = strike
  for (let round = 0; round < 60; round++) {
    await world.deliver()
    await world.cron()
    world.wait(HOUR)
  }
  world.steps.strike = undefined
}

const at = (port: Step["port"], kind: Kind) => (step: Step) => (step.port === port ? kind : undefined)

it.each<[string, Parameters<typeof fails>[1], { asked: number; reason: string }]>([
  ["never takes it", undefined, { asked: 7, reason: "SES answered 500" }],
  ["never answers", at("e-mail", "fails"), { asked: 0, reason: "SES did not answer" }],
  ["brings the worker down each time", at("e-mail", "dies before"), { asked: 0, reason: "no try was ever finished" }],
])("gives up a mail where the provider %s, and sends it when an admin asks", async (_, strike, { asked, reason }) => {
  const { world, org } = await opened()
  world.post.refuse = () => (strike ? undefined : new Response(null, { status: 500 }))
  const said = await tell(world, org)
  await fails(world, strike)
  world.post.refuse = () => undefined
  expect(world.post.asked).toHaveLength(asked * said.mails.length)

  const failed = await world.insist("/api/notifications/deliveries?status=failed,dead", by(org.ann, "GET"))
  const { res } = await failed.json<any>()
  expect(res.map((row: any) => [row.status, row.reason])).toEqual(said.mails.map(() => ["dead", reason]))
  await world.rest()
  expect(world.post.taken).toEqual([])

  for (const { id } of res) await world.insist(`/api/notifications/deliveries/${id}/resend`, by(org.ann, "POST"))
  await world.rest()
  expect(await untruths(world, org, [said])).toEqual([])
  expect(world.post.taken).toHaveLength(said.mails.length)
})

it("asks once only where the provider says that it never will", async () => {
  const { world, org } = await opened()
  for (const who of [org.ann, org.ben, org.dot]) world.post.bad.add(who.email)
  const said = await tell(world, org)
  await fails(world)
  expect(world.post.asked).toHaveLength(said.mails.length)
  expect(await untruths(world, org, [said])).toEqual([])
})

it.each<[string, Parameters<typeof fails>[1], string]>([
  ["Prefect never answers", at("Prefect", "fails"), "unknown_organisation"],
  ["it brings the worker down each time", at("Prefect", "dies before"), "given_up"],
])("gives up an event where %s, and keeps it", async (_, strike, reason) => {
  const { world, org } = await opened()
  await fail(world, org)
  await fails(world, strike)
  expect(await world.rows("SELECT status, reason, due_at FROM signal_events")).toEqual([
    { status: "failed", reason, due_at: null },
  ])
})

it.each<[string, Kind]>([
  ["always fails", "fails"],
  ["brings the worker down each time", "dies before"],
])("gives up a summary where the model %s, and says what failed all the same", async (_, kind) => {
  const { world, org } = await opened()
  await fail(world, org)
  await fails(world, at("AI", kind))
  await world.rest()
  const [summary] = await world.rows("SELECT status, source, reason, due_at FROM summaries")
  expect(summary).toEqual(
    kind === "fails"
      ? { status: "completed", source: "extract", reason: "no model answered", due_at: null }
      : { status: "failed", source: null, reason: "given up", due_at: null },
  )
  expect(await world.rows("SELECT DISTINCT status FROM deliveries")).toEqual([{ status: "sent" }])
  expect(await world.rows("SELECT org_user_id FROM notification_recipients")).toHaveLength(4)
})

it.each([
  ["mails", "update deliveries", tell],
  ["an event", "update signal_events", fail],
])("finds by the cron %s whose message the queue has given up on", async (_, name, begin) => {
  const { world, org } = await opened()
  await begin(world, org)
  world.steps.strike = (step) => (step.name.startsWith(name) ? "fails" : undefined)
  const seen = new Set<string>()
  for (let round = 0; round < 10; round++) {
    for (const message of world.queue.waiting) seen.add(message.queue)
    await world.deliver()
    world.wait(5 * MINUTE)
  }
  expect([...seen].filter((queue) => queue.endsWith("-dead"))).toHaveLength(1)
  expect(world.queue.waiting).toEqual([])
  await world.rest()
  expect(await world.rows("SELECT DISTINCT status FROM deliveries")).toEqual([{ status: "sent" }])
  expect(world.post.taken).toHaveLength(3)
})
