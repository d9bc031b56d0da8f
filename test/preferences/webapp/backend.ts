import { vi } from "vitest"
import { fakeFetch } from "../../support/fake-fetch"
import { bob, cookieOf } from "../../support/people"
import { workerWithEnv } from "../../support/worker-with-env"

export const BACKEND = "https://platform.dalgo.test"
export const PATH = "/api/userpreferences/"

const connected = workerWithEnv({ PLATFORM_ORIGIN: `${BACKEND}/` })

/** Bob's settings in Dalgo's backend, with its own value for e-mail and a field that is unknown here. */
export const storedInBackend = () => ({
  enable_email_notifications: false,
  disclaimer_shown: true,
  last_visited_transform_tab: "github",
  is_llm_active: true,
  enable_llm_requested: false,
  trial_walkthrough: { insights: { skipped: false, completed: true } },
  enable_schema_change_notifications: true,
})

type Respond = (request: Request) => Response | Promise<Response>

/** Fakes Dalgo's backend. By default it returns the stored settings to every request. */
export const backend = (respond: Respond = () => Response.json({ success: true, res: storedInBackend() })) =>
  fakeFetch((request) => (request.url.startsWith(`${BACKEND}/`) ? respond(request) : undefined))

type Init = { method?: string; headers?: Record<string, string>; body?: string }

/** A request of Bob to a service that is connected to Dalgo's backend. */
export async function requestWithBackend({ headers = {}, ...init }: Init = {}) {
  const answer = await connected(PATH, { ...init, headers: { ...(await cookieOf(bob.userId)), ...headers } })
  return { status: answer.status, headers: answer.headers, body: await answer.json<any>() }
}

export const changeWithBackend = (change: unknown) =>
  requestWithBackend({ method: "PUT", headers: { "content-type": "application/json" }, body: JSON.stringify(change) })

/** The log lines from now on. All must be failures of the backend. */
export function backendFailures() {
  const log = vi.spyOn(console, "log").mockReturnValue()
  return () =>
    log.mock.calls.map(([line]) => {
      const { level: _, event, ...rest } = JSON.parse(line)
      if (event !== "backend_failed") throw new Error(`unexpected: ${line}`)
      return rest
    })
}
