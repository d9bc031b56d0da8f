import { vi } from "vitest"
import { outside } from "../../support/outside"
import { bob, cookieOf } from "../../support/people"
import { workerWith } from "../../support/worker-with"

export const BACKEND = "https://platform.dalgo.test"
export const PATH = "/api/userpreferences/"

const through = workerWith({ PLATFORM_ORIGIN: `${BACKEND}/` })

/** What the platform keeps of Bob. It has its own idea of e-mail, and a field that we do not know. */
export const storedInBackend = () => ({
  enable_email_notifications: false,
  disclaimer_shown: true,
  last_visited_transform_tab: "github",
  is_llm_active: true,
  enable_llm_requested: false,
  trial_walkthrough: { insights: { skipped: false, completed: true } },
  enable_schema_change_notifications: true,
})

type Says = (request: Request) => Response | Promise<Response>

/** The backend, which says this; by default what it keeps, to every question. */
export const backend = (says: Says = () => Response.json({ success: true, res: storedInBackend() })) =>
  outside((request) => (request.url.startsWith(`${BACKEND}/`) ? says(request) : undefined))

type Init = { method?: string; headers?: Record<string, string>; body?: string }

/** Bob, where there is a platform. */
export async function requestWithBackend({ headers = {}, ...init }: Init = {}) {
  const answer = await through(PATH, { ...init, headers: { ...(await cookieOf(bob.userId)), ...headers } })
  return { status: answer.status, headers: answer.headers, body: await answer.json<any>() }
}

export const changeWithBackend = (part: unknown) =>
  requestWithBackend({ method: "PUT", headers: { "content-type": "application/json" }, body: JSON.stringify(part) })

/** What the log hears from now on, which must be of the platform only. */
export function backendFailures() {
  const log = vi.spyOn(console, "log").mockReturnValue()
  return () =>
    log.mock.calls.map(([line]) => {
      const { event, ...rest } = JSON.parse(line)
      if (event !== "platform_failed") throw new Error(`unexpected: ${line}`)
      return rest
    })
}
