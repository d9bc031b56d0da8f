import { failedRun, prefect, ses } from "../support/outside"
import type { Run } from "./fault-injector"

/** What a mail that SES was asked to send is known by: `mark-7` stands in the message that it is about. */
export type Asked = { key: string; run: Run; at: number; status: number }

export const mailKey = (to: string, mark: string) => `${mark} to ${to}`
const MARK = /mark-\d+/

/** SES: keeps what it was asked, and by whom; `refuse` says whom it refuses this time, and how. */
export class Post {
  readonly asked: Asked[] = []
  /** Addresses that it never takes a mail for. */
  readonly bad = new Set<string>()
  refuse: (to: string) => Response | undefined = () => undefined
  /** Addresses of those who are members no longer, and what was yet to be sent to them. */
  readonly former = new Set<string>()
  readonly toFormer: string[] = []

  async answer(request: Request, { run, at }: { run: Run; at: number }): Promise<Response> {
    const { mails, handler } = ses((to) => {
      const refusal = this.bad.has(to) ? rejected() : this.refuse(to)
      if (refusal) refusedTo = to
      return refusal
    })
    let refusedTo = ""
    const text = await request.clone().text()
    const response = await handler(request)
    if (!response) throw new Error("not a mail")
    const to = mails[0]?.to ?? refusedTo
    this.asked.push({ key: mailKey(to, text.match(MARK)?.[0] ?? ""), run, at, status: response.status })
    if (this.former.has(to)) this.toFormer.push(mailKey(to, text.match(MARK)?.[0] ?? ""))
    return response
  }

  isBad = (to: string) => this.bad.has(to)

  get taken() {
    return this.asked.filter(({ status }) => status === 200)
  }

  get refused() {
    return this.asked.filter(({ status }) => status === 400)
  }

  /** Somebody wants this mail to be sent again: that is no fault. */
  meantAgain(key: string): void {
    this.again.set(key, this.timesMeant(key))
  }
  timesMeant = (key: string) => 1 + (this.again.get(key) ?? 0)
  private readonly again = new Map<string, number>()
}

const rejected = () => new Response(null, { status: 400, headers: { "x-amzn-errortype": "MessageRejected" } })

/** Discord and a push service, which take what comes: what each was told, by the address that it was told at. */
export class Elsewhere {
  readonly asked: Asked[] = []

  async answer(request: Request, { run, at }: { run: Run; at: number }): Promise<Response> {
    const { host, pathname } = new URL(request.url)
    const about = request.headers.get("topic") ?? (await request.text()).match(MARK)?.[0] ?? ""
    this.asked.push({ key: elsewhereKey(host, pathname, about), run, at, status: 200 })
    return host === PUSH_SERVICE ? new Response(null, { status: 201 }) : Response.json({ id: "1" })
  }
}
export const ROOMS_AT = "discord.com"
export const PUSH_SERVICE = "fcm.googleapis.com"
/** A room is told by a mark; what a device is told nobody on the way can read, but its topic names the notification. */
export const elsewhereKey = (host: string, pathname: string, about: string) => `${about} at ${host}${pathname}`

/** Prefect: every run that anybody asks about has failed, and its error says which it is. */
export class Prefect {
  isDown = false
  readonly marks = new Map<string, { mark: string; slug: string }>()

  async answer(request: Request): Promise<Response> {
    if (this.isDown) return new Response(null, { status: 503 })
    const run = (id: string) => {
      const { mark, slug } = this.marks.get(id) ?? { mark: "", slug: "" }
      const { state, parameters } = failedRun()
      return failedRun({
        id,
        state: { ...state, message: `RuntimeError: the source refused the login, ${mark}` },
        parameters: { config: { ...parameters.config, org_slug: slug } },
        tags: [],
      })
    }
    return (await prefect({ run })(request)) ?? new Response(null, { status: 404 })
  }
}

/** Workers AI. */
export class Model {
  isDown = false

  run = async () => {
    if (this.isDown) throw new Error("AI is down")
    return { response: "What failed: the login." } as never
  }
}
