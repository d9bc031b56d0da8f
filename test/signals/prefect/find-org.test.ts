import { describe, expect, it } from "vitest"
import { candidateSlugs } from "../../../src/signals/prefect/find-org"
import { FlowRun } from "../../../src/signals/prefect/schemas"
import { failedRun } from "../../support/fake-prefect"

const run = (changes: object = {}) => FlowRun.parse(failedRun(changes))

describe("the slugs that may name a run's organisation", () => {
  it.each<[string, object, string[]]>([
    ["are the parameters' slug alone, whatever the tags are", { tags: ["globex"] }, ["acme"]],
    ["are the tags where there are no parameters", { parameters: null }, ["auto-scheduled", "acme"]],
    [
      "are the tags where the parameters' slug is empty",
      { parameters: { config: { org_slug: "" } } },
      ["auto-scheduled", "acme"],
    ],
    [
      "are the tags where the parameters have another shape",
      { parameters: { config: "acme" } },
      ["auto-scheduled", "acme"],
    ],
    ["are each tag once", { parameters: null, tags: ["acme", "", "acme"] }, ["acme"]],
    ["are the parameters' slug without white space", { parameters: { config: { org_slug: " acme " } } }, ["acme"]],
    ["are none where there are no tags either", { parameters: {}, tags: [] }, []],
  ])("%s", (_, changes, expected) => {
    expect(candidateSlugs(run(changes))).toEqual(expected)
  })

  it("are none where Prefect leaves out the tags", () => {
    const { tags: _, ...untagged } = failedRun({ parameters: null })
    expect(candidateSlugs(FlowRun.parse(untagged))).toEqual([])
  })
})
