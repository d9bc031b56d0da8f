import { describe, expect, inject, it } from "vitest"
import { addressesFrom } from "../../scripts/local/addresses.mjs"
import { parseDevVars } from "../../scripts/local/dev-vars.mjs"
import { workerVariables } from "../../scripts/local/worker-variables.mjs"

const OWN = ["http://127.0.0.1:9000", "http://localhost:9000"]
const WEB_APP = ["http://localhost:3000", "http://localhost:3001"]

describe("npm start passes as ALLOWED_ORIGINS", () => {
  const originsWith = (devVars: string) =>
    workerVariables(addressesFrom(9_000), parseDevVars(devVars)).ALLOWED_ORIGINS?.split(",")

  it.each([
    ["", []],
    ["JWT_SECRET=secret", []],
    ["ALLOWED_ORIGINS=", []],
    ["ALLOWED_ORIGINS=https://app.dalgo.test", ["https://app.dalgo.test"]],
    ['ALLOWED_ORIGINS="https://a.test, http://localhost:5173,"', ["https://a.test", "http://localhost:5173"]],
    ["ALLOWED_ORIGINS='http://localhost:3000'\nJWT_SECRET=secret", []],
  ])("its own origins, those of the web app, and those in .dev.vars: %j", (devVars, added) => {
    expect(originsWith(devVars)).toEqual([...OWN, ...WEB_APP, ...added])
  })
})

describe("the local instance", () => {
  const port = inject("port")
  const allowedOriginFor = async (origin: string) => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/notifications/unread_count`, { headers: { origin } })
    await answer.body?.cancel()
    return answer.headers.get("access-control-allow-origin")
  }

  it.each([...WEB_APP, `http://localhost:${port}`])("accepts requests with credentials from %s", async (origin) => {
    expect(await allowedOriginFor(origin)).toBe(origin)
  })

  it.each(["http://localhost:9", "https://evil.test"])("rejects requests from %s", async (origin) => {
    expect(await allowedOriginFor(origin)).toBeNull()
  })
})
