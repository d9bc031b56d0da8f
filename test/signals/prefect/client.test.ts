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

  it.each<[string, Response, string, boolean]>([
    ["404, which is isNotFound", Response.json({ detail: "Not Found" }, { status: 404 }), "Prefect answered 404", true],
    ["500", new Response("oops", { status: 500 }), "Prefect answered 500", false],
    ["429", new Response(null, { status: 429 }), "Prefect answered 429", false],
    [
      "a redirect, which is not followed",
      new Response(null, { status: 302, headers: { location: "https://elsewhere.test/" } }),
      "Prefect answered 302",
      false,
    ],
    ["not JSON", new Response("<html>"), "Prefect answered something unknown", false],
    ["another shape", Response.json([]), "Prefect answered something unknown", false],
  ])("is an error: %s", async (_, response, message, isNotFound) => {
    answering(response)
    expect(await failure()).toMatchObject({ message, isNotFound })
  })

  it("is an error where the connection fails", async () => {
    fakeFetch()
    expect(await failure()).toMatchObject({ message: "Prefect did not answer", isNotFound: false })
  })

  it("is awaited for ten seconds", async () => {
    const timeout = vi.spyOn(AbortSignal, "timeout").mockReturnValue(AbortSignal.abort())
    fakeFetch((request) => {
      request.signal.throwIfAborted()
      return undefined
    })
    expect(await failure()).toMatchObject({ message: "Prefect did not answer", isNotFound: false })
    expect(timeout).toHaveBeenCalledWith(10_000)
  })
})
