import { abortAllDurableObjects } from "cloudflare:test"
import type { Category } from "../../src/domain/categories"
import { DAY, HOUR, MINUTE, SECOND } from "../support/clock"
import { dice } from "../support/dice"
import { entered, runId } from "../support/failures"
import { by, byPrefect, byServer, everybody, type Organisation, type Person } from "./test-org"
import { mailKey } from "./fakes"
import type { Act, Name, Weather } from "./scenario"
import { isPause, type Kind, KINDS, type Port } from "./fault-injector"
import type { Said } from "./invariants"
import type { World } from "./world"

/** How likely it is of each step that a fault strikes it. */
const FAULTS = 0.06
/** How often a provider in a bad mood shows it. */
const SULKS = 0.6
const CREATE = "/api/notifications/"
const REMEMBERED_MS = 20 * HOUR

type Told = { mark: string; category: Category; isAddressed: (who: Person) => boolean; isAccepted: boolean }

/**
 * Plays a scenario, and keeps what must come of it. Who is told of a notification is decided when it is sent: each
 * time that somebody is about to change who that is, what has been sent by then is looked up.
 */
export class Play {
  readonly counts = new Map<string, number>()
  private readonly luck
  private readonly told: Told[] = []
  private readonly sent = new Map<string, Pick<Said, "inbox" | "mails">>()
  private readonly here: Set<Person>
  private readonly unsubscribed = new Map<Person, Set<Category>>()
  private readonly withoutMail: Set<Person>
  private readonly runs = new Map<number, Told>()
  private readonly read = new Set<string>()
  private lastWithKey: { told: Told; body: object; at: number } | undefined
  private provider: Weather = "fine"
  private mayPause = true

  constructor(
    private readonly world: World,
    private readonly org: Organisation,
    luck: number,
  ) {
    this.luck = dice(luck)
    this.here = new Set(everybody(org))
    this.withoutMail = new Set([org.cas])
    this.unsubscribed.set(org.dot, new Set<Category>(["incident"]))
    world.post.refuse = () => this.refusal()
    world.begin(({ port }) => this.faultAt(port))
  }

  async act(act: Act): Promise<void> {
    this.count(`act: ${act.kind}`)
    await this.perform(act)
    await this.letTimePass()
  }

  /** All is well again. */
  async end(): Promise<Said[]> {
    const { world } = this
    this.provider = "fine"
    world.prefect.isDown = false
    world.model.isDown = false
    world.steps.strike = undefined
    await this.lookUp()
    await world.rest({ withinMs: 2 * DAY })
    await this.lookUp()
    const nobody = { inbox: [], mails: [] }
    return this.told.map(({ mark, isAccepted }) => ({ mark, isAccepted, ...(this.sent.get(mark) ?? nobody) }))
  }

  /** What somebody marked as read, and is not. */
  async unread(): Promise<string[]> {
    const rows = await this.world.rows<{ name: string }>(
      `SELECT org_user_id || ' has read ' || notification_id AS name FROM notification_recipients r
       WHERE is_read = 0 AND org_user_id || ' ' || notification_id IN (SELECT value FROM json_each(?))`,
      JSON.stringify([...this.read]),
    )
    return rows.map(({ name }) => `${name}, and it is unread`)
  }

