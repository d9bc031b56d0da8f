import { describe, expect, it, vi } from "vitest"
import { PrefectClient, PrefectError } from "../../../src/signals/prefect/client"
import { DEPLOYMENT_ID, failedRun, fakePrefect, logLine, RUN_ID } from "../../support/fake-prefect"
import { fakeFetch } from "../../support/fake-fetch"

const BASE = "https://prefect.dalgo.test/api"
const nobody = { PREFECT_API_KEY: undefined, PREFECT_API_AUTH_STRING: undefined }
const api = (credentials: Partial<typeof nobody | Record<keyof typeof nobody, string>> = {}) =>
  new PrefectClient(BASE, { ...nobody, ...credentials })

describe("the client requests", () => {
  it.each<[string, (api: PrefectClient) => Promise<unknown>, string]>([
    ["a run", (client) => client.flowRun(RUN_ID), `/flow_runs/${RUN_ID}`],
    ["a deployment", (client) => client.deployment(DEPLOYMENT_ID), `/deployments/${DEPLOYMENT_ID}`],
    ["a graph", (client) => client.graph(RUN_ID), `/flow_runs/${RUN_ID}/graph-v2`],
  ])("%s", async (_, ask, path) => {
    const { requests } = fakeFetch(fakePrefect())
    await ask(api())
    const [request] = requests
    expect(requests).toHaveLength(1)
    expect(request?.method).toBe("GET")
    expect(request?.url).toBe(BASE + path)
    expect(request?.redirect).toBe("manual")
    expect(await request?.text()).toBe("")
  })

  it("the last lines of logs, and returns them oldest first", async () => {
    const { requests } = fakeFetch(
      fakePrefect({ logs: [logLine(40, "third"), logLine(30, "second"), logLine(20, "first")] }),
    )
    const lines = await api().lastLogs([RUN_ID])
    expect(lines.map((line) => line.message)).toEqual(["first", "second", "third"])
    const [request] = requests
    expect(request?.method).toBe("POST")
    expect(request?.url).toBe(`${BASE}/logs/filter`)
    expect(request?.headers.get("content-type")).toBe("application/json")
    expect(await request?.json()).toEqual({
      logs: { operator: "and_", level: { ge_: 20 }, flow_run_id: { any_: [RUN_ID] } },
      sort: "TIMESTAMP_DESC",
      limit: 200,
      offset: 0,
    })
  })
})

describe("the client, where a run has more than 200 lines,", () => {
  const at = (second: number) => ({ timestamp: new Date(Date.UTC(2026, 10, 20, 2) + second * 1_000).toISOString() })
  const last = Array.from({ length: 200 }, (_, i) => ({ ...logLine(20, `line ${i}`), ...at(1_000 - i) }))

  it("also requests the errors before them", async () => {
    const errors = [
      { ...logLine(40, "among the lines"), ...at(900) },
      { ...logLine(40, "second error"), ...at(20) },
      { ...logLine(40, "first error"), ...at(10) },
    ]
    const { requests } = fakeFetch(async (request) => {
      const { logs } = await request.clone().json<any>()
      return Response.json(logs.level.ge_ === 40 ? errors : last)
    })
    const messages = (await api().lastLogs([RUN_ID])).map(({ message }) => message)
    expect(messages).toHaveLength(202)
    expect(messages.slice(0, 3)).toEqual(["first error", "second error", "line 199"])
    expect(requests).toHaveLength(2)
  })

  it("requests nothing more of a shorter log", async () => {
    const { requests } = fakeFetch(fakePrefect({ logs: last.slice(1) }))
    expect(await api().lastLogs([RUN_ID])).toHaveLength(199)
    expect(requests).toHaveLength(1)
  })
})

describe("the end of the last run that went through", () => {
  it("is that of the newest completed run of the deployment", async () => {
    const { requests } = fakeFetch(fakePrefect({ completed: [{ end_time: "2026-11-19T16:00:00+00:00" }] }))
    expect(await api().lastCompletedAt(DEPLOYMENT_ID)).toBe(Date.UTC(2026, 10, 19, 16))
    expect(requests[0]?.url).toBe(`${BASE}/flow_runs/filter`)
    expect(await requests[0]?.json()).toEqual({
      flow_runs: {
        operator: "and_",
        deployment_id: { any_: [DEPLOYMENT_ID] },
        state: { operator: "and_", type: { any_: ["COMPLETED"] } },
      },
      sort: "END_TIME_DESC",
      limit: 1,
      offset: 0,
    })
  })

  it.each([[[]], [[{ end_time: null }]], [[{}]]])("is unknown where Prefect answers %j", async (completed) => {
    fakeFetch(fakePrefect({ completed }))
    expect(await api().lastCompletedAt(DEPLOYMENT_ID)).toBeUndefined()
  })
})

