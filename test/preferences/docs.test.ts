import { beforeEach, expect, it } from "vitest"
import { preferenceDocs } from "../../src/preferences/docs"
import { sendCase, CASES, fullAccess } from "../http/route-cases"
import { insertExampleData } from "../support/example-data"
import { alice } from "../support/people"
import { captureQueues } from "../support/queues"

const routes = Object.entries(preferenceDocs)

beforeEach(() => {
  captureQueues()
})

it.each(routes)("describes its response: %s", async (route, { response: schema }) => {
  const cases = CASES.filter((one) => one.route === route)
  expect(cases.length).toBeGreaterThan(0)
  for (const one of cases) {
    const response = await sendCase(one, await fullAccess(one))
    const isJson = response.headers.get("content-type")?.startsWith("application/json")
    expect(schema.safeParse(isJson ? await response.json() : await response.text())).toMatchObject({ success: true })
  }
})

it.each(routes.filter(([, docs]) => "example" in docs))("has an example that succeeds: %s", async (route, docs) => {
  await insertExampleData()
  const [method, path = ""] = route.split(" ")
  const body = "example" in docs ? docs.example?.body : undefined
  expect((await (method === "PUT" ? alice.put(path, body) : alice.post(path, body))).status).toBe(200)
})