  private async perform(act: Act): Promise<void> {
    const { world, org } = this
    switch (act.kind) {
      case "tell":
        return this.tell(act)
      case "tell again": {
        const last = this.lastWithKey
        if (!last || Date.now() - last.at > REMEMBERED_MS) return
        const { mark } = last.told
        const answer = await world.insist(
          CREATE,
          by(org.ann, "POST", { body: last.body, headers: { "idempotency-key": mark } }),
        )
        if (answer.ok) last.told.isAccepted = true
        return
      }
      case "run":
        for (let i = 0; i < act.times; i++) await this.hearOfRun(act)
        return
      case "read":
        return this.readSome(org[act.who], act)
      case "subscribe": {
        const who = org[act.who]
        const off = this.unsubscribed.get(who) ?? new Set<Category>()
        this.unsubscribed.set(who, off)
        return this.prefer(who, { [`${act.category}_notifications`]: act.isOn }, () =>
          act.isOn ? off.delete(act.category) : off.add(act.category),
        )
      }
      case "want mail": {
        const who = org[act.who]
        return this.prefer(who, { email_notifications_enabled: act.isOn }, () =>
          act.isOn ? this.withoutMail.delete(who) : this.withoutMail.add(who),
        )
      }
      case "leave":
        return this.change(async () => {
          const who = org[act.who]
          await world.insist(`/api/orgs/${org.slug}/members/${who.userId}`, byServer("DELETE"))
          this.here.delete(who)
          org.left.add(who)
          world.post.former.add(who.email)
        })
      case "join":
        return this.change(async () => {
          const { userId, email } = org[act.who]
          const members = [{ user_id: userId, email, role: "member" }]
          world.post.former.delete(email)
          await world.insist(`/api/orgs/${org.slug}/members`, byServer("PATCH", members))
          this.here.add(org[act.who])
        })
      case "resend":
        return this.resend()
      case "evict":
        return abortAllDurableObjects()
      case "weather": {
        this.provider = act.provider
        world.prefect.isDown = act.isPrefectDown
        world.model.isDown = act.isModelDown
        return
      }
      case "lose address":
        world.post.bad.add(org[act.who].email)
        return
      case "wait":
        world.wait(act.ms)
    }
  }

  private faultAt(port: Port): Kind | undefined {
    const { luck } = this
    if (port === "e-mail" && this.provider === "mute" && luck.chance(SULKS)) {
      this.count("the provider: mute")
      return luck.pick(["fails", "reply lost"])
    }
    if (!luck.chance(FAULTS)) return undefined
    const kind = luck.pick<Kind>(KINDS)
    return isPause(kind) && (port === "bar's database" || !this.mayPause) ? "fails" : kind
  }

  private refusal(): Response | undefined {
    const { provider, luck } = this
    if (provider === "fine" || provider === "mute" || !luck.chance(SULKS)) return undefined
    this.count(`the provider: ${provider}`)
    return provider === "broken"
      ? new Response(null, { status: 500 })
      : new Response(null, { status: 429, headers: { "retry-after": luck.pick(["60", "900"]) } })
  }

  private async tell(act: Extract<Act, { kind: "tell" }>): Promise<void> {
    const { world, org } = this
    const { category, to, hasKey } = act
    const isAddressed = (who: Person) => to === "everybody" || (to === "admins" ? who === org.ann : who === org[to])
    const told: Told = { mark: world.newMark(), category, isAddressed, isAccepted: false }
    this.told.push(told)
    const body = {
      author: "Ann",
      message: `The dashboards are late, ${told.mark}`,
      category,
      urgent: act.isUrgent,
      org_slug: org.slug,
      ...(to === "everybody" && { sent_to: "all_org_users" }),
      ...(to === "admins" && { sent_to: "all_org_users", manager_or_above: true }),
      ...(to in org && { sent_to: "single_user", user_email: org[to as Name].email }),
      ...(act.inMs !== undefined && { scheduled_time: new Date(Date.now() + act.inMs).toISOString() }),
    }
    const headers = hasKey ? { "idempotency-key": told.mark } : {}
    const init = by(org.ann, "POST", { body, headers })
    const answer = hasKey ? await world.insist(CREATE, init) : await world.ask(CREATE, await init())
    told.isAccepted = answer?.ok ?? false
    if (hasKey) this.lastWithKey = { told, body, at: Date.now() }
  }

  private async hearOfRun({ place, state }: { place: number; state: string }): Promise<void> {
    const { world, org } = this
    const isFailure = state === "Failed" || state === "Crashed"
    const known = this.runs.get(place)
    const run: Told = known ?? {
      mark: world.newMark(),
      category: "job_failure",
      isAddressed: () => true,
      isAccepted: false,
    }
    const id = runId(org.id * 10 + place)
    if (!known) {
      this.runs.set(place, run)
      this.told.push(run)
      world.prefect.marks.set(id, { mark: run.mark, slug: org.slug })
    }
    const answer = await world.ask("/webhooks/v1/notification/", await byPrefect(entered(state, id))())
    if (answer?.ok && isFailure) run.isAccepted = true
  }

