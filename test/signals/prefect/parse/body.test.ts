import { describe, expect, it } from "vitest"
import { parseBody } from "../../../../src/signals/prefect/parse/body"
import { DEPLOYMENT_ID, failedRun, RUN_ID } from "../../../support/fake-prefect"
import { DEFAULT_MESSAGE, MIGRATED_MESSAGE, prefectEvent, templateFields } from "../../../support/prefect-payloads"

const OTHER_ID = "0f1e2d3c-4b5a-4697-8879-6a5b4c3d2e1f"
const SENTENCE = `Flow run silver-heron with id ${RUN_ID} entered state Failed`

/** The only run that the body names. */
const read = (body: string) => {
  const [event, ...others] = parseBody(body)
  expect(others).toEqual([])
  return event && [event.flowRunId, event.stateName]
}
const readJson = (body: unknown) => read(JSON.stringify(body))
const form = (fields: Record<string, string>) => new URLSearchParams(fields).toString()
const failed = [RUN_ID, "Failed"]

describe("a notification block's JSON", () => {
  it.each<[string, unknown]>([
    ["Dalgo's sentence", { body: SENTENCE }],
    ["the message of Prefect 2", { body: DEFAULT_MESSAGE }],
    ["the same as Prefect 3 took it over", { body: MIGRATED_MESSAGE }],
    ["with a subject and a name", { subject: "Prefect flow run notification", name: "dalgo", body: MIGRATED_MESSAGE }],
    ["without a subject", { subject: "null", body: DEFAULT_MESSAGE }],
    ["with another field name", { text: DEFAULT_MESSAGE, channel: "#alerts" }],
    ["within another object", { event: { kind: "alert", details: [{ text: MIGRATED_MESSAGE }] } }],
    ["as a JSON string", DEFAULT_MESSAGE],
    ["with the id in capitals", { body: DEFAULT_MESSAGE.replaceAll(RUN_ID, RUN_ID.toUpperCase()) }],
    ["with another case and no backticks", { body: DEFAULT_MESSAGE.replace("`Failed`", "FAILED") }],
    ["with the type of the state", { body: SENTENCE.replace("Failed", "StateType.FAILED") }],
    ["an event in its text", { body: JSON.stringify(prefectEvent()) }],
    ["the run in its text", { body: JSON.stringify(failedRun()) }],
    ["the run", { body: failedRun() }],
    ["a message that mentions another run", { body: `${DEFAULT_MESSAGE}flow_run_id: ${OTHER_ID}` }],
    ["a message about another state", { body: `${DEFAULT_MESSAGE}Subflow entered state Completed` }],
    ["a state and an address", { title: "nightly failed", link: `https://prefect.test/runs/flow-run/${RUN_ID}` }],
    ["fields of other names", { run: RUN_ID, status: "FAILED" }],
  ])("is read: %s", (_, body) => {
    expect(readJson(body)).toEqual(failed)
  })
})

describe("a notification block's form", () => {
  it.each<[string, Record<string, string>]>([
    ["Dalgo's sentence", { body: SENTENCE }],
    ["the message of Prefect 2", { subject: "Prefect & more", body: DEFAULT_MESSAGE }],
    ["the same as Prefect 3 took it over", { body: MIGRATED_MESSAGE, name: "dalgo" }],
    ["an event", { payload: JSON.stringify(prefectEvent()) }],
    ["fields of their own", { flow_run_id: RUN_ID, flow_run_state: "Failed" }],
  ])("is read: %s", (_, fields) => {
    expect(read(form(fields))).toEqual(failed)
  })
})

