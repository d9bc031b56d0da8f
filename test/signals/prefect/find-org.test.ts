import { describe, expect, it } from "vitest"
import { candidateSlugs } from "../../../src/signals/prefect/find-org"
import { FlowRun } from "../../../src/signals/prefect/schemas"
import { failedRun } from "../../support/outside"

const run = (changes: object = {}) => FlowRun.parse(failedRun(changes))

describe("whose run it may be", () => {
  it.each<[string, object, string[]]>([
    ["what the parameters say comes first, then the tags", {}, ["acme", "auto-scheduled", "acme"]],
    ["without parameters, the tags", { parameters: null }, ["auto-scheduled", "acme"]],
    ["without a slug in them, the tags", { parameters: { config: { org_slug: "" } } }, ["auto-scheduled", "acme"]],
    ["parameters of another shape are none", { parameters: { config: "acme" } }, ["auto-scheduled", "acme"]],
    ["nobody's", { parameters: {}, tags: [] }, []],
  ])("%s", (_, changes, expected) => {
    expect(candidateSlugs(run(changes))).toEqual(expected)
  })

  it("does without tags where Prefect names none", () => {
    const { tags: _, ...untagged } = failedRun({ parameters: null })
    expect(candidateSlugs(FlowRun.parse(untagged))).toEqual([])
  })
})
