import { aiAnswer } from "../support/fake-ai"
import { failedRun, fakePrefect } from "../support/fake-prefect"
import { fakeSes } from "../support/fake-ses"
import type { Run } from "./fault-injector"

/** A request that a fake received. `key` tells what it was about: the marker in the message, and the address. */
export type Received = { key: string; run: Run; at: number; status: number; subject?: string | undefined }

export const emailKey = (to: string, marker: string) => `${marker} to ${to}`
/** Each test message contains one marker, so that it can be found again everywhere. */
export const markerIn = (text: string) => text.match(/marker-\d+/)?.[0] ?? ""

export class FakeSes {
  readonly received: Received[] = []
  /** Addresses for which SES rejects every email. */
  readonly rejectedAddresses = new Set<string>()
  /** The error for this address, this time; SES accepts the email if it returns `undefined`. */
  respond: (to: string) => Response | undefined = () => undefined
  readonly formerMembers = new Set<string>()
  readonly sentToFormerMembers: string[] = []
  private readonly resends = new Map<string, number>()

  async answer(request: Request, { run, at }: { run: Run; at: number }): Promise<Response> {
    let rejectedTo = ""
    const { mails, handler } = fakeSes((to) => {
      const error = this.rejectedAddresses.has(to) ? rejection() : this.respond(to)
      if (error) rejectedTo = to
      return error
    })
    const text = await request.clone().text()
    const response = await handler(request)
    if (!response) throw new Error("not an email")
    const to = mails[0]?.to ?? rejectedTo
    const key = emailKey(to, markerIn(text))
    this.received.push({ key, run, at, status: response.status, subject: mails[0]?.subject })
    if (this.formerMembers.has(to)) this.sentToFormerMembers.push(key)
    return response
  }

  get accepted() {
    return this.received.filter(({ status }) => status === 200)
  }

  get rejected() {
    return this.received.filter(({ status }) => status === 400)
  }

  /** An admin asked to send this email again. */
  countResend(key: string): void {
    this.resends.set(key, this.timesWanted(key))
  }
  timesWanted = (key: string) => 1 + (this.resends.get(key) ?? 0)
}

const rejection = () => new Response(null, { status: 400, headers: { "x-amzn-errortype": "MessageRejected" } })

/** Discord and a push service. Both accept every message. */
export class FakeChatAndPush {
  readonly received: Received[] = []

  async answer(request: Request, { run, at }: { run: Run; at: number }): Promise<Response> {
    const { host, pathname } = new URL(request.url)
    const about = request.headers.get("topic") ?? markerIn(await request.text())
    this.received.push({ key: messageKey(host, pathname, about), run, at, status: 200 })
    return host === PUSH_HOST ? new Response(null, { status: 201 }) : Response.json({ id: "1" })
  }
}
export const CHAT_HOST = "discord.com"
export const PUSH_HOST = "fcm.googleapis.com"
/** `about` is a marker in a chat message. A push is encrypted, so that only its topic names the notification. */
export const messageKey = (host: string, pathname: string, about: string) => `${about} at ${host}${pathname}`

/** Prefect. Every run has failed, and the marker is in its error, in the state and in the log. */
export class FakePrefect {
  isDown = false
  readonly runs = new Map<string, { marker: string; slug: string }>()

  async answer(request: Request): Promise<Response> {
    if (this.isDown) return new Response(null, { status: 503 })
    const run = (id: string) => {
      const { slug } = this.runs.get(id) ?? { slug: "" }
      const { state, parameters } = failedRun()
      return failedRun({
        id,
        state: { ...state, message: this.errorOf(id) },
        parameters: { config: { ...parameters.config, org_slug: slug } },
        tags: [],
      })
    }
    const logs = request.url.endsWith("/logs/filter") ? await this.logsFor(request.clone()) : []
    return (await fakePrefect({ run, logs })(request)) ?? new Response(null, { status: 404 })
  }

  private errorOf = (id: string) => `RuntimeError: the source refused the login, ${this.runs.get(id)?.marker}`

  private async logsFor(request: Request) {
    const { logs } = await request.json<{ logs: { flow_run_id: { any_: string[] } } }>()
    const [id = ""] = logs.flow_run_id.any_
    return [{ level: 40, message: this.errorOf(id), timestamp: "2026-11-20T02:41:00Z" }]
  }
}

/** Workers AI. */
export class FakeModel {
  isDown = false

  run = async () => {
    if (this.isDown) throw new Error("AI is down")
    return { response: aiAnswer("the login.") } as never
  }
}
