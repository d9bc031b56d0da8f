import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { vi } from "vitest"

/** The worker as it runs elsewhere: with the same database, and a memory of its own. */
export async function anotherIsolate() {
  vi.resetModules()
  const { app } = await import("../../src/app")
  return async (path: string, init?: RequestInit) => {
    const ctx = createExecutionContext()
    const answer = await app.fetch(new Request(`https://notifications.dalgo.test${path}`, init), env, ctx)
    await waitOnExecutionContext(ctx)
    return answer
  }
}
