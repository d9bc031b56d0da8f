import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { afterEach, expect, it, vi } from "vitest"
import { checkHealth } from "../../scripts/deploy/health.mjs"

const servers: { close: () => void }[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
  vi.restoreAllMocks()
})

/** A worker that gives these answers, and then the last one again. */
async function worker(...answers: [number, string][]) {
  const server = createServer((_, response) => {
    const [status, body] = (answers.length > 1 ? answers.shift() : answers[0]) ?? [500, ""]
    response.writeHead(status, { connection: "close" }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  servers.push(server)
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

it.each<[string, [number, string][], boolean, string]>([
  ["well", [[200, '{"status":"ok"}']], true, ": ok"],
  ["waiting for variables", [[200, '{"status":"degraded"}']], true, "something is left to set"],
  [
    "not known at its address yet",
    [
      [404, "<h1>There is nothing here yet</h1>"],
      [200, '{"status":"ok"}'],
    ],
    true,
    ": ok",
  ],
  ["without its database", [[503, '{"detail":"the database does not answer"}']], false, "answers 503"],
  ["behind another program", [[200, "<h1>Welcome</h1>"]], false, "answers 200"],
  ["behind a sign-in page", [[302, ""]], false, "answers 302"],
])("the worker is %s", async (_, answers, isHealthy, words) => {
  const log = vi.spyOn(console, "log").mockReturnValue()
  expect(await checkHealth(await worker(...answers), { tries: 2, pauseMs: 1 })).toBe(isHealthy)
  expect(log.mock.calls).toEqual([[expect.stringContaining(words)]])
})

it("is not called ill while its address is not known", async () => {
  const log = vi.spyOn(console, "log").mockReturnValue()
  const url = await worker([200, ""])
  servers.pop()?.close()
  expect(await checkHealth(url, { tries: 1, pauseMs: 1 })).toBe(true)
  expect(log.mock.calls).toEqual([[expect.stringContaining("does not answer yet")]])
})
