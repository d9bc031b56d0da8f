import { encodeBase64 } from "hono/utils/encode"
import type * as z from "zod/mini"
import type { Config } from "../../runtime/config"
import { Deployment, FlowRun, Graph, Logs } from "./schemas"

/** Prefect did not give what was asked for. `isNotFound`: it answered 404. The message is safe to log. */
export class PrefectError extends Error {
  override readonly name = "PrefectError"
  readonly isNotFound: boolean

  constructor(message: string, { isNotFound = false }: { isNotFound?: boolean } = {}) {
    super(message)
    this.isNotFound = isNotFound
  }
}

const TIMEOUT_MS = 10_000
const INFO_LEVEL = 20
/** Limit of Prefect's API. */
const MAX_LOG_LINES = 200

type Credentials = Pick<Config, "PREFECT_API_AUTH_STRING" | "PREFECT_API_KEY">

/**
 * A client of those parts of Prefect's REST API that a failure needs. Throws `PrefectError`.
 * https://docs.prefect.io/v3/api-ref/rest-api
 */
export class PrefectClient {
  private readonly headers: Record<string, string>

  constructor(
    private readonly base: string,
    { PREFECT_API_KEY, PREFECT_API_AUTH_STRING }: Credentials,
  ) {
    // Prefect Cloud takes an API key, a self-hosted server takes "user:password".
    const authorization = PREFECT_API_KEY
      ? `Bearer ${PREFECT_API_KEY}`
      : PREFECT_API_AUTH_STRING && `Basic ${base64(PREFECT_API_AUTH_STRING)}`
    this.headers = authorization ? { authorization } : {}
  }

  flowRun = (id: string) => this.request(FlowRun, `/flow_runs/${id}`)
  deployment = (id: string) => this.request(Deployment, `/deployments/${id}`)
  graph = (flowRunId: string) => this.request(Graph, `/flow_runs/${flowRunId}/graph-v2`)

  /** The last log lines of these runs at level INFO and above, oldest first. */
  async lastLogs(flowRunIds: string[]): Promise<Logs> {
    const logs = await this.request(Logs, "/logs/filter", {
      logs: { operator: "and_", level: { ge_: INFO_LEVEL }, flow_run_id: { any_: flowRunIds } },
      sort: "TIMESTAMP_DESC",
      limit: MAX_LOG_LINES,
      offset: 0,
    })
    return logs.toReversed()
  }

  private async request<T extends z.ZodMiniType>(schema: T, path: string, body?: object): Promise<z.infer<T>> {
    const response = await fetch(`${this.base}${path}`, {
      method: body ? "POST" : "GET",
      headers: { ...this.headers, ...(body && { "content-type": "application/json" }) },
      ...(body && { body: JSON.stringify(body) }),
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch(() => {
      throw new PrefectError("Prefect did not answer")
    })
    // A refusal (401, 403, a redirect) is treated like an outage: the event waits, as process.ts says.
    if (!response.ok) {
      await response.body?.cancel()
      throw new PrefectError(`Prefect answered ${response.status}`, { isNotFound: response.status === 404 })
    }
    const parsed = schema.safeParse(await response.json().catch(() => undefined))
    if (!parsed.success) throw new PrefectError("Prefect answered something unknown")
    return parsed.data
  }
}

/** Base64 of the text as UTF-8. `btoa` throws on characters beyond Latin-1. */
const base64 = (text: string) => encodeBase64(new TextEncoder().encode(text).buffer)

/** `undefined` where no Prefect is configured. */
export const prefectClientFrom = (config: Config): PrefectClient | undefined =>
  config.PREFECT_API_URL ? new PrefectClient(config.PREFECT_API_URL, config) : undefined
