import { abortAllDurableObjects } from "cloudflare:test"
import type { Category } from "../../src/domain/categories"
import { DAY, HOUR, MINUTE, SECOND } from "../support/clock"
import { runId, runStateBody } from "../support/prefect-webhook"
import { prng } from "../support/prng"
import { emailKey, markerIn } from "./fakes"
import { FAULT_KINDS, type FaultKind, isPause, type Port } from "./fault-injector"
import type { Expectation } from "./invariants"
import type { Action, Name, ProviderState, Scenario } from "./scenario"
import { membersOf, type Person, requestBy, requestByPrefect, requestByServer, type TestOrg } from "./test-org"
import type { World } from "./world"

/** Probability of a fault at each step. */
const FAULT_PROBABILITY = 0.06
/** Probability of an error for each email while the provider is not healthy. */
const PROVIDER_ERROR_PROBABILITY = 0.6
const CREATE = "/api/notifications/"
/** Shorter than the time for which idempotency keys are kept. */
const MAX_REPEAT_DELAY_MS = 20 * HOUR

type Publication = {
  marker: string
  category: Category
  isAddressed: (person: Person) => boolean
  isAccepted: boolean
  spansOrgs?: boolean
}

export type ScenarioResult = {
  expectations: Expectation[]
  /** Inbox rows that were marked as read and are unread. */
  readViolations: string[]
  /** How often each action and each disturbance happened. */
  counts: Map<string, number>
}

/** Runs the actions with random faults, then lets the world come to rest without faults. */
export async function runScenario(world: World, org: TestOrg, { actions, seed }: Scenario): Promise<ScenarioResult> {
  const run = new ScenarioRun(world, org, seed)
  for (const action of actions) await run.act(action)
  const expectations = await run.end()
  return { expectations, readViolations: await run.readViolations(), counts: run.counts }
}

/**
 * The recipients of a notification are decided when it is sent. `recordSent` therefore runs before each change of
 * members or preferences, and records the recipients of all notifications that have been sent by then.
 */
class ScenarioRun {
  readonly counts = new Map<string, number>()
  private readonly random
  private readonly publications: Publication[] = []
  private readonly sent = new Map<string, Pick<Expectation, "inbox" | "emails">>()
  private readonly members: Set<Person>
  private readonly switchedOff = new Map<Person, Set<Category>>()
  private readonly withoutEmail: Set<Person>
  private readonly runs = new Map<number, Publication>()
  private readonly read = new Set<string>()
  private lastWithKey: { publication: Publication; body: object; at: number } | undefined
  private providerState: ProviderState = "healthy"
  private mayPause = true

  constructor(
    private readonly world: World,
    private readonly org: TestOrg,
    seed: number,
  ) {
    this.random = prng(seed)
    this.members = new Set(membersOf(org))
    this.withoutEmail = new Set([org.charlie])
    this.switchedOff.set(org.dora, new Set<Category>(["incident"]))
    world.ses.respond = () => this.providerError()
    world.begin(({ port }) => this.faultAt(port))
  }

  async act(action: Action): Promise<void> {
    this.count(`action: ${action.kind}`)
    await this.perform(action)
    await this.letTimePass()
  }

  /** Ends all faults and outages, and waits until nothing is due. */
  async end(): Promise<Expectation[]> {
    const { world } = this
    this.providerState = "healthy"
    world.prefect.isDown = false
    world.model.isDown = false
    world.faults.injectFault = undefined
    await this.recordSent()
    await world.runUntilIdle({ withinMs: 2 * DAY })
    await this.recordSent()
    const none = { inbox: [], emails: [] }
    return this.publications.map(({ marker, isAccepted }) => ({
      marker,
      isAccepted,
      ...(this.sent.get(marker) ?? none),
    }))
  }

  async readViolations(): Promise<string[]> {
    const rows = await this.world.rows<{ name: string }>(
      `SELECT org_user_id || ' marked ' || notification_id || ' as read' AS name FROM notification_recipients r
       WHERE is_read = 0 AND org_user_id || ' ' || notification_id IN (SELECT value FROM json_each(?))`,
      JSON.stringify([...this.read]),
    )
    return rows.map(({ name }) => `${name}, but it is unread`)
  }

