import { expect, it } from "vitest"
import { TITLE } from "../../scripts/openapi/introduction"
import { DOCUMENT } from "../support/openapi-document"
import { anonymous } from "../support/people"

const APP = { origin: "https://app.dalgo.test" }

it.each(["/api/openapi.json", "/api/openapi.json/"])("serves the description at %s", async (path) => {
  const response = await anonymous.get(path, APP)
  expect(response.status).toBe(200)
  expect(response.headers.get("content-type")).toMatch(/^application\/json/)
  expect(response.headers.get("access-control-allow-origin")).toBe(APP.origin)
  expect(response.headers.get("x-request-id")).toMatch(/^[\w-]+$/)
  const { info, ...served } = await response.json<any>()
  const { info: made, ...rest } = JSON.parse(JSON.stringify(DOCUMENT))
  expect({ ...served, info: { ...info, version: made.version } }, "is older than src: npm run build:web").toEqual({
    ...rest,
    info: made,
  })
  expect(info.version).toMatch(/^\d+\.\d+\.\d+$/)
})

it.each(["/api/docs", "/api/docs/"])("serves the page at %s, without resources of other origins", async (path) => {
  const response = await anonymous.get(path)
  expect(response.status).toBe(200)
  expect(response.headers.get("content-type")).toMatch(/^text\/html/)
  expect(response.headers.get("content-security-policy")).toContain("script-src 'self'")
  const page = await response.text()
  expect(page).toContain(`<title>${TITLE}`)
  expect(page).not.toMatch(/https?:|<script>|<style/)
  for (const [, file = ""] of page.matchAll(/(?:src|href)="(\/api\/docs\/[^"]+)"/g)) {
    expect((await anonymous.get(file)).status, file).toBe(200)
  }
})

it.each([
  ["docs.js", "text/javascript"],
  ["docs.css", "text/css"],
  ["swagger-ui.css", "text/css"],
  ["swagger-ui-bundle.js", "text/javascript"],
])("serves the file %s", async (file, type) => {
  const response = await anonymous.get(`/api/docs/${file}`, APP)
  expect(response.status).toBe(200)
  expect(response.headers.get("content-type")).toContain(type)
  expect(response.headers.get("access-control-allow-origin")).toBe(APP.origin)
  expect(response.headers.get("x-request-id")).toMatch(/^[\w-]+$/)
})

it.each([
  "/api/docs/nowhere.js",
  "/api/docs/index",
  "/api/docs/index.html",
  "/api/docs/swagger-ui.css.map",
  "/api/docs/deep/docs.js",
  "/api/docs/..%2fopenapi.json",
  "/api/docs/..%2f..%2fpage.js",
  "/api/docs/%00",
  "/api/openapi.yaml",
])("answers 404 for %s", async (path) => {
  const response = await anonymous.get(path)
  expect(response.status).toBe(404)
  expect(await response.json()).toEqual({ detail: expect.stringContaining("not found") })
})

it.each(["/api/openapi.json", "/api/docs", "/api/docs/docs.js"])(
  "answers 304 for %s if it is unchanged",
  async (path) => {
    const etag = (await anonymous.get(path)).headers.get("etag") ?? ""
    const again = await anonymous.get(path, { ...APP, "if-none-match": etag })
    expect(again.status).toBe(304)
    expect(await again.text()).toBe("")
    expect(again.headers.get("access-control-allow-origin")).toBe(APP.origin)
    expect((await anonymous.get(path, { "if-none-match": '"another"' })).status).toBe(200)
  },
)
