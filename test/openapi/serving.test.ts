import { expect, it } from "vitest"
import { TITLE } from "../../scripts/openapi/introduction"
import { DOCUMENT } from "../support/description"
import { nobody } from "../support/people"

const APP = { origin: "https://app.dalgo.test" }

it.each(["/api/openapi.json", "/api/openapi.json/"])("serves the description at %s", async (path) => {
  const answer = await nobody.get(path, APP)
  expect(answer.status).toBe(200)
  expect(answer.headers.get("content-type")).toMatch(/^application\/json/)
  expect(answer.headers.get("access-control-allow-origin")).toBe(APP.origin)
  expect(answer.headers.get("x-request-id")).toMatch(/^[\w-]+$/)
  const { info, ...served } = await answer.json<any>()
  const { info: made, ...rest } = JSON.parse(JSON.stringify(DOCUMENT))
  expect({ ...served, info: { ...info, version: made.version } }, "is older than src: npm run build:web").toEqual({
    ...rest,
    info: made,
  })
  expect(info.version).toMatch(/^\d+\.\d+\.\d+$/)
})

it.each(["/api/docs", "/api/docs/"])("serves its page at %s, which needs nothing from elsewhere", async (path) => {
  const answer = await nobody.get(path)
  expect(answer.status).toBe(200)
  expect(answer.headers.get("content-type")).toMatch(/^text\/html/)
  expect(answer.headers.get("content-security-policy")).toContain("script-src 'self'")
  const page = await answer.text()
  expect(page).toContain(`<title>${TITLE}`)
  expect(page).not.toMatch(/https?:|<script>|<style/)
  for (const [, file = ""] of page.matchAll(/(?:src|href)="(\/api\/docs\/[^"]+)"/g)) {
    expect((await nobody.get(file)).status, file).toBe(200)
  }
})

it.each([
  ["docs.js", "text/javascript"],
  ["docs.css", "text/css"],
  ["swagger-ui.css", "text/css"],
  ["swagger-ui-bundle.js", "text/javascript"],
])("serves what the page needs: %s", async (file, type) => {
  const answer = await nobody.get(`/api/docs/${file}`, APP)
  expect(answer.status).toBe(200)
  expect(answer.headers.get("content-type")).toContain(type)
  expect(answer.headers.get("access-control-allow-origin")).toBe(APP.origin)
  expect(answer.headers.get("x-request-id")).toMatch(/^[\w-]+$/)
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
])("has no page for what is not there: %s", async (path) => {
  const answer = await nobody.get(path)
  expect(answer.status).toBe(404)
  expect(await answer.json()).toEqual({ detail: expect.stringContaining("not found") })
})

it.each(["/api/openapi.json", "/api/docs", "/api/docs/docs.js"])("does not send %s twice", async (path) => {
  const etag = (await nobody.get(path)).headers.get("etag") ?? ""
  const again = await nobody.get(path, { ...APP, "if-none-match": etag })
  expect(again.status).toBe(304)
  expect(await again.text()).toBe("")
  expect(again.headers.get("access-control-allow-origin")).toBe(APP.origin)
  expect((await nobody.get(path, { "if-none-match": '"another"' })).status).toBe(200)
})
