import { readFile } from "node:fs/promises"
import { setTimeout as sleep } from "node:timers/promises"
import { afterAll, beforeAll, expect, inject, it } from "vitest"

// One notification to an organisation of 1,000 members, while the e-mail provider fails one request in five.

const MEMBERS = 1_000
const PROVIDER_FAILURES = { rate: 0.2, status: 429 }
/** By then every first attempt was made. Second attempts come 24 seconds after the first ones, or later. */
const FAILURES_LAST_MS = 20_000
const TIMEOUT_MS = 140_000

const port = inject("port")
const worker = `http://127.0.0.1:${port}`
const catcher = `http://127.0.0.1:${port + 2}`

let serviceHeaders: Record<string, string>
beforeAll(async () => {
  const key = /^SERVICE_KEYS="?([^",\n]+)/m.exec(await readFile(".dev.vars", "utf8"))?.[1] ?? ""
  serviceHeaders = { authorization: `Bearer ${key}`, "content-type": "application/json" }
})
afterAll(() => failRequests({ rate: 0 }))

const failRequests = (failures: object) =>
  fetch(`${catcher}/demo/fail`, { method: "POST", body: JSON.stringify(failures) })
const send = async (method: string, path: string, body: object) => {
  const answer = await fetch(`${worker}/api${path}`, { method, headers: serviceHeaders, body: JSON.stringify(body) })
  expect(answer.status, path).toBe(200)
  return answer.json()
}
const addressOf = (n: number) => `person${n}@bulk.test`

/** The number of e-mails that arrived, by address. */
async function countByAddress(): Promise<Map<string, number>> {
  const emails = (await (await fetch(`${catcher}/messages`)).json()) as { to: string; subject: string }[]
  const ours = emails.filter(({ to, subject }) => to.endsWith("@bulk.test") && subject.includes("Maintenance tonight"))
  return new Map(
    Array.from(
      Map.groupBy(ours, ({ to }) => to),
      ([to, all]) => [to, all.length],
    ),
  )
}

it(
  "delivers one e-mail to each of 1,000 members, although one request in five fails",
  async () => {
    await send("PUT", "/orgs/bulk", { name: "Bulk" })
    const members = Array.from({ length: MEMBERS }, (_, n) => ({
      user_id: 10_000 + n,
      email: addressOf(n),
      role: "member",
    }))
    await send("PUT", "/orgs/bulk/members", members)
    expect((await failRequests(PROVIDER_FAILURES)).status).toBe(200)

    const began = Date.now()
    const seconds = () => Math.round((Date.now() - began) / 1000)
    const notification = { author: "Dalgo", message: "Maintenance tonight", sent_to: "all_org_users", org_slug: "bulk" }
    await send("POST", "/notifications/", notification)

    const failuresEnd = sleep(FAILURES_LAST_MS).then(() => failRequests({ rate: 0 }))
    const lines: string[] = []
    let counts = await countByAddress()
    while (counts.size < MEMBERS && Date.now() - began < TIMEOUT_MS) {
      await sleep(5_000)
      // The local instance triggers the cron every minute. The test does not wait for that.
      await (await fetch(`${worker}/cdn-cgi/handler/scheduled?cron=*+*+*+*+*`)).body?.cancel()
      counts = await countByAddress()
      lines.push(`after ${seconds()} s ${counts.size} of ${MEMBERS} members have the e-mail`)
    }
    await failuresEnd
    // Leaves time for duplicates to arrive.
    await sleep(5_000)
    counts = await countByAddress()
    const twice = [...counts.values()].filter((times) => times > 1).length
    console.log([...lines, `${twice} members have it twice`].join("\n"))

    expect([...counts.keys()].toSorted()).toEqual(members.map(({ email }) => email).toSorted())
    expect(twice).toBe(0)
    const { res } = await (
      await fetch(`${worker}/api/notifications/deliveries?org_slug=bulk`, { headers: serviceHeaders })
    ).json()
    expect(res).toEqual([])
  },
  TIMEOUT_MS + 20_000,
)
