import { readFile } from "node:fs/promises"
import { setTimeout as sleep } from "node:timers/promises"
import { afterAll, beforeAll, expect, inject, it } from "vitest"

// An organisation of a thousand is told something while the provider fails one request in five.

const PEOPLE = 1_000
const FAILING = { rate: 0.2, status: 429 }
/** By then each was tried once, and nobody again: that is 24 seconds after the first try, or later. */
const FAILS_FOR_MS = 20_000
const WITHIN_MS = 140_000

const port = inject("port")
const worker = `http://127.0.0.1:${port}`
const catcher = `http://127.0.0.1:${port + 2}`

let server: Record<string, string>
beforeAll(async () => {
  const key = /^SERVICE_KEYS="?([^",\n]+)/m.exec(await readFile(".dev.vars", "utf8"))?.[1] ?? ""
  server = { authorization: `Bearer ${key}`, "content-type": "application/json" }
})
afterAll(() => fail({ rate: 0 }))

const fail = (faults: object) => fetch(`${catcher}/demo/fail`, { method: "POST", body: JSON.stringify(faults) })
const send = async (method: string, path: string, body: object) => {
  const answer = await fetch(`${worker}/api${path}`, { method, headers: server, body: JSON.stringify(body) })
  expect(answer.status, path).toBe(200)
  return answer.json()
}
const addressOf = (n: number) => `person${n}@storm.test`

/** How often each of them has the mail. */
async function arrived(): Promise<Map<string, number>> {
  const mails = (await (await fetch(`${catcher}/messages`)).json()) as { to: string; subject: string }[]
  const ours = mails.filter(({ to, subject }) => to.endsWith("@storm.test") && subject.includes("A storm"))
  return new Map(
    Array.from(
      Map.groupBy(ours, ({ to }) => to),
      ([to, all]) => [to, all.length],
    ),
  )
}

it(
  "brings each of a thousand people their mail once, though one request in five fails",
  async () => {
    await send("PUT", "/orgs/storm", { name: "Storm" })
    const members = Array.from({ length: PEOPLE }, (_, n) => ({
      user_id: 10_000 + n,
      email: addressOf(n),
      role: "member",
    }))
    await send("PUT", "/orgs/storm/members", members)
    expect((await fail(FAILING)).status).toBe(200)

    const began = Date.now()
    const seconds = () => Math.round((Date.now() - began) / 1000)
    const news = { author: "Dalgo", message: "A storm is coming", sent_to: "all_org_users", org_slug: "storm" }
    await send("POST", "/notifications/", news)

    const calm = sleep(FAILS_FOR_MS).then(() => fail({ rate: 0 }))
    const lines: string[] = []
    let mails = await arrived()
    while (mails.size < PEOPLE && Date.now() - began < WITHIN_MS) {
      await sleep(5_000)
      // It comes each minute by itself, which is only less often.
      await (await fetch(`${worker}/cdn-cgi/handler/scheduled?cron=*+*+*+*+*`)).body?.cancel()
      mails = await arrived()
      lines.push(`after ${seconds()} s ${mails.size} of ${PEOPLE} have it`)
    }
    await calm
    // Whatever would come twice has come by then.
    await sleep(5_000)
    mails = await arrived()
    const twice = [...mails.values()].filter((times) => times > 1).length
    console.log([...lines, `${twice} have it twice`].join("\n"))

    expect([...mails.keys()].toSorted()).toEqual(members.map(({ email }) => email).toSorted())
    expect(twice).toBe(0)
    const { res } = await (
      await fetch(`${worker}/api/notifications/deliveries?org_slug=storm`, { headers: server })
    ).json()
    expect(res).toEqual([])
  },
  WITHIN_MS + 20_000,
)
