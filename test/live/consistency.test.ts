import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { beforeEach, expect, it } from "vitest"
import type { Frame } from "../../src/live/protocol"
import { alice, type ApiClient, bob, charlie, dora } from "../support/people"
import { prng } from "../support/prng"
import { captureQueues } from "../support/queues"
import { openTab, type Tab } from "../support/sockets"
import { acmeBar, appendSummary, expectedBar, insertUrgent, setRead } from "../support/urgent-bar"

// Random actions; then every bar and every open tab must equal the database. A failure names its seed, which repeats it.

type Person = ApiClient & { userId: string; orgUserId: number; email: string }
const PEOPLE: Person[] = [alice, bob, charlie]
const ACME_MEMBERS = [alice, bob]
const BAR = "/api/notifications/urgent-bar"

const descending = (a: number, b: number) => b - a

/** The state of a client that applies all frames of its tab. */
class ClientState {
  #ids = new Set<number>()
  #unreadCount = 0
  #seqs: number[] = []

  constructor(
    readonly person: Person,
    readonly tab: Tab,
  ) {}

  current() {
    for (const text of this.tab.texts.slice(this.#seqs.length)) this.#apply(JSON.parse(text).data)
    const isInOrder = this.#seqs.every((seq, i) => i === 0 || seq > (this.#seqs[i - 1] as number))
    return { ids: [...this.#ids].toSorted(descending), unreadCount: this.#unreadCount, isInOrder }
  }

  #apply(frame: Frame) {
    if (frame.type === "snapshot") this.#ids = new Set(frame.urgent.map((item) => item.id))
    if (frame.type === "urgent_added") this.#ids.add(frame.item.id)
    if (frame.type === "urgent_removed") for (const id of frame.ids) this.#ids.delete(id)
    if (frame.type !== "item_updated") this.#unreadCount = frame.unread_count
    this.#seqs.push(frame.seq)
  }
}

type Action = [name: string, weight: number, act: () => Promise<unknown>]

async function startScenario(seed: number) {
  const { intBelow, pick, chance } = prng(seed)
  const some = <T>(choices: T[]) => choices.filter(() => chance(1 / 3))
  const clients: ClientState[] = []
  const open = async (person: Person) => clients.push(new ClientState(person, await openTab(person)))
  for (const person of [...PEOPLE, bob]) await open(person)

  const allIds = async () => {
    const { results } = await env.DB.prepare("SELECT id FROM notifications").all<{ id: number }>()
    return results.map(({ id }) => id)
  }
  const publish = async (sender: ApiClient, to: object) => {
    const isUrgent = intBelow(4) > 0
    const answer = await sender.post("/api/notifications/", {
      author: "X",
      message: "It broke",
      urgent: isUrgent,
      ...to,
    })
    if (!answer.ok) throw new Error(`not published: ${answer.status}`)
  }
  const mark = async (isRead: boolean) => {
    await pick(PEOPLE).put("/api/notifications/v1", { notification_ids: some(await allIds()), read_status: isRead })
  }
  const anyId = async () => pick(await allIds())

  const concurrentActions: Action[] = [
    ["publish to acme", 22, () => publish(alice, { sent_to: "all_org_users", org_slug: "acme" })],
    ["publish to Bob", 6, () => publish(alice, { sent_to: "single_user", user_email: bob.email })],
    ["publish to globex", 6, () => publish(charlie, { sent_to: "all_org_users", org_slug: "globex" })],
    ["publish to all organisations", 4, () => publish(dora, { sent_to: "all_users" })],
    ["mark some as read", 12, () => mark(true)],
    ["mark some as unread", 12, () => mark(false)],
    ["mark all as read", 2, () => pick(PEOPLE).put("/api/notifications/mark_all_as_read")],
    ["dismiss some", 10, async () => pick(clients).tab.send({ type: "dismiss", ids: some(await allIds()) })],
    [
      "repeat the call about an old arrival",
      6,
      async () => acmeBar().arrived({ notificationId: await anyId(), orgUserIds: [1, 2, 3] }),
    ],
    ["call without a change", 3, () => acmeBar().changed({ orgUserIds: [1, 2, 3] })],
  ]
  const exclusiveActions: Action[] = [
    ["evict the object", 6, () => evictDurableObject(acmeBar())],
    [
      "close a tab and open another",
      3,
      async () => {
        const [client] = clients.splice(intBelow(clients.length), 1)
        client?.tab.close()
        await open(client?.person ?? alice)
      },
    ],
    [
      "miss the call about an arrival",
      3,
      async () => {
        await insertUrgent({
          to: some(ACME_MEMBERS).map((member) => member.orgUserId),
          sentAt: Date.now() - intBelow(3),
        })
        await runDurableObjectAlarm(acmeBar())
      },
    ],
    [
      "miss the call about a read",
      3,
      async () => {
        await setRead(pick(ACME_MEMBERS).orgUserId, some(await allIds()), intBelow(2) === 0)
        await runDurableObjectAlarm(acmeBar())
      },
    ],
    [
      "add a summary",
      2,
      async () => {
        const id = await anyId()
        await appendSummary(id)
        await acmeBar().itemUpdated({ notificationId: id })
      },
    ],
  ]

  const draw = (actions: Action[]): Action => {
    let left = intBelow(actions.reduce((sum, [, weight]) => sum + weight, 0))
    return actions.find(([, weight]) => (left -= weight) < 0) as Action
  }

  /** Bars and tabs that differ from the database. */
  async function differences() {
    const found: object[] = []
    const compare = (subject: string, actual: object, expected: object) => {
      if (JSON.stringify(actual) !== JSON.stringify(expected)) found.push({ subject, actual, expected })
    }
    for (const person of PEOPLE) {
      const { ids, total, unreadCount } = await expectedBar(person.orgUserId)
      const { res, ...rest } = await (await person.get(BAR)).json<any>()
      compare(
        `bar of ${person.email}`,
        { ids: res.map((item: { id: number }) => item.id), total: rest.total },
        { ids, total },
      )
      const expected = { ids: ids.toSorted(descending), unreadCount, isInOrder: true }
      for (const client of clients.filter((each) => each.person === person)) {
        compare(`tab of ${person.email}`, client.current(), expected)
      }
    }
    return found
  }
  return { draw, differences, concurrentActions, all: [...concurrentActions, ...exclusiveActions] }
}

/** The bars are updated after the response. */
const SOON = { timeout: 10_000, interval: 5 }

beforeEach(async () => {
  captureQueues()
  // Near the limit of fifty items.
  for (let i = 0; i < 44; i++) await insertUrgent({ to: [alice.orgUserId, bob.orgUserId] })
})

it.each([1])("equals the database after each of 200 random actions (seed %i)", { timeout: 180_000 }, async (seed) => {
  const { draw, differences, all } = await startScenario(seed)
  for (let i = 1; i <= 200; i++) {
    const [name, , act] = draw(all)
    await act()
    await expect.poll(differences, { ...SOON, message: `after step ${i}, "${name}"` }).toEqual([])
  }
})

it.each([2])("equals the database after concurrent random actions (seed %i)", { timeout: 180_000 }, async (seed) => {
  const { draw, differences, concurrentActions } = await startScenario(seed)
  for (let round = 1; round <= 20; round++) {
    const drawn = Array.from({ length: 8 }, () => draw(concurrentActions))
    await Promise.all(drawn.map(([, , act]) => act()))
    const message = `after round ${round}: ${drawn.map(([name]) => name).join(", ")}`
    await expect.poll(differences, { ...SOON, message }).toEqual([])
  }
})
