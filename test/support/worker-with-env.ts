import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { app } from "../../src/app"

/** The worker with other settings or bindings. */
export const workerWithEnv = (changes: object) => async (path: string, init?: RequestInit) => {
  const ctx = createExecutionContext()
  const answer = await app.fetch(
    new Request(`https://notifications.dalgo.test${path}`, init),
    { ...env, ...changes },
    ctx,
  )
  await waitOnExecutionContext(ctx)
  return answer
}
