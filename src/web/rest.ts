import type { BarItem } from "../live/events"

const TIMEOUT_MS = 15_000
const TOKEN_EXPIRED = 498

export type InboxItem = Omit<BarItem, "urgent" | "read_status"> & { urgent: boolean; read_status: boolean }
export type InboxPage = { res: InboxItem[]; page: number; total_pages: number; total_notifications: number }

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
  #refreshing: Promise<boolean> | undefined

  constructor(
    readonly base: string,
    readonly org: string,
  ) {}

  /** Rejects with an ApiError when the answer is not a success, and with what fetch throws when there is none. */
  async send<T>(method: string, path: string, body?: unknown): Promise<T> {
    let answer = await this.#fetch(method, path, body)
    if (answer.status === TOKEN_EXPIRED && (await this.refreshToken())) answer = await this.#fetch(method, path, body)
    if (!answer.ok) throw new ApiError(answer.status, answer.headers.get("x-request-id"))
    return answer.json()
  }

  /** Whether there is a new token. Calls made meanwhile share the request, since a refresh token may be good only once. */
  refreshToken(): Promise<boolean> {
    this.#refreshing ??= this.#fetch("POST", "/api/v2/token/refresh")
      .then(
        (answer) => answer.ok,
        () => false,
      )
      .finally(() => {
        this.#refreshing = undefined
      })
    return this.#refreshing
  }

  #fetch(method: string, path: string, body?: unknown) {
    const headers = new Headers()
    if (this.org) headers.set("x-dalgo-org", this.org)
    if (body) headers.set("content-type", "application/json")
    return fetch(this.base + path, {
      method,
      headers,
      body: body ? JSON.stringify(body) : null,
      credentials: "include",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
  }
}
