import { beforeEach, expect, it } from "vitest"
import { testSendDocs } from "../../../src/delivery/test-send/docs"
import { orgPreferenceDocs } from "../../../src/destinations/chat-webhooks/docs"
import { CHAT_PRODUCTS } from "../../../src/domain/channels"
import { CASES, fullAccess, sendCase } from "../../http/route-cases"
import { insertExampleData } from "../../support/example-data"
import { alice } from "../../support/people"
import { captureQueues } from "../../support/queues"

const documented = Object.entries({ ...orgPreferenceDocs, ...testSendDocs })

beforeEach(() => {
  captureQueues()
})

it("documents two routes for each chat product", () => {
  expect(documented).toHaveLength(1 + 2 * CHAT_PRODUCTS.length)
})

it.each(documented)("answers as documented: %s", async (route, { response }) => {
  await insertExampleData()
  const cases = CASES.filter((one) => one.route === route)
  expect(cases.length).toBeGreaterThan(0)
  for (const one of cases) {
    const answer = await sendCase(one, await fullAccess(one))
    expect(response.safeParse(await answer.json())).toMatchObject({ success: true })
  }
})

it.each(documented.filter(([, { example }]) => example))(
  "documents an example that succeeds: %s",
  async (route, { example }) => {
    await insertExampleData()
    const [method, path = ""] = route.split(" ")
    const answer = method === "PUT" ? alice.put(path, example?.body) : alice.post(path)
    expect((await answer).status).toBe(200)
  },
)