describe("the body of a template", () => {
  const broken = (text: string) => {
    expect(() => JSON.parse(text)).toThrow(SyntaxError)
    return text
  }
  const template = JSON.stringify(templateFields({ message: "@@@" }), null, 1)
  const event = JSON.stringify(prefectEvent({ "prefect.state-message": "@@@" }))

  it.each<[string, string]>([
    ["an event", JSON.stringify(prefectEvent())],
    ["an event among others", JSON.stringify({ automation: { id: OTHER_ID }, events: [prefectEvent()] })],
    ["the fields of a template", JSON.stringify(templateFields())],
    ["a run", JSON.stringify(failedRun())],
    ["a run whose state has the name", JSON.stringify(failedRun({ state_name: null, state_type: null }))],
    ["an id and a state only", `{"flow_run_id":"${RUN_ID}","state":"failed"}`],
    ["the type in place of the state", `{"flow_run_id":"${RUN_ID}","state_type":"FAILED"}`],
    ["Dalgo's sentence, bare", SENTENCE],
    ["Prefect's message, bare", MIGRATED_MESSAGE],
    ["words and an address", `silver-heron has failed: http://localhost:4200/runs/flow-run/${RUN_ID}`],
    ["words and an id", `Run ${RUN_ID} FAILED`],
    ["markdown", `**State:** \`Failed\`\n**Flow run ID:** \`${RUN_ID}\`\n**Flow ID:** \`${OTHER_ID}\``],
    ["fields line by line", `event=prefect.flow-run.Failed\nresource=prefect.flow-run.${RUN_ID}`],
    [
      "an event as Python writes it",
      `event='prefect.flow-run.Failed' resource=Resource(root={'prefect.resource.id': 'prefect.flow-run.${RUN_ID}'}) id=UUID('${OTHER_ID}')`,
    ],
    [
      "a run as Python writes it",
      `id=UUID('${RUN_ID}') flow_id=UUID('${OTHER_ID}') state_details=StateDetails(flow_run_id=UUID('${RUN_ID}')) state_type=StateType.FAILED state_name='Failed'`,
    ],
    ["quotes that break its JSON", broken(template.replace("@@@", 'KeyError: "no" rows'))],
    ["lines that break its JSON", broken(template.replace("@@@", "Traceback:\n  line 9"))],
    ["an event that they break", broken(event.replace("@@@", 'KeyError: "no" rows\nat line 9'))],
    ["a message broken in a body", broken(`{"body": "${MIGRATED_MESSAGE}with "quotes""}`)],
    ["a broken text that tells of another state", broken(`{"m": "task in state "Completed"", ${template.slice(1)}`)],
    ["None where JSON has null", broken(template.replace('"@@@"', "None"))],
    ["a trailing comma", broken(`{"flow_run_id": "${RUN_ID}", "state_name": "Failed",}`)],
  ])("is read: %s", (_, body) => {
    expect(read(body)).toEqual(failed)
  })
})

describe("the state", () => {
  it.each([
    ["Failed", "Failed"],
    ["FAILED", "Failed"],
    ["crashed", "Crashed"],
    ["TimedOut", "TimedOut"],
    ["Timed Out", "TimedOut"],
    ["timed_out", "TimedOut"],
    ["Awaiting Retry", "AwaitingRetry"],
    ["DBT_TEST_FAILED", "DBT_TEST_FAILED"],
    ["Completed", "Completed"],
    ["Late", "Late"],
    ["Upstream is down", "Upstream is down"],
    ["असफल", "असफल"],
  ])("may be written %s", (written, stateName) => {
    const expected = [RUN_ID, stateName]
    expect(readJson({ body: SENTENCE.replace("Failed", written) })).toEqual(expected)
    expect(readJson({ body: SENTENCE.replace("Failed", `\`${written}\`.`) })).toEqual(expected)
    expect(readJson({ body: MIGRATED_MESSAGE.replace("Failed", written) })).toEqual(expected)
    expect(readJson(prefectEvent({}, { name: written }))).toEqual(expected)
    expect(readJson(templateFields({ state_name: written }))).toEqual(expected)
    expect(read(`{${JSON.stringify(templateFields({ event: undefined, state_name: written }))}`)).toEqual(expected)
  })

  it.each([
    ["its payload", prefectEvent({ "prefect.state-name": "Running" }), "Failed"],
    ["its resource", { ...prefectEvent({ "prefect.state-name": "Crashed" }), payload: null }, "Crashed"],
    [
      "its name",
      { ...prefectEvent({ "prefect.state-name": 1 }), event: "prefect.flow-run.TimedOut", payload: {} },
      "TimedOut",
    ],
  ])("of an event is in %s", (_, event, stateName) => {
    expect(readJson(event)).toEqual([RUN_ID, stateName])
  })

  it("is cut at 100 characters", () => {
    const { stateName, embedded: told } =
      parseBody(JSON.stringify(prefectEvent({}, { name: "x".repeat(10_000) })))[0] ?? {}
    expect(stateName).toBe("x".repeat(100))
    expect(told?.run.state_name).toBe(stateName)
  })
})

