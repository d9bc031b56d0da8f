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

/** The API for one person in one organisation. Without an organisation, the server takes the person's first one. */
export class RestClient {
  /** Calls reject with `ApiError` if the response is not a success, and with fetch's error if there is no response. */
  readonly api: NotificationsClient["api"]["notifications"]
  #refreshing: Promise<boolean> | undefined

  constructor(
    readonly base: string,
    readonly org: string,
    readonly onSignedOut: () => void,
  ) {
    this.api = notificationsClient(base, { fetch: this.#send }).api.notifications
  }

  /** Refreshes the access token; `false` if that failed. Concurrent calls share one request, since a refresh token may be single-use. */
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
    if (error.isSignedOut) this.onSignedOut()
    throw error
  }

  #fetch: typeof fetch = (input, init) => {
    const headers = new Headers(init?.headers)
    if (this.org) headers.set("x-dalgo-org", this.org)
    return fetch(input, { ...init, headers, credentials: "include", signal: AbortSignal.timeout(TIMEOUT_MS) })
  }
}
