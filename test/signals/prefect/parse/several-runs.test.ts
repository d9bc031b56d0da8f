import { describe, expect, it } from "vitest"
import { parseBody } from "../../../../src/signals/prefect/parse/body"
import { UNKNOWN_STATE } from "../../../../src/signals/prefect/states"
import { DEPLOYMENT_ID, failedRun } from "../../../support/fake-prefect"
import { DEFAULT_MESSAGE, MIGRATED_MESSAGE, prefectEvent, templateFields } from "../../../support/prefect-payloads"
import { RUN_ID } from "../../../support/fake-prefect"
import { runId } from "../../../support/prefect-webhook"

const [A, B, C] = [runId(1), runId(2), runId(3)]
const DEFAULT_OF_B = DEFAULT_MESSAGE.replaceAll(RUN_ID, B).replace("`Failed`", "`Crashed`")
const eventOf = (id: string, state = "Failed") => ({
  ...prefectEvent({ "prefect.resource.id": `prefect.flow-run.${id}` }, { name: state }),
  event: `prefect.flow-run.${state}`,
})
const fieldsOf = (id: string, state_name = "Failed") => templateFields({ flow_run_id: id, state_name })
const sentence = (id: string, state = "Failed") => `Flow run amber-otter with id ${id} entered state ${state}`

const read = (body: unknown) =>
  parseBody(typeof body === "string" ? body : JSON.stringify(body)).map(({ flowRunId, stateName }) => [
    flowRunId,
    stateName,
  ])
const both = [
  [A, "Failed"],
  [B, "Crashed"],
]

describe("each run of a body is read:", () => {
  it.each<[string, unknown]>([
    ["a list of events", [eventOf(A), eventOf(B, "Crashed")]],
    ["lists in lists", [[[eventOf(A)]], [eventOf(B, "Crashed")]]],
    ["an event and the fields of a template", [eventOf(A), fieldsOf(B, "Crashed")]],
    ["a list in a field", { automation: { name: "failures" }, events: [eventOf(A), eventOf(B, "Crashed")] }],
    ["runs as Prefect has them", [failedRun({ id: A }), failedRun({ id: B, state_name: "Crashed" })]],
    ["runs by their id", { [A]: fieldsOf(A), [B]: fieldsOf(B, "Crashed") }],
    [
      "fields with other names",
      {
        runs: [
          { run: A, status: "FAILED" },
          { run: B, status: "CRASHED" },
        ],
      },
    ],
    ["JSON in a text", { body: JSON.stringify([eventOf(A), eventOf(B, "Crashed")]) }],
    ["JSON texts in a list", [JSON.stringify(eventOf(A)), JSON.stringify(eventOf(B, "Crashed"))]],
    ["sentences in a list", [{ body: sentence(A) }, { body: sentence(B, "Crashed") }]],
    ["sentences line by line", { body: `${sentence(A)}\n${sentence(B, "Crashed")}` }],
    ["sentences in one line", `${sentence(A)}. ${sentence(B, "Crashed")}.`],
    [
      "a list with words",
      `2 flow runs:\n- a with id ${A} entered state Failed\n- b with id ${B} entered state Crashed`,
    ],
    ["two default messages", `${DEFAULT_MESSAGE.replaceAll(RUN_ID, A)}\n${DEFAULT_OF_B}`],
    ["JSON line by line", `${JSON.stringify(eventOf(A))}\n${JSON.stringify(eventOf(B, "Crashed"))}\n`],
    ["JSON, one after the other", JSON.stringify(fieldsOf(A)) + JSON.stringify(fieldsOf(B, "Crashed"))],
    [
      "JSON with commas between",
      `${JSON.stringify(fieldsOf(A), null, 1)},\n${JSON.stringify(fieldsOf(B, "Crashed"), null, 1)},`,
    ],
    [
      "JSON line by line, one of them broken",
      `${JSON.stringify(fieldsOf(A))}\n{"flow_run_id": "${B}", "state_name": "Crashed", "message": "no "rows""}`,
    ],
    [
      "a broken list",
      `[{"flow_run_id": "${A}", "state_name": "Failed", "message": "no "rows""}, {"flow_run_id": "${B}", "state_name": "Crashed"}]`,
    ],
    ["a table", `| run | state |\n|---|---|\n| ${A} | Failed |\n| ${B} | Crashed |`],
    ["comma-separated values", `id,name,state\n${A},a,Failed\n${B},b,Crashed\n`],
    [
      "links",
      `- [Failed](https://prefect.test/runs/flow-run/${A})\n- [Crashed](https://prefect.test/runs/flow-run/${B})`,
    ],
    [
      "a form",
      new URLSearchParams([
        ["body", sentence(A)],
        ["body", sentence(B, "Crashed")],
      ]).toString(),
    ],
  ])("%s", (_, body) => {
    expect(read(body)).toEqual(both)
  })

  it("three of them", () => {
    expect(read([eventOf(A), eventOf(B, "Crashed"), eventOf(C, "Completed")])).toEqual([...both, [C, "Completed"]])
  })

  it("those whose state is empty too", () => {
    expect(read([fieldsOf(A, ""), fieldsOf(B, "Crashed")])).toEqual([
      [A, "Failed"],
      [B, "Crashed"],
    ])
    expect(
      read([
        { flow_run_id: A, state_name: "" },
        { flow_run_id: B, state_name: "Crashed" },
      ]),
    ).toEqual([
      [A, UNKNOWN_STATE],
      [B, "Crashed"],
    ])
  })
})