describe("the run that a body describes", () => {
  const told = (body: unknown) => parseBody(JSON.stringify(body))[0]?.embedded

  it("has what Prefect's API would answer", () => {
    expect(told(prefectEvent())).toEqual({
      run: {
        id: RUN_ID,
        name: "silver-heron",
        deployment_id: DEPLOYMENT_ID,
        run_count: 1,
        state_type: "FAILED",
        state_name: "Failed",
        state: {
          message: "RuntimeError: the survey source refused the login",
          timestamp: Date.UTC(2026, 10, 20, 2, 41, 17, 212),
        },
        tags: ["acme", "auto-scheduled"],
      },
      deployment: { id: DEPLOYMENT_ID, name: "nightly-survey" },
    })
  })

  it("may come from the fields of a template, with parameters", () => {
    const { run, deployment } = told(templateFields({ tags: ["acme"] })) ?? {}
    const parameters = { config: { org_slug: "acme", tasks: [] } }
    expect(run).toEqual({ ...told(prefectEvent())?.run, run_count: undefined, tags: ["acme"], parameters })
    expect(deployment).toEqual({ id: DEPLOYMENT_ID, name: "nightly-survey" })
  })

  it.each<[string, object]>([
    ["Python's None", templateFields({ deployment_id: "None", deployment_name: null })],
    ["no deployment among what is related", { ...prefectEvent(), related: [] }],
  ])("has no deployment: %s", (_, body) => {
    expect(told(body)).toMatchObject({ run: { deployment_id: null }, deployment: undefined })
  })

  it.each<[string, object, string | undefined]>([
    ["as it is", { state_type: "StateType.CRASHED" }, "CRASHED"],
    ["by the state's name", { state_type: undefined }, "FAILED"],
    ["not at all for a custom name", { state_type: undefined, state_name: "Upstream is down" }, undefined],
  ])("has the state's type %s", (_, changes, type) => {
    expect(told(templateFields(changes))?.run.state_type).toBe(type)
  })

  it("is left out where the body says nothing of a deployment", () => {
    expect(told(templateFields({ deployment_id: undefined }))).toBeUndefined()
  })

  it("may be a subflow", () => {
    const parent = { "prefect.resource.id": `prefect.task-run.${OTHER_ID}`, "prefect.resource.role": "task-run" }
    const { related, ...event } = prefectEvent()
    expect(parseBody(JSON.stringify({ ...event, related: [...related, parent] }))[0]?.isSubflow).toBe(true)
    expect(parseBody(JSON.stringify({ ...event, related }))[0]?.isSubflow).toBe(false)
    expect(parseBody(JSON.stringify(failedRun({ parent_task_run_id: OTHER_ID })))[0]?.isSubflow).toBe(true)
  })

  it.each<[string, object]>([
    ["related that is no list", { related: "acme" }],
    ["a payload of another shape", { payload: { validated_state: 7 } }],
    ["neither", { related: null, payload: null }],
  ])("is read though other fields have any shape: %s", (_, changes) => {
    expect(readJson({ ...prefectEvent(), ...changes })).toEqual(failed)
  })
})

describe("a body without a run or without a state", () => {
  it.each<[string, string]>([
    ["nothing", ""],
    ["a text", "Flow run failed"],
    ["a form", form({ body: "Flow run failed" })],
    ["an id alone", RUN_ID],
    ["an id that is too long", `Run ${RUN_ID}0 failed`],
    ["an id without hyphens", `Run ${RUN_ID.replaceAll("-", "")} failed`],
    ["two ids, either of which could be the run's", `Run ${RUN_ID} of ${OTHER_ID} failed`],
    ["a text that is no state", `Run ${RUN_ID} is running late`],
    [
      "a template that was not filled",
      '{"flow_run_id": "{{ flow_run.id }}", "state_name": "{{ flow_run.state.name }}"}',
    ],
    [
      "a template that could not be filled",
      'Failed to render template due to the following error: UndefinedError()\nTemplate source:\n{"flow_run_id": "{{ run.id }}"}',
    ],
    ["an event about something else", JSON.stringify({ event: "prefect.work-pool.not-ready", id: OTHER_ID })],
    [
      "an automation's own",
      `{"event":"prefect.automation.triggered","resource":{"prefect.resource.id":"prefect.automation.${OTHER_ID}"}}`,
    ],
    ["a pattern of events", `prefect.flow-run.* of ${RUN_ID}`],
  ])("is not read: %s", (_, body) => {
    expect(parseBody(body)).toEqual([])
  })

  it.each<[string, string]>([
    ["much nesting", "[".repeat(30_000) + "]".repeat(30_000)],
    ["many fields", JSON.stringify(Array.from({ length: 9_000 }, () => ({})))],
    ["many texts", JSON.stringify(Array.from({ length: 3_000 }, () => "flow run id state: "))],
    ["JSON in JSON", Array.from({ length: 12 }).reduce<string>((text) => JSON.stringify({ body: text }), "{}")],
    ["labels", "flow run id ".repeat(5_000)],
    ["states", "entered state `".repeat(4_000)],
    ["ids", `${OTHER_ID} ${RUN_ID} `.repeat(800)],
    ["quotes", 'state_name: "'.repeat(5_000)],
    ["backslashes", `state_name: ${"\\".repeat(60_000)}`],
    ["spaces", `state${" ".repeat(60_000)}`],
    ["dots", `Flow run ID: ${RUN_ID} entered state ${".".repeat(60_000)}x`],
  ])("takes less than half a second: %s", (_, body) => {
    const start = performance.now()
    parseBody(body)
    expect(performance.now() - start).toBeLessThan(500)
  })
})
