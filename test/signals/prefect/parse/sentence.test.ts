import { describe, expect, it } from "vitest"
import { parseSentence } from "../../../../src/signals/prefect/parse/sentence"

const ID = "0f1e2d3c-4b5a-4697-8879-6a5b4c3d2e1f"

describe("Dalgo's sentence", () => {
  const read = (stateName: string) => ({ flowRunId: ID, stateName })

  it.each<[string, string, ReturnType<typeof read>]>([
    ["as Dalgo's Prefect sends it", `Flow run amber-otter with id ${ID} entered state Failed`, read("Failed")],
    ["a name with spaces", `Flow run my own run with id ${ID} entered state Crashed`, read("Crashed")],
    ["a name with hyphens and digits", `Flow run a-1-b-2 with id ${ID} entered state Failed`, read("Failed")],
    ["a name in another script", `Flow run नीला-हंस with id ${ID} entered state Failed`, read("Failed")],
    [
      "a name that reads like the sentence",
      `Flow run one with id two with id ${ID} entered state Failed`,
      read("Failed"),
    ],
    ["TimedOut", `Flow run amber-otter with id ${ID} entered state TimedOut`, read("TimedOut")],
    [
      "DBT_TEST_FAILED, whole",
      `Flow run amber-otter with id ${ID} entered state DBT_TEST_FAILED`,
      read("DBT_TEST_FAILED"),
    ],
    [
      "a state of several words",
      `Flow run amber-otter with id ${ID} entered state Awaiting Retry`,
      read("AwaitingRetry"),
    ],
    ["a full stop at the end", `Flow run amber-otter with id ${ID} entered state Failed.`, read("Failed")],
    ["an id in capitals", `Flow run amber-otter with id ${ID.toUpperCase()} entered state Failed`, read("Failed")],
    ["white space around it", `\n  Flow run amber-otter with id ${ID} entered state Failed \r\n`, read("Failed")],
  ])("is read: %s", (_, sentence, expected) => {
    expect(parseSentence(sentence)).toEqual(expected)
  })

  it.each([
    ["nothing", ""],
    ["another sentence", "Hello"],
    ["no name", `Flow run  with id ${ID} entered state Failed`],
    ["no state", `Flow run amber-otter with id ${ID} entered state `],
    ["no id", "Flow run amber-otter with id entered state Failed"],
    ["an id that is too short", `Flow run amber-otter with id ${ID.slice(1)} entered state Failed`],
    ["an id that is too long", `Flow run amber-otter with id ${ID}0 entered state Failed`],
    [
      "an id with a letter that is no digit",
      `Flow run amber-otter with id ${ID.replace("0", "g")} entered state Failed`,
    ],
    ["an id without hyphens", `Flow run amber-otter with id ${ID.replaceAll("-", "")} entered state Failed`],
    ["an id with hyphens elsewhere", `Flow run amber-otter with id ${ID.replace("c-4", "-c4")} entered state Failed`],
    ["words before it", `Beware: Flow run amber-otter with id ${ID} entered state Failed`],
    ["a second line", `Flow run amber-otter with id ${ID} entered state Failed\nand more`],
  ])("is not read: %s", (_, sentence) => {
    expect(parseSentence(sentence)).toBeUndefined()
  })

  it("takes less than half a second for 64,000 characters", () => {
    const start = performance.now()
    parseSentence(`Flow run amber-otter with id ${ID} entered state ${" ".repeat(64_000)}x\ny`)
    parseSentence(`Flow run ${" with id".repeat(8_000)}`)
    expect(performance.now() - start).toBeLessThan(500)
  })
})
