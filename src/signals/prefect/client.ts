import { encodeBase64 } from "hono/utils/encode"
import type * as z from "zod/mini"
import type { Config } from "../../runtime/config"
import { isTransientStatus, parseRetryAfter } from "../../runtime/http-retry"
import { log } from "../../runtime/log"
import { parseJson } from "../../runtime/zod"
import { Deployment, EndedRuns, FetchedFlowRun, FetchedFlowRuns, Graph, Logs } from "./schemas"

/**
 * Why Prefect did not give what was asked for.
 *
 * - `not_found`: it answered that it does not have it.
 * - `refused`: it answered what waiting does not mend: 401, 403, another 4xx, a redirect, HTML, an unusable shape.
 * - `unavailable`: it did not answer, or answered what waiting may mend: 5xx, 408, 425, 429.
 */
type PrefectErrorKind = "not_found" | "refused" | "unavailable"

/** Prefect did not give what was asked for. The message is safe to log. */
export class PrefectError extends Error {
  override readonly name = "PrefectError"

  constructor(
    message: string,
    readonly kind: PrefectErrorKind,
    readonly details: { status?: number; retryAfterMs?: number | undefined } = {},
  ) {
    super(message)
  }
}

const TIMEOUT_MS = 10_000
const INFO_LEVEL = 20
const ERROR_LEVEL = 40
/** Limit of Prefect's API. */
const MAX_LOG_LINES = 200
const MAX_EARLIER_ERRORS = 50

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

  flowRun = (id: string) => this.request(FetchedFlowRun, `/flow_runs/${id}`)
  /** Those of these runs that Prefect has. */
  flowRuns = (ids: string[]) =>
    this.request(FetchedFlowRuns, "/flow_runs/filter", { flow_runs: { id: { any_: ids } }, limit: ids.length })
  deployment = (id: string) => this.request(Deployment, `/deployments/${id}`)
  graph = (flowRunId: string) => this.request(Graph, `/flow_runs/${flowRunId}/graph-v2`)

  /** When the newest run of this deployment that went through had ended; `undefined` if none has. */
  async lastCompletedAt(deploymentId: string): Promise<number | undefined> {
    const [run] = await this.request(EndedRuns, "/flow_runs/filter", {
      flow_runs: {
        operator: "and_",
        deployment_id: { any_: [deploymentId] },
        state: { operator: "and_", type: { any_: ["COMPLETED"] } },
      },
      sort: "END_TIME_DESC",
      limit: 1,
      offset: 0,
    })
    return run?.end_time ?? undefined
  }

  /**
   * The last log lines of these runs at level INFO and above, oldest first. Where there may be more, also the last errors
   * before them: a step that fails early may be followed by many lines of steps that go on.
   */
  async lastLogs(flowRunIds: string[]): Promise<Logs> {
    const lines = await this.filterLogs(flowRunIds, { level: INFO_LEVEL, limit: MAX_LOG_LINES })
    const [oldest] = lines
    if (lines.length < MAX_LOG_LINES || !oldest) return lines
    const errors = await this.filterLogs(flowRunIds, { level: ERROR_LEVEL, limit: MAX_EARLIER_ERRORS })
    const isEarlier = ({ timestamp }: Logs[number]) => Date.parse(timestamp) < Date.parse(oldest.timestamp)
    return [...errors.filter(isEarlier), ...lines]
  }

  /** The newest lines that match, oldest first. */
  private async filterLogs(flowRunIds: string[], { level, limit }: { level: number; limit: number }): Promise<Logs> {
    const logs = await this.request(Logs, "/logs/filter", {
      logs: { operator: "and_", level: { ge_: level }, flow_run_id: { any_: flowRunIds } },
      sort: "TIMESTAMP_DESC",
      limit,
      offset: 0,
    })
    return logs.toReversed()
  }

  /** Logs a refusal and an outage. */
  private async request<T extends z.ZodMiniType>(schema: T, path: string, body?: object): Promise<z.infer<T>> {
    try {
      return await this.requestOnce(schema, path, body)
    } catch (error) {
      if (error instanceof PrefectError && error.kind !== "not_found") {
        const event = error.kind === "refused" ? "prefect_refused" : "prefect_unavailable"
        log({ event, reason: error.message, ...(error.details.status && { status: error.details.status }) })
      }
      throw error
    }
  }

  private async requestOnce<T extends z.ZodMiniType>(schema: T, path: string, body?: object): Promise<z.infer<T>> {
    const unavailable = () => {
      throw new PrefectError("Prefect did not answer", "unavailable")
    }
    const response = await fetch(`${this.base}${path}`, {
      method: body ? "POST" : "GET",
      headers: { ...this.headers, ...(body && { "content-type": "application/json" }) },
      ...(body && { body: JSON.stringify(body) }),
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch(unavailable)
    if (!response.ok) {
      await response.body?.cancel()
      throw refusalOf(response)
    }
    // The time-out covers the body too, which may break off.
    const parsed = schema.safeParse(parseJson(await response.text().catch(unavailable)))
    if (!parsed.success) throw new PrefectError("Prefect answered something unknown", "refused")
    return parsed.data
  }
}

function refusalOf({ status, headers }: Response): PrefectError {
  const retryAfterMs = parseRetryAfter(headers.get("retry-after"), Date.now())
  return new PrefectError(`Prefect answered ${status}`, kindOf(status, headers), { status, retryAfterMs })
}

/** Too Early: RFC 8470. */
const TOO_EARLY = 425

function kindOf(status: number, headers: Headers): PrefectErrorKind {
  if (isTransientStatus(status) || status === TOO_EARLY) return "unavailable"
  // A page that says 404 is not Prefect's: the address is wrong.
  const isPage = headers.get("content-type")?.includes("text/html") ?? false
  return status === 404 && !isPage ? "not_found" : "refused"
}

/** Base64 of the text as UTF-8. `btoa` throws on characters beyond Latin-1. */
const base64 = (text: string) => encodeBase64(new TextEncoder().encode(text).buffer)

/** `undefined` where no Prefect is configured. */
export const prefectClientFrom = (config: Config): PrefectClient | undefined =>
  config.PREFECT_API_URL ? new PrefectClient(config.PREFECT_API_URL, config) : undefined