  private async perform(action: Action): Promise<void> {
    const { world, org } = this
    switch (action.kind) {
      case "publish":
        return this.publish(action)
      case "repeat publish": {
        const last = this.lastWithKey
        if (!last || Date.now() - last.at > MAX_REPEAT_DELAY_MS) return
        const { marker } = last.publication
        const answer = await world.requestUntilAnswered(
          CREATE,
          requestBy(org.alice, "POST", { body: last.body, headers: { "idempotency-key": marker } }),
        )
        if (answer.ok) last.publication.isAccepted = true
        return
      }
      case "flow run":
        for (let i = 0; i < action.times; i++) await this.reportRun(action)
        return
      case "mark as read":
        return this.markAsRead(org[action.who], action)
      case "switch category": {
        const person = org[action.who]
        const off = this.switchedOff.get(person) ?? new Set<Category>()
        this.switchedOff.set(person, off)
        return this.changePreferences(person, { [`${action.category}_notifications`]: action.isOn }, () =>
          action.isOn ? off.delete(action.category) : off.add(action.category),
        )
      }
      case "switch email": {
        const person = org[action.who]
        return this.changePreferences(person, { email_notifications_enabled: action.isOn }, () =>
          action.isOn ? this.withoutEmail.delete(person) : this.withoutEmail.add(person),
        )
      }
      case "remove member":
        return this.changeRecipients(async () => {
          const person = org[action.who]
          await world.requestUntilAnswered(`/api/orgs/${org.slug}/members/${person.userId}`, requestByServer("DELETE"))
          this.members.delete(person)
          org.removed.add(person)
          world.ses.formerMembers.add(person.email)
        })
      case "add member":
        return this.changeRecipients(async () => {
          const { userId, email } = org[action.who]
          const members = [{ user_id: userId, email, role: "member" }]
          world.ses.formerMembers.delete(email)
          await world.requestUntilAnswered(`/api/orgs/${org.slug}/members`, requestByServer("PATCH", members))
          this.members.add(org[action.who])
        })
      case "resend":
        return this.resend()
      case "restart objects":
        return abortAllDurableObjects()
      case "change providers": {
        this.providerState = action.email
        world.prefect.isDown = action.isPrefectDown
        world.model.isDown = action.isModelDown
        return
      }
      case "reject address":
        world.ses.rejectedAddresses.add(org[action.who].email)
        return
      case "wait":
        world.advanceClock(action.ms)
    }
  }

  private faultAt(port: Port): FaultKind | undefined {
    const { random } = this
    if (
      port === "email provider" &&
      this.providerState === "unresponsive" &&
      random.chance(PROVIDER_ERROR_PROBABILITY)
    ) {
      this.count("email provider: unresponsive")
      return random.pick(["call fails", "response lost"])
    }
    if (!random.chance(FAULT_PROBABILITY)) return undefined
    const kind = random.pick<FaultKind>(FAULT_KINDS)
    return isPause(kind) && (port === "urgent bar's database" || !this.mayPause) ? "call fails" : kind
  }

  private providerError(): Response | undefined {
    const { providerState, random } = this
    if (providerState === "healthy" || providerState === "unresponsive") return undefined
    if (!random.chance(PROVIDER_ERROR_PROBABILITY)) return undefined
    this.count(`email provider: ${providerState}`)
    return providerState === "failing"
      ? new Response(null, { status: 500 })
      : new Response(null, { status: 429, headers: { "retry-after": random.pick(["60", "900"]) } })
  }

  private async publish(action: Extract<Action, { kind: "publish" }>): Promise<void> {
    const { world, org } = this
    const { category, to, hasKey } = action
    const isAddressed = (person: Person) =>
      to === "everybody" || (to === "admins" || to === "alice in both" ? person === org.alice : person === org[to])
    const spansOrgs = to === "alice in both"
    const publication: Publication = { marker: world.newMarker(), category, isAddressed, isAccepted: false, spansOrgs }
    this.publications.push(publication)
    const body = {
      author: "Alice",
      message: `The dashboards are late, ${publication.marker}`,
      category,
      urgent: action.isUrgent,
      ...(!spansOrgs && { org_slug: org.slug }),
      ...(spansOrgs && { sent_to: "single_user", user_email: org.alice.email }),
      ...(to === "everybody" && { sent_to: "all_org_users" }),
      ...(to === "admins" && { sent_to: "all_org_users", manager_or_above: true }),
      ...(to in org && { sent_to: "single_user", user_email: org[to as Name].email }),
      ...(action.inMs !== undefined && { scheduled_time: new Date(Date.now() + action.inMs).toISOString() }),
    }
    const headers = hasKey ? { "idempotency-key": publication.marker } : {}
    const init = spansOrgs
      ? requestByServer("POST", body, { ...headers, authorization: "Bearer service-key-new" })
      : requestBy(org.alice, "POST", { body, headers })
    const answer = hasKey ? await world.requestUntilAnswered(CREATE, init) : await world.request(CREATE, await init())
    publication.isAccepted = answer?.ok ?? false
    if (hasKey && !spansOrgs) this.lastWithKey = { publication, body, at: Date.now() }
  }