describe("the authorization header", () => {
  it.each<[string, Partial<Record<keyof typeof nobody, string>>, string | null]>([
    [
      "is Basic with the user and password of a self-hosted server",
      { PREFECT_API_AUTH_STRING: "dalgo:example" },
      "Basic ZGFsZ286ZXhhbXBsZQ==",
    ],
    [
      "is Basic for a password beyond Latin-1",
      { PREFECT_API_AUTH_STRING: "dalgo:пароль" },
      "Basic ZGFsZ2860L/QsNGA0L7Qu9GM",
    ],
    ["is Bearer with the API key of Prefect Cloud", { PREFECT_API_KEY: "pnu_example" }, "Bearer pnu_example"],
    [
      "prefers the key to a password",
      { PREFECT_API_KEY: "pnu_example", PREFECT_API_AUTH_STRING: "dalgo:example" },
      "Bearer pnu_example",
    ],
    ["is missing for an open server", {}, null],
  ])("%s", async (_, credentials, expected) => {
    const { requests } = fakeFetch(fakePrefect())
    await api(credentials).flowRun(RUN_ID)
    await api(credentials).lastLogs([RUN_ID])
    for (const request of requests) expect(request.headers.get("authorization")).toBe(expected)
  })
})

describe("an answer of Prefect's", () => {
  const answering = (response: Response) => fakeFetch(() => response.clone())
  const failure = async () => {
    try {
      await api().flowRun(RUN_ID)
    } catch (error) {
      if (error instanceof PrefectError) return error
    }
    throw new Error("a PrefectError was expected")
  }

  it("is read without the unused fields", async () => {
    fakeFetch(fakePrefect({ run: failedRun({ id: RUN_ID.toUpperCase(), work_queue_name: "ddp", end_time: null }) }))
    expect(await api().flowRun(RUN_ID)).toEqual({
      id: RUN_ID,
      name: "silver-heron",
      deployment_id: DEPLOYMENT_ID,
      parent_task_run_id: null,
      run_count: 1,
      state_type: "FAILED",
      state_name: "Failed",
      state: {
        type: "FAILED",
        name: "Failed",
        timestamp: Date.UTC(2026, 10, 20, 2, 41, 17, 212),
        message: "Flow run encountered an exception: RuntimeError: the survey source refused the login",
      },
      start_time: Date.UTC(2026, 10, 20, 2, 30),
      end_time: null,
      tags: ["auto-scheduled", "acme"],
      parameters: { config: { org_slug: "acme", tasks: [{ slug: "airbyte-sync" }, { slug: "dbt-run" }] } },
    })
  })

  const page = { headers: { "content-type": "text/html; charset=utf-8" } }
  const UNKNOWN = "Prefect answered something unknown"

  it.each<[string, Response, string, PrefectError["kind"]]>([
    ["404", Response.json({ detail: "Not Found" }, { status: 404 }), "Prefect answered 404", "not_found"],
    ["a page that says 404", new Response("<html>", { status: 404, ...page }), "Prefect answered 404", "refused"],
    ["401", Response.json({ exception_message: "Unauthorized" }, { status: 401 }), "Prefect answered 401", "refused"],
    ["403", new Response(null, { status: 403 }), "Prefect answered 403", "refused"],
    ["405", new Response(null, { status: 405 }), "Prefect answered 405", "refused"],
    ["422", Response.json({ detail: [] }, { status: 422 }), "Prefect answered 422", "refused"],
    [
      "a redirect, which is not followed",
      new Response(null, { status: 302, headers: { location: "https://elsewhere.test/" } }),
      "Prefect answered 302",
      "refused",
    ],
    ["a page", new Response("<html>", page), UNKNOWN, "refused"],
    ["nothing", new Response(null, { status: 204 }), UNKNOWN, "refused"],
    ["a list", Response.json([]), UNKNOWN, "refused"],
    ["null", Response.json(null), UNKNOWN, "refused"],
    ["no id", Response.json(failedRun({ id: undefined })), UNKNOWN, "refused"],
    ["no state", Response.json({ id: RUN_ID, name: "silver-heron" }), UNKNOWN, "refused"],
    ["a state of another shape", Response.json(failedRun({ state_type: { value: "FAILED" } })), UNKNOWN, "refused"],
    ["408", new Response(null, { status: 408 }), "Prefect answered 408", "unavailable"],
    ["425", new Response(null, { status: 425 }), "Prefect answered 425", "unavailable"],
    ["429", new Response(null, { status: 429 }), "Prefect answered 429", "unavailable"],
    ["500", new Response("oops", { status: 500 }), "Prefect answered 500", "unavailable"],
    ["a page that says 503", new Response("<html>", { status: 503, ...page }), "Prefect answered 503", "unavailable"],
    ["a TLS error of Cloudflare's", new Response(null, { status: 526 }), "Prefect answered 526", "unavailable"],
  ])("is an error: %s", async (_, response, message, kind) => {
    answering(response)
    expect(await failure()).toMatchObject({ message, kind })
  })

  it.each<[string, object]>([
    ["parameters", { parameters: "x" }],
    ["the parts of parameters", { parameters: { config: ["acme"] } }],
    ["tasks", { parameters: { config: { org_slug: "acme", tasks: {} } } }],
    ["one task", { parameters: { config: { org_slug: "acme", tasks: [7, { slug: 7 }, null] } } }],
    ["tags", { tags: null }],
    ["one tag", { tags: [7, "acme", null] }],
    ["the name", { name: null }],
    ["times", { start_time: "soon", end_time: 7, next_scheduled_start_time: {} }],
    ["the state's parts", { state: { type: "FAILED", timestamp: "soon", message: 7, name: [], state_details: "x" } }],
    ["the state, beside its type", { state: "FAILED" }],
    ["the run count", { run_count: "many" }],
    ["the parent", { parent_task_run_id: 7 }],
  ])("is read though another field has another shape: %s", async (_, changes) => {
    answering(Response.json(failedRun(changes)))
    expect(await api().flowRun(RUN_ID)).toMatchObject({ id: RUN_ID, state_type: "FAILED" })
  })

  it("has an organisation though its tasks have another shape", async () => {
    answering(Response.json(failedRun({ parameters: { config: { org_slug: "acme", tasks: "none" } } })))
    expect((await api().flowRun(RUN_ID)).parameters?.config?.org_slug).toBe("acme")
  })

  it.each<[string, unknown, number]>([
    ["no list", { nodes: {} }, 0],
    ["nodes of another shape", { nodes: [7, ["id"], ["id", { kind: 7, id: "id" }]] }, 1],
  ])("may be a graph of another shape: %s", async (_, graph, nodes) => {
    answering(Response.json(graph))
    expect((await api().graph(RUN_ID)).nodes).toHaveLength(nodes)
  })

  it.each([
    ["in seconds", "120", 120_000],
    ["as a date", new Date(Date.now() + 3_600_000).toUTCString(), 3_600_000],
    ["longer than a day", "999999", 12 * 3_600_000],
  ])("says when to ask again: %s", async (_, header, expected) => {
    answering(new Response(null, { status: 429, headers: { "retry-after": header } }))
    const { retryAfterMs = 0 } = (await failure()).details
    expect(Math.abs(retryAfterMs - expected)).toBeLessThan(5_000)
  })

  it("that breaks off is an outage", async () => {
    const broken = new ReadableStream({ pull: (controller) => controller.error(new Error("broken off")) })
    fakeFetch(() => new Response(broken, { headers: { "content-type": "application/json" } }))
    expect(await failure()).toMatchObject({ message: "Prefect did not answer", kind: "unavailable" })
  })

  it("is an error where the connection fails", async () => {
    fakeFetch()
    expect(await failure()).toMatchObject({ message: "Prefect did not answer", kind: "unavailable" })
  })

  it("is awaited for ten seconds", async () => {
    const timeout = vi.spyOn(AbortSignal, "timeout").mockReturnValue(AbortSignal.abort())
    fakeFetch((request) => {
      request.signal.throwIfAborted()
      return undefined
    })
    expect(await failure()).toMatchObject({ message: "Prefect did not answer", kind: "unavailable" })
    expect(timeout).toHaveBeenCalledWith(10_000)
  })
})
