import { type NotificationsClient, notificationsClient } from "dalgo-notifications/client"

const TIMEOUT_MS = 15_000
const TOKEN_EXPIRED = 498

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly requestId: string | null,
  ) {
    super(`The notifications API answered ${status}`)
  }

  get isSignedOut() {
    return this.status === 401 || this.status === TOKEN_EXPIRED
  }
}

/** The API as one person sees it in one organisation. Without an organisation, the server takes the person's first. */
export class Rest {
  /** Calls reject with an ApiError when the answer is not a success, and with what fetch throws when there is none. */
  readonly api: NotificationsClient["api"]["notifications"]
  #refreshing: Promise<boolean> | undefined

  constructor(
    readonly base: string,
    readonly org: string,
    readonly signedOut: () => void,
  ) {
    this.api = notificationsClient(base, { fetch: this.#send }).api.notifications
  }

  /** Whether there is a new token. Calls made meanwhile share the request, since a refresh token may be good only once. */
  refreshToken(): Promise<boolean> {
    this.#refreshing ??= this.#fetch(`${this.base}/api/v2/token/refresh`, { method: "POST" })
      .then(
        (answer) => answer.ok,
        () => false,
      )
      .finally(() => {
        this.#refreshing = undefined
      })
    return this.#refreshing
  }

  #send: typeof fetch = async (input, init) => {
    let answer = await this.#fetch(input, init)
    if (answer.status === TOKEN_EXPIRED && (await this.refreshToken())) answer = await this.#fetch(input, init)
    if (answer.ok) return answer
    const error = new ApiError(answer.status, answer.headers.get("x-request-id"))
    if (error.isSignedOut) this.signedOut()
    throw error
  }

  #fetch: typeof fetch = (input, init) => {
    const headers = new Headers(init?.headers)
    if (this.org) headers.set("x-dalgo-org", this.org)
    return fetch(input, { ...init, headers, credentials: "include", signal: AbortSignal.timeout(TIMEOUT_MS) })
  }
}