  private async reportRun({ index, state }: { index: number; state: string }): Promise<void> {
    const { world, org } = this
    const isFailure = state === "Failed" || state === "Crashed"
    const known = this.runs.get(index)
    const run: Publication = known ?? {
      marker: world.newMarker(),
      category: "job_failure",
      isAddressed: () => true,
      isAccepted: false,
    }
    const id = runId(org.id * 10 + index)
    if (!known) {
      this.runs.set(index, run)
      this.publications.push(run)
      world.prefect.runs.set(id, { marker: run.marker, slug: org.slug })
    }
    const answer = await world.request("/webhooks/v1/notification/", await requestByPrefect(runStateBody(state, id))())
    if (answer?.ok && isFailure) run.isAccepted = true
  }

  private async markAsRead(person: Person, { isAll }: { isAll: boolean }): Promise<void> {
    if (!this.members.has(person)) return
    const rows = await this.world.rows<{ id: number }>(
      "SELECT notification_id AS id FROM notification_recipients WHERE org_user_id = ? AND is_read = 0",
      person.orgUserId,
    )
    const ids = rows.map(({ id }) => id).filter(() => isAll || this.random.chance(0.5))
    const body = { notification_ids: ids, read_status: true }
    await (isAll
      ? this.world.requestUntilAnswered("/api/notifications/mark_all_as_read", requestBy(person, "PUT"))
      : this.world.requestUntilAnswered("/api/notifications/v1", requestBy(person, "PUT", { body })))
    for (const id of ids) this.read.add(`${person.orgUserId} ${id}`)
  }

  private async changePreferences(person: Person, body: object, then: () => void): Promise<void> {
    if (!this.members.has(person)) return
    await this.changeRecipients(async () => {
      await this.world.requestUntilAnswered("/api/notifications/preferences", requestBy(person, "PUT", { body }))
      then()
    })
  }

  /** Changes the recipients of later notifications. Nothing may be sent meanwhile: no pauses are injected. */
  private async changeRecipients(work: () => Promise<void>): Promise<void> {
    await this.recordSent()
    this.mayPause = false
    await work()
    this.mayPause = true
  }

  private async resend(): Promise<void> {
    const { world, org } = this
    const [failed] = await world.rows<{ id: number; recipient: number; message: string }>(
      `SELECT d.notification_id AS id, d.recipient_id AS recipient, n.message FROM deliveries d
       JOIN notifications n ON n.id = d.notification_id
       WHERE d.org_id = ? AND d.channel = 'email' AND d.status IN ('failed', 'dead') LIMIT 1`,
      org.id,
    )
    const person = membersOf(org).find((member) => member.orgUserId === failed?.recipient)
    if (!failed || !person) return
    const key = emailKey(person.email, markerIn(failed.message))
    const path = `/api/notifications/deliveries/${failed.id}-email-${failed.recipient}/resend`
    await world.requestUntilAnswered(path, () => {
      world.ses.countResend(key)
      return requestBy(org.alice, "POST")()
    })
  }

  /** Delivers some queue messages late, twice or in another order, and sometimes runs the cron. */
  private async letTimePass(): Promise<void> {
    const { world, random } = this
    const { queue } = world
    world.advanceClock(random.intBelow(20 * SECOND))
    for (let batches = random.intBelow(5); batches > 0; batches--) {
      for (const message of queue.waiting.filter(() => random.chance(0.05))) {
        this.count("queue: delayed")
        message.dueAt += random.intBelow(10 * MINUTE)
      }
      const batch = queue.take((due) => {
        if (due.length > 1) this.count("queue: reordered")
        const some = random.shuffled(due).filter(() => random.chance(0.8))
        if (some.length < due.length) this.count("queue: half-delivered")
        return some
      })
      for (const message of batch.filter(() => random.chance(0.15))) {
        this.count("queue: repeated")
        queue.waiting.push({ ...message, id: `${message.id} again`, dueAt: Date.now() + random.intBelow(10 * MINUTE) })
      }
      if (batch.length > 0) await world.consume(batch)
    }
    if (random.chance(0.5)) {
      world.advanceClock(random.intBelow(MINUTE))
      await world.runCron()
    }
    await this.recordSent()
  }

  /** Records the recipients of notifications that were sent since the last call. */
  private async recordSent(): Promise<void> {
    const rows = await this.world.rows<{ message: string }>(
      `SELECT message FROM notifications
       WHERE (org_id = ?1 OR (org_id IS NULL AND audience ->> 'email' = ?2)) AND sent_at IS NOT NULL`,
      this.org.id,
      this.org.alice.email,
    )
    for (const { marker, category, isAddressed, spansOrgs } of this.publications) {
      if (this.sent.has(marker) || !rows.some(({ message }) => markerIn(message) === marker)) continue
      const inbox = membersOf(this.org).filter(
        (person) => this.members.has(person) && isAddressed(person) && !this.switchedOff.get(person)?.has(category),
      )
      const emails = inbox.filter((person) => !this.withoutEmail.has(person))
      this.sent.set(marker, { inbox, emails: spansOrgs ? [...emails, this.org.aliceElsewhere] : emails })
    }
  }

  private count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1)
  }
}
