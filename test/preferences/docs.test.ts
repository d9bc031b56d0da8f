import { beforeEach, expect, it } from "vitest"
import { preferenceDocs } from "../../src/preferences/docs"
import { ask, CASES, keyring } from "../http/every-route"
import { demo } from "../support/demo"
import { alice } from "../support/people"
import { queues } from "../support/queues"

const described = Object.entries(preferenceDocs)

beforeEach(() => {
  queues()
})

it.each(described)("answers as described: %s", async (route, { response: answer }) => {
  const cases = CASES.filter((one) => one.route === route)
  expect(cases.length).toBeGreaterThan(0)
  for (const one of cases) {
    const heard = await ask(one, await keyring())
    const isJson = heard.headers.get("content-type")?.startsWith("application/json")
    expect(answer.safeParse(isJson ? await heard.json() : await heard.text())).toMatchObject({ success: true })
  }
})

it.each(described.filter(([, one]) => "example" in one))("gives an example that succeeds: %s", async (route, one) => {
  await demo()
  const [method, path = ""] = route.split(" ")
  const body = "example" in one ? one.example?.body : undefined
  expect((await (method === "PUT" ? alice.put(path, body) : alice.post(path, body))).status).toBe(200)
})
