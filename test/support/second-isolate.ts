import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { vi } from "vitest"

/** The worker in a second isolate: the same database, with empty caches. */
export async function secondIsolate() {
  vi.resetModules()
  const { app } = await import("../../src/app")
  return async (path: string, init?: RequestInit) => {
    const ctx = createExecutionContext()
    const answer = await app.fetch(new Request(`https://notifications.dalgo.test${path}`, init), env, ctx)
    await waitOnExecutionContext(ctx)
    return answer
  }
}