  private async readSome(who: Person, { isAll }: { isAll: boolean }): Promise<void> {
    if (!this.here.has(who)) return
    const rows = await this.world.rows<{ id: number }>(
      "SELECT notification_id AS id FROM notification_recipients WHERE org_user_id = ? AND is_read = 0",
      who.orgUserId,
    )
    const ids = rows.map(({ id }) => id).filter(() => isAll || this.luck.chance(0.5))
    const body = { notification_ids: ids, read_status: true }
    await (isAll
      ? this.world.insist("/api/notifications/mark_all_as_read", by(who, "PUT"))
      : this.world.insist("/api/notifications/v1", by(who, "PUT", { body })))
    for (const id of ids) this.read.add(`${who.orgUserId} ${id}`)
  }

  private async prefer(who: Person, body: object, then: () => void): Promise<void> {
    if (!this.here.has(who)) return
    await this.change(async () => {
      await this.world.insist("/api/notifications/preferences", by(who, "PUT", { body }))
      then()
    })
  }

  /** Changes who is told of what comes, while nothing else is sent. */
  private async change(work: () => Promise<void>): Promise<void> {
    await this.lookUp()
    this.mayPause = false
    await work()
    this.mayPause = true
  }

  private async resend(): Promise<void> {
    const { world, org } = this
    const [given] = await world.rows<{ id: number; recipient: number; message: string }>(
      `SELECT d.notification_id AS id, d.recipient_id AS recipient, n.message FROM deliveries d
       JOIN notifications n ON n.id = d.notification_id
       WHERE d.org_id = ? AND d.channel = 'email' AND d.status IN ('failed', 'dead') LIMIT 1`,
      org.id,
    )
    const who = everybody(org).find((each) => each.orgUserId === given?.recipient)
    if (!given || !who) return
    const key = mailKey(who.email, given.message.match(/mark-\d+/)?.[0] ?? "")
    await world.insist(`/api/notifications/deliveries/${given.id}-email-${given.recipient}/resend`, () => {
      world.post.meantAgain(key)
      return by(org.ann, "POST")()
    })
  }

  /** The queue moves, and now and then the cron comes. */
  private async letTimePass(): Promise<void> {
    const { world, luck } = this
    const { queue } = world
    world.wait(luck.roll(20 * SECOND))
    for (let batches = luck.roll(5); batches > 0; batches--) {
      for (const message of queue.waiting.filter(() => luck.chance(0.05))) {
        this.count("the queue: delayed")
        message.dueAt += luck.roll(10 * MINUTE)
      }
      const batch = queue.take((due) => {
        if (due.length > 1) this.count("the queue: reordered")
        const some = luck.shuffled(due).filter(() => luck.chance(0.8))
        if (some.length < due.length) this.count("the queue: half-delivered")
        return some
      })
      for (const message of batch.filter(() => luck.chance(0.15))) {
        this.count("the queue: repeated")
        queue.waiting.push({ ...message, id: `${message.id} again`, dueAt: Date.now() + luck.roll(10 * MINUTE) })
      }
      if (batch.length > 0) await world.consume(batch)
    }
    if (luck.chance(0.5)) {
      world.wait(luck.roll(MINUTE))
      await world.cron()
    }
    await this.lookUp()
  }

  /** What was sent since we last looked, and whom it must have reached. */
  private async lookUp(): Promise<void> {
    const rows = await this.world.rows<{ message: string }>(
      "SELECT message FROM notifications WHERE org_id = ? AND sent_at IS NOT NULL",
      this.org.id,
    )
    for (const told of this.told) {
      if (this.sent.has(told.mark) || !rows.some(({ message }) => message.match(/mark-\d+/)?.[0] === told.mark))
        continue
      const inbox = everybody(this.org).filter(
        (who) => this.here.has(who) && told.isAddressed(who) && !this.unsubscribed.get(who)?.has(told.category),
      )
      this.sent.set(told.mark, { inbox, mails: inbox.filter((who) => !this.withoutMail.has(who)) })
    }
  }

  private count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1)
  }
}
