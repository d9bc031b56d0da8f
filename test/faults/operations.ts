import { env } from "cloudflare:workers"
import { unsubscribeToken } from "../../src/preferences/unsubscribe/token"
import { HOUR, MINUTE } from "../support/clock"
import { entered, runId } from "../support/failures"
import { snapshotOf, tabOn } from "../support/sockets"
import { by, byPrefect, byServer, everybody, type Organisation, type Person, reachElsewhere } from "./test-org"
import { Run } from "./fault-injector"
import type { Said } from "./invariants"
import type { World } from "./world"

export type Scene = { world: World; org: Organisation; said: Said[] }

/** Something that people or machines do. */
export type Operation = {
  name: string
  /** It changes who is told of what, so that whatever comes next needs an organisation of its own. */
  isLasting?: true
  /** What was before; without faults. */
  before?: (scene: Scene) => Promise<void>
  /** What may go wrong at each of its steps. */
  act: (scene: Scene) => Promise<void>
  /** What else must be true in the end. */
  after?: (scene: Scene) => Promise<string[]>
}

const CREATE = "/api/notifications/"
const WEBHOOK = "/webhooks/v1/notification/"

const lastId = async ({ world, org }: Scene) => {
  const [row] = await world.rows<{ id: number }>("SELECT max(id) AS id FROM notifications WHERE org_id = ?", org.id)
  return row?.id ?? 0
}

/** The body of a request that tells all of them something urgent. */
const incident = ({ org }: Scene, mark: string, changes: object = {}) => ({
  author: "Ann",
  message: `The warehouse is down, ${mark}`,
  sent_to: "all_org_users",
  org_slug: org.slug,
  category: "incident",
  urgent: true,
  ...changes,
})
/** Who is told of an incident: Dot is not, and Cas gets no mail. */
const toldOfIncident = ({ org: { ann, ben, cas } }: Scene) => ({ inbox: [ann, ben, cas], mails: [ann, ben] })
const toldOfFailure = ({ org }: Scene) => ({ inbox: everybody(org), mails: [org.ann, org.ben, org.dot] })

async function tell(scene: Scene, changes: object = {}): Promise<void> {
  const { world, org, said } = scene
  const mark = world.newMark()
  const answer = await world.insist(CREATE, by(org.ann, "POST", { body: incident(scene, mark, changes) }))
  if (!answer.ok) throw new Error(`nothing was said: ${answer.status}`)
  said.push({ mark, isAccepted: true, ...toldOfIncident(scene) })
}

/** Tells until somebody answers, always with the same key, and delivers. */
async function tellWithKey(scene: Scene, elsewhere: Pick<Said, "isToldElsewhere"> = {}): Promise<void> {
  const { world, org, said } = scene
  const mark = world.newMark()
  const again = by(org.ann, "POST", { body: incident(scene, mark), headers: { "idempotency-key": mark } })
  const answer = await world.insist(CREATE, again)
  said.push({ mark, isAccepted: answer.ok, ...toldOfIncident(scene), ...elsewhere })
  await world.deliver()
}

/** Tells, delivers and lets everything come to rest. */
async function told(scene: Scene, times = 1): Promise<void> {
  for (let i = 0; i < times; i++) await tell(scene)
  await scene.world.rest()
}

async function fail(scene: Scene): Promise<void> {
  const { world, org, said } = scene
  const mark = world.newMark()
  const id = runId(Number(mark.replace("mark-", "")))
  world.prefect.marks.set(id, { mark, slug: org.slug })
  const answer = await world.ask(WEBHOOK, await byPrefect(entered("Failed", id))())
  said.push({ mark, isAccepted: answer?.ok ?? false, ...toldOfFailure(scene) })
}

const unread = async ({ world }: Scene, who: Person) => {
  const rows = await world.rows<{ id: number }>(
    "SELECT notification_id AS id FROM notification_recipients WHERE org_user_id = ? AND is_read = 0 ORDER BY 1 DESC",
    who.orgUserId,
  )
  return rows.map(({ id }) => id)
}

const isLatestRead = async (scene: Scene) => {
  const [latest] = await unread(scene, scene.org.ben)
  return latest === (await lastId(scene)) - 1 ? [] : ["what was read is unread, or what was not is read"]
}

