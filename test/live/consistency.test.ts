import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { afterEach, beforeEach, expect, it } from "vitest"
import type { Frame } from "../../src/live/protocol"
import { alice, type ApiClient, bob, charlie, dora } from "../support/people"
import { captureQueues } from "../support/queues"
import { openTab, type Tab } from "../support/sockets"
import { acmeBar, appendSummary, expectedBar, insertUrgent, setRead, wakeAcmeBar } from "../support/urgent-bar"

// The copy, and every tab that follows it, against the database: whatever people do, in whatever order. A failure
// names its seed; with that seed alone it happens again.

type Who = ApiClient & { userId: string; orgUserId: number; email: string }
const PEOPLE: Who[] = [alice, bob, charlie]
const ACMES = [alice, bob]
const BAR = "/api/notifications/urgent-bar"

const descending = (a: number, b: number) => b - a

/** What a tab shows if it does what it is told, and nothing else. */
class Screen {
  #ids = new Set<number>()
  #unreadCount = 0
  #seqs: number[] = []

  constructor(
    readonly who: Who,
    readonly tab: Tab,
  ) {}

  shown() {
    for (const text of this.tab.texts.slice(this.#seqs.length)) this.#take(JSON.parse(text).data)
    const isInOrder = this.#seqs.every((seq, i) => i === 0 || seq > (this.#seqs[i - 1] as number))
    return { ids: [...this.#ids].toSorted(descending), unreadCount: this.#unreadCount, isInOrder }
  }

  #take(frame: Frame) {
    if (frame.type === "snapshot") this.#ids = new Set(frame.urgent.map((item) => item.id))
    if (frame.type === "urgent_added") this.#ids.add(frame.item.id)
    if (frame.type === "urgent_removed") for (const id of frame.ids) this.#ids.delete(id)
    if (frame.type !== "item_updated") this.#unreadCount = frame.unread_count
    this.#seqs.push(frame.seq)
  }
}

/** The same numbers for the same seed. */
function dice(seed: number) {
  let state = seed
  const roll = (sides: number) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % sides
  }
  const pick = <T>(choices: T[]): T => choices[roll(choices.length)] as T
  return { roll, pick, some: <T>(choices: T[]) => choices.filter(() => roll(3) === 0) }
}

type Action = [name: string, weight: number, act: () => Promise<unknown>]

async function play(seed: number) {
  const { roll, pick, some } = dice(seed)
  const screens: Screen[] = []
  const open = async (who: Who) => screens.push(new Screen(who, await openTab(who)))
  for (const who of [...PEOPLE, bob]) await open(who)

  const everything = async () => {
    const { results } = await env.DB.prepare("SELECT id FROM notifications").all<{ id: number }>()
    return results.map(({ id }) => id)
  }
  const say = async (sender: ApiClient, to: object) => {
    const isUrgent = roll(4) > 0
    const answer = await sender.post("/api/notifications/", {
      author: "X",
      message: "It broke",
      urgent: isUrgent,
      ...to,
    })
    if (!answer.ok) throw new Error(`nothing was said: ${answer.status}`)
  }
  const mark = async (isRead: boolean) => {
    const who = pick(PEOPLE)
    await who.put("/api/notifications/v1", { notification_ids: some(await everything()), read_status: isRead })
  }
  const anything = async () => pick(await everything())

  const gentle: Action[] = [
    ["tell acme", 22, () => say(alice, { sent_to: "all_org_users", org_slug: "acme" })],
    ["tell Bob", 6, () => say(alice, { sent_to: "single_user", user_email: bob.email })],
    ["tell globex", 6, () => say(charlie, { sent_to: "all_org_users", org_slug: "globex" })],
    ["tell everybody", 4, () => say(dora, { sent_to: "all_users" })],
    ["read some", 12, () => mark(true)],
    ["mark some as unread", 12, () => mark(false)],
    ["mark all as read", 2, () => pick(PEOPLE).put("/api/notifications/mark_all_as_read")],
    ["dismiss some", 10, async () => pick(screens).tab.send({ type: "dismiss", ids: some(await everything()) })],
    [
      "tell of an old arrival again",
      6,
      async () => acmeBar().arrived({ notificationId: await anything(), orgUserIds: [1, 2, 3] }),
    ],
    ["tell of a change that was none", 3, () => acmeBar().changed({ orgUserIds: [1, 2, 3] })],
  ]
  const rough: Action[] = [
    ["evict the object", 6, () => evictDurableObject(acmeBar())],
    [
      "open a tab in place of another",
      3,
      async () => {
        const [screen] = screens.splice(roll(screens.length), 1)
        screen?.tab.close()
        await open(screen?.who ?? alice)
      },
    ],
    [
      "lose the hint of an arrival",
      3,
      async () => {
        await insertUrgent({ to: some(ACMES).map((who) => who.orgUserId), sentAt: Date.now() - roll(3) })
        await runDurableObjectAlarm(acmeBar())
      },
    ],
    [
      "lose the hint of a reading",
      3,
      async () => {
        await setRead(pick(ACMES).orgUserId, some(await everything()), roll(2) === 0)
        await runDurableObjectAlarm(acmeBar())
      },
    ],
    [
      "add a summary",
      2,
      async () => {
        const id = await anything()
        await appendSummary(id)
        await acmeBar().itemUpdated({ notificationId: id })
      },
    ],
  ]

  const draw = (actions: Action[]): Action => {
    let left = roll(actions.reduce((sum, [, weight]) => sum + weight, 0))
    return actions.find(([, weight]) => (left -= weight) < 0) as Action
  }

  /** Whose bar or tab shows anything but what the database has. */
  async function disagreements() {
    const found: object[] = []
    const compare = (whose: string, is: object, should: object) => {
      if (JSON.stringify(is) !== JSON.stringify(should)) found.push({ whose, is, should })
    }
    for (const who of PEOPLE) {
      const { ids, total, unreadCount } = await expectedBar(who.orgUserId)
      const { res, ...rest } = await (await who.get(BAR)).json<any>()
      compare(
        `bar of ${who.email}`,
        { ids: res.map((item: { id: number }) => item.id), total: rest.total },
        { ids, total },
      )
      const should = { ids: ids.toSorted(descending), unreadCount, isInOrder: true }
      for (const screen of screens.filter((one) => one.who === who))
        compare(`tab of ${who.email}`, screen.shown(), should)
    }
    return found
  }
  return { draw, disagreements, gentle, all: [...gentle, ...rough] }
}

/** Hints take their time, but not this long. */
const SOON = { timeout: 10_000, interval: 5 }

beforeEach(async () => {
  captureQueues()
  // Near the fifty that a bar shows at most.
  for (let i = 0; i < 44; i++) await insertUrgent({ to: [alice.orgUserId, bob.orgUserId] })
})

afterEach(wakeAcmeBar)

it.each([1])("agrees with the database after each of 200 steps (seed %i)", { timeout: 60_000 }, async (seed) => {
  const { draw, disagreements, all } = await play(seed)
  for (let i = 1; i <= 200; i++) {
    const [name, , act] = draw(all)
    await act()
    await expect.poll(disagreements, { ...SOON, message: `after step ${i}, "${name}"` }).toEqual([])
  }
})

it.each([2])("agrees with the database after much at once (seed %i)", { timeout: 60_000 }, async (seed) => {
  const { draw, disagreements, gentle } = await play(seed)
  for (let round = 1; round <= 20; round++) {
    const drawn = Array.from({ length: 8 }, () => draw(gentle))
    await Promise.all(drawn.map(([, , act]) => act()))
    const message = `after round ${round}: ${drawn.map(([name]) => name).join(", ")}`
    await expect.poll(disagreements, { ...SOON, message }).toEqual([])
  }
})
