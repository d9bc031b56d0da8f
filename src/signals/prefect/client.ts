import { encodeBase64 } from "hono/utils/encode"
import type * as z from "zod/mini"
import type { Config } from "../../runtime/config"
import { Deployment, FlowRun, Graph, Logs } from "./schemas"

/** Prefect did not give what was asked. `isThere: false`: it answered that there is no such thing. */
export class PrefectError extends Error {
  override readonly name = "PrefectError"
  constructor(
    message: string,
    readonly exists: boolean,
  ) {
    super(message)
  }
}

const TIMEOUT_MS = 10_000
const INFO_LEVEL = 20
/** The most that Prefect gives at once. */
const MAX_LOG_LINES = 200

type Credentials = Pick<Config, "PREFECT_API_AUTH_STRING" | "PREFECT_API_KEY">

/** A client of the parts of Prefect's REST API that failures need. Throws `PrefectError`. */
export class PrefectClient {
  private readonly headers: Record<string, string>

  constructor(
    private readonly base: string,
    { PREFECT_API_KEY, PREFECT_API_AUTH_STRING }: Credentials,
  ) {
    // Cloud takes a key, a server of one's own "user:password".
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
      throw new PrefectError("Prefect did not answer", true)
    })
    if (!response.ok) {
      await response.body?.cancel()
      throw new PrefectError(`Prefect answered ${response.status}`, response.status !== 404)
    }
    const parsed = schema.safeParse(await response.json().catch(() => undefined))
    if (!parsed.success) throw new PrefectError("Prefect answered something unknown", true)
    return parsed.data
  }
}

/** Of the text as UTF-8: `btoa` alone throws on any letter beyond Latin-1. */
const base64 = (text: string) => encodeBase64(new TextEncoder().encode(text).buffer)

/** The client of the Prefect that is configured; `undefined` where none is. */
export const prefectClientFrom = (config: Config): PrefectClient | undefined =>
  config.PREFECT_API_URL ? new PrefectClient(config.PREFECT_API_URL, config) : undefined