export const OPERATIONS: Operation[] = [
  {
    name: "tell an organisation, repeated with its key",
    act: (scene) => tellWithKey(scene),
  },
  {
    name: "tell a room and a device as well",
    before: ({ world, org }) => reachElsewhere(world, org),
    act: (scene) => tellWithKey(scene, { isToldElsewhere: true }),
  },
  {
    name: "tell an organisation, once and without a key",
    async act(scene) {
      const { world, org, said } = scene
      const mark = world.newMark()
      const answer = await world.ask(CREATE, await by(org.ann, "POST", { body: incident(scene, mark) })())
      said.push({ mark, isAccepted: answer?.ok ?? false, ...toldOfIncident(scene) })
      await world.deliver()
    },
  },
  {
    name: "send what was scheduled",
    async before(scene) {
      await tell(scene, { scheduled_time: new Date(Date.now() + HOUR).toISOString() })
      scene.world.wait(HOUR)
    },
    async act({ world }) {
      await world.cron()
      await world.deliver()
    },
  },
  {
    name: "find mails whose hint was lost",
    async before(scene) {
      await tell(scene)
      scene.world.queue.waiting = []
      scene.world.wait(MINUTE)
    },
    async act({ world }) {
      await world.cron()
      await world.deliver()
    },
  },
  {
    name: "try a mail again that the provider had no time for",
    async before(scene) {
      const { world } = scene
      world.post.refuse = () => new Response(null, { status: 500 })
      await tell(scene)
      await world.deliver()
      world.post.refuse = () => undefined
      world.wait(MINUTE)
    },
    async act({ world }) {
      await world.cron()
      await world.deliver()
    },
  },
  {
    name: "hear of a failed run, and say so with a summary",
    async act(scene) {
      await fail(scene)
      await scene.world.deliver()
    },
  },
  {
    name: "find a failed run whose hint was lost",
    async before(scene) {
      await fail(scene)
      scene.world.queue.waiting = []
      scene.world.wait(MINUTE)
    },
    act: ({ world }) => world.cron(),
  },
  {
    name: "read one",
    before: (scene) => told(scene, 2),
    async act(scene) {
      const body = { notification_ids: [await lastId(scene)], read_status: true }
      await scene.world.insist("/api/notifications/v1", by(scene.org.ben, "PUT", { body }))
    },
    after: isLatestRead,
  },
  {
    name: "read all",
    before: (scene) => told(scene, 2),
    act: async ({ world, org }) => void (await world.insist("/api/notifications/mark_all_as_read", by(org.ben, "PUT"))),
    after: async (scene) => ((await unread(scene, scene.org.ben)).length === 0 ? [] : ["not all is read"]),
  },
  {
    name: "dismiss in an open tab, and in another where it failed",
    before: (scene) => told(scene, 2),
    async act(scene) {
      const { world, org } = scene
      const id = await lastId(scene)
      for (let tries = 0; tries < 3; tries++) {
        const tab = tabOn(
          await world.insist("/wss/notifications", by(org.ben, "GET", { headers: { upgrade: "websocket" } })),
        )
        const { urgent } = snapshotOf(await tab.frame())
        if (!urgent.some((item) => item.id === id)) return
        tab.say({ type: "dismiss", ids: [id] })
        await world.steps.inBarOf(new Run(), () => tab.text()).catch(() => {})
      }
    },
    after: isLatestRead,
  },
  {
    name: "take back what was scheduled",
    before: (scene) => tell(scene, { scheduled_time: new Date(Date.now() + HOUR).toISOString() }),
    async act(scene) {
      const path = `/api/notifications/?notification_id=${await lastId(scene)}`
      await scene.world.insist(path, by(scene.org.ann, "DELETE"))
      scene.said.pop()
    },
  },
  {
    name: "send again what was given up on",
    async before(scene) {
      const { world, org } = scene
      world.post.bad.add(org.ben.email)
      await told(scene)
      world.post.bad.clear()
    },
    async act(scene) {
      const path = `/api/notifications/deliveries/${await lastId(scene)}-email-${scene.org.ben.orgUserId}/resend`
      await scene.world.insist(path, by(scene.org.ann, "POST"))
      await scene.world.deliver()
    },
  },
  {
    name: "unsubscribe by the link in a mail",
    isLasting: true,
    async act(scene) {
      const { world, org } = scene
      const secret = env.UNSUBSCRIBE_SECRET as string
      const token = await unsubscribeToken(secret, { orgUserId: org.ben.orgUserId, category: "incident" })
      await world.insist(`/unsubscribe?token=${token}`, byServer("POST", undefined, {}))
    },
    async after(scene) {
      await told(scene)
      const [own] = scene.said
      if (own) own.mails = [scene.org.ann]
      return []
    },
  },
  {
    name: "switch a category off",
    isLasting: true,
    async act({ world, org }) {
      const body = { incident_notifications: false, channels: { system: { email: false } } }
      await world.insist("/api/notifications/preferences", by(org.ben, "PUT", { body }))
    },
    async after(scene) {
      const { ann, cas } = scene.org
      await told(scene)
      Object.assign(scene.said[0] ?? {}, { inbox: [ann, cas], mails: [ann] })
      return []
    },
  },
  {
    name: "bring the list of members, while a mail is on its way to who is not on it",
    isLasting: true,
    before: (scene) => tell(scene),
    async act({ world, org }) {
      const { ann, ben, cas, dot } = org
      const members = [ann, cas, dot].map(({ userId, email }) => ({ user_id: userId, email, role: "admin" }))
      await world.insist(`/api/orgs/${org.slug}/members`, byServer("PUT", members))
      org.left.add(ben)
      world.post.former.add(ben.email)
      await world.deliver()
    },
    async after(scene) {
      const { ann, cas, dot } = scene.org
      await told(scene)
      Object.assign(scene.said[1] ?? {}, { inbox: [ann, cas], mails: [ann] })
      const members = await scene.world.rows<{ id: number }>(
        "SELECT id FROM org_users WHERE org_id = ? AND removed_at IS NULL AND role = 'admin' ORDER BY id",
        scene.org.id,
      )
      const expected = [ann, cas, dot].map((who) => who.orgUserId)
      return String(members.map(({ id }) => id)) === String(expected) ? [] : ["the members are not those of the list"]
    },
  },
]