describe("one run is one event:", () => {
  it.each<[string, unknown]>([
    ["the same event twice", [eventOf(A), eventOf(A)]],
    ["the same run in two forms", { event: eventOf(A), flow_run: failedRun({ id: A }), text: sentence(A) }],
    ["its sentence twice", `${sentence(A)}\n${sentence(A.toUpperCase())}`],
    ["that ran before it failed", [eventOf(A, "Running"), eventOf(A)]],
    [
      "beside its parent",
      { flow_run_id: A, parent_flow_run_id: B, state_name: "Failed", deployment_id: DEPLOYMENT_ID },
    ],
    [
      "beside its parent, in a text",
      `Parent flow run ID: ${B}\nFlow run ID: ${A}\nDeployment ID: ${C}\nState: \`Failed\``,
    ],
    [
      "beside its parent, in broken JSON",
      `{"parent_flow_run_id": "${B}", "flow_run_id": "${A}", "state_name": "Failed", "message": "no "rows""}`,
    ],
    ["beside its deployment", { flow_run: failedRun({ id: A }), deployment: { id: DEPLOYMENT_ID, name: "nightly" } }],
    ["whose message names another", fieldsOf(A)],
    [
      "whose message has another's sentence",
      templateFields({ flow_run_id: A, message: `child: ${sentence(B, "Crashed")}` }),
    ],
    ["whose text names another", DEFAULT_MESSAGE.replaceAll(RUN_ID, A) + `child flow run ID: ${B}`],
  ])("%s", (_, body) => {
    expect(read(body)).toEqual([[A, "Failed"]])
  })

  it("the latest state counts", () => {
    const at = (time: string, state: string) => ({
      ...fieldsOf(A, state),
      state_type: state.toUpperCase(),
      occurred: time,
    })
    const [earlier, later] = [at("2026-11-20T02:00:00Z", "Failed"), at("2026-11-20T03:00:00Z", "Completed")]
    expect(read([earlier, later])).toEqual([[A, "Completed"]])
    expect(read([later, earlier])).toEqual([[A, "Completed"]])
  })
})

describe("a run without a state is read, for Prefect to be asked:", () => {
  const empty = DEFAULT_MESSAGE.replaceAll(RUN_ID, A).replace("`Failed`", "``")

  it.each<[string, unknown]>([
    ["the default message", empty],
    ["the same in JSON", { body: empty }],
    ["the same without a state message", empty.replace(/State message: .*/, "State message: ")],
    ["the migrated message", MIGRATED_MESSAGE.replaceAll(RUN_ID, A).replace("`Failed`", "``")],
    ["Dalgo's sentence", { body: `Flow run amber-otter with id ${A} entered state ` }],
    ["null", { flow_run_id: A, state_name: null }],
    ["an empty text", { flow_run_id: A, state_name: "", state_type: "" }],
    ["None", { flow_run_id: A, state_name: "None", state_type: "None" }],
    ["a template that was not filled", { flow_run_id: A, state_name: "{{ flow_run.state.name }}" }],
    ["no field for it", { flow_run_id: A }],
    ["a run with no state", failedRun({ id: A, state: null, state_name: null, state_type: null })],
    ["a link", `See https://prefect.test/runs/flow-run/${A}`],
    ["a form", new URLSearchParams({ flow_run_id: A, state: "" }).toString()],
  ])("%s", (_, body) => {
    expect(read(body)).toEqual([[A, UNKNOWN_STATE]])
  })

  it.each<[string, unknown, string]>([
    [
      "the name of its event",
      { ...eventOf(A), resource: { ...eventOf(A).resource, "prefect.state-name": "" }, payload: null },
      "Failed",
    ],
    [
      "the name of its event, in a template",
      { event: "prefect.flow-run.TimedOut", flow_run_id: A, state_name: "" },
      "TimedOut",
    ],
    ["its type", { flow_run_id: A, state_name: "", state_type: "CRASHED" }, "Crashed"],
    ["another field", { flow_run_id: A, state_name: "", data: { id: A, name: "a", state_name: "Failed" } }, "Failed"],
    ["its text", { flow_run_id: A, title: "amber-otter has failed" }, "Failed"],
  ])("unless it is in %s", (_, body, state) => {
    expect(read(body)).toEqual([[A, state]])
  })
})

describe("a body of a megabyte is read in less than ten seconds:", () => {
  const MIB = 1_048_576
  const fill = (text: string) => text.repeat(Math.ceil(MIB / text.length))

  it.each<[string, string]>([
    ["nesting", "[".repeat(MIB / 2) + "]".repeat(MIB / 2)],
    ["open brackets", "[{".repeat(MIB / 2)],
    ["quotes", `{"${fill('\\"')}`],
    ["objects", `[${fill('{"a":{}},')}{}]`],
    ["objects after one another", fill('{"a":[{}]}')],
    ["lines of broken JSON", fill('{"flow_run_id": \n')],
    ["labels", fill("flow run id ")],
    ["states", fill("entered state `")],
    ["ids", fill(`${A} `)],
    ["sentences", fill(`${sentence(A)}\n`)],
    ["many runs", Array.from({ length: 9_000 }, (_, i) => sentence(runId(i))).join("\n")],
    [
      "many runs and states by turns",
      Array.from({ length: 9_000 }, (_, i) => `flow run id: ${runId(i)} in state X`).join(" "),
    ],
    ["spaces", `Flow run x with id ${A} entered state${" ".repeat(MIB)}x`],
    ["a form", `a=${fill("flow+run+id+")}`],
    ["a long message", JSON.stringify(templateFields({ message: fill("flow run id state: ") }))],
  ])("%s", (_, body) => {
    const start = performance.now()
    parseBody(body)
    expect(performance.now() - start).toBeLessThan(10_000)
  })
})
