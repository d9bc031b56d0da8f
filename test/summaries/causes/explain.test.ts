import { describe, expect, it } from "vitest"
import type { Cause } from "../../../src/summaries/causes/cause"
import { explainCause } from "../../../src/summaries/causes/explain"
import { CAUSES } from "../../../src/summaries/causes/table"

const causeNamed = (id: string): Cause => {
  const cause = CAUSES.find((candidate) => candidate.id === id)
  if (!cause) throw new Error(`no cause ${id}`)
  return cause
}

const ALL_SLOTS = {
  connection: "Household survey",
  source: "KoboToolbox",
  warehouse: "Programme database",
  pipeline: "Nightly",
  table: "VISITS",
  column: "ward",
  value: "Asha, 12 years",
  model: "STG_VISITS",
  tests: "unique_visits_id",
  number: "1",
  duration: "2 hours",
  last_good: "27 November, 9:30 pm IST",
}

const WITHOUT_JARGON =
  /\b(?:tokens?|OAuth|schemas?|DNS|TLS|SSL|quer(?:y|ies)|merge|nodes?|pods?|APIs?|HTTPS?|[345]\d\d|exit codes?|stack|traceback|exception)\b/i
const PROMISES =
  /will work|is being (?:fixed|mended|repaired)|works? tomorrow|guarantee|Dalgo's team (?:is|was|has been) told/i
const HARM = /\bdelete\b|\breset\b|turn off|switch off encryption|allow all|all rights|ignore the (?:test|check)/i
const CLAIMS = /no data (?:was|is) lost|did not load|everything else is fine|dashboards are wrong/i
const BLAME = /\byou (?:broke|deleted|forgot|changed)|your fault|somebody (?:deleted|broke|changed)/i

describe("each known cause", () => {
  const explained = CAUSES.flatMap((cause) =>
    [{}, ALL_SLOTS].flatMap((slots) =>
      ([undefined, "source", "destination"] as const).map((origin) => ({
        cause,
        ...explainCause(cause, slots, { origin }),
      })),
    ),
  )

  it("is in the table once", () => {
    expect(CAUSES).toHaveLength(61)
    expect(new Set(CAUSES.map(({ id }) => id)).size).toBe(61)
  })

  it("has patterns with the flags i and m, and without a state between two matches", () => {
    const patterns = CAUSES.flatMap((cause) => [...cause.patterns, ...(cause.wrappingPatterns ?? [])])
    expect(patterns.filter(({ flags }) => flags !== "im")).toEqual([])
    expect(CAUSES.filter((cause) => cause.patterns.length + (cause.wrappingPatterns?.length ?? 0) === 0)).toEqual([])
  })

  it("is said in whole sentences without an empty slot", () => {
    const texts = explained.flatMap(({ what, data, advice }) => [what, data, advice])
    expect(
      texts.filter(
        (text) => !/^["\p{Lu}\d].*[.]$/u.test(text) || /[{}]|undefined|null|NaN| {2}|\s[.,;:](?!\w)|""/.test(text),
      ),
    ).toEqual([])
    expect(explained.filter(({ what }) => /[.!?] /.test(what))).toEqual([])
  })

  it("is said without jargon, promises, blame, claims and harmful advice", () => {
    const firstSentence = (text: string) => text.split(/(?<=[.]) /)[0] ?? ""
    const plain = explained.flatMap(({ what, data, advice }) => [what, data, firstSentence(advice)])
    expect(plain.filter((text) => WITHOUT_JARGON.test(text))).toEqual([])
    const all = explained.flatMap(({ what, data, advice }) => [what, data, advice])
    for (const never of [PROMISES, HARM, CLAIMS, BLAME]) expect(all.filter((text) => never.test(text))).toEqual([])
  })

  it("names Prefect never, and dbt and Airbyte only where people see the name in Dalgo", () => {
    expect(explained.filter(({ what, advice }) => /prefect/i.test(what + advice))).toEqual([])
    const namesDbt = CAUSES.filter((cause) => /\bdbt\b/.test(explainCause(cause, {}).what))
    expect(namesDbt.map(({ id }) => id)).toEqual(["dbt-version"])
    const namesAirbyte = CAUSES.filter((cause) => /\bAirbyte\b/.test(explainCause(cause, {}).what))
    expect(namesAirbyte.map(({ id }) => id)).toEqual([
      "airbyte-status-unread",
      "structure-changed",
      "connection-disabled",
      "sync-stalled",
      "airbyte-worker-lost",
      "source-check-failed",
    ])
  })

  it("names who can mend it", () => {
    const names: Record<Cause["who"], RegExp> = {
      you: /\b(?:The person whose|The sheet's owner|Whoever owns|Look |Open |Find |Fill )/,
      admin: /\byour admin\b/i,
      owner: /\bwhoever (?:manages|runs)\b/i,
      modeller: /\bwhoever writes your dbt models\b/i,
      dalgo: /\bDalgo's team\b/,
      nobody: /^Nothing to (?:do|mend)/,
    }
    expect(
      CAUSES.filter((cause) => !names[cause.who].test(explainCause(cause, {}).advice)).map(({ id }) => id),
    ).toEqual([])
  })

  it("says that nothing is asked of the reader where only Dalgo's team can act", () => {
    const silent = CAUSES.filter(({ who }) => who === "dalgo").filter(
      (cause) => !/^Nothing to do|^Ask Dalgo's team/.test(explainCause(cause, {}).advice),
    )
    expect(silent).toEqual([])
  })

  it("never says a cell's value but to members", () => {
    expect(explained.filter(({ what, data, advice }) => (what + data + advice).includes("Asha"))).toEqual([])
    expect(explainCause(causeNamed("value-unreadable"), ALL_SLOTS).forMembers).toBe(
      'The value that was found: "Asha, 12 years".',
    )
    expect(explainCause(causeNamed("value-unreadable"), {}).forMembers).toBeUndefined()
  })

  it("says what a clearing of data costs", () => {
    const clears = CAUSES.filter((cause) => /\bclears?\b/.test(explainCause(cause, {}).advice))
    expect(clears.map(({ id }) => id)).toEqual(["replication-position-lost"])
    expect(explainCause(causeNamed("replication-position-lost"), {}).advice).toContain(
      "takes long, and the tables may be empty meanwhile",
    )
  })
})

describe("the slots", () => {
  it.each([
    ["sheet-not-shared", {}, "The source is not shared with the account that Dalgo uses."],
    ["sheet-not-shared", { source: "Visits 2026" }, "Visits 2026 is not shared with the account that Dalgo uses."],
    ["dbt-test-failed", {}, "Some checks of your data failed."],
    ["dbt-test-failed", { number: "1", tests: "unique_id" }, "1 check of your data failed: unique_id."],
    ["dbt-test-failed", { number: "3", tests: "a, b and c" }, "3 checks of your data failed: a, b and c."],
    [
      "column-missing",
      { column: "ward", table: "visits" },
      'visits no longer has the column "ward"; it was probably renamed or deleted in the form or sheet.',
    ],
    [
      "column-missing",
      { column: "ward", model: "stg_visits" },
      'A table that stg_visits reads no longer has the column "ward"; it was probably renamed or deleted in the form or sheet.',
    ],
    [
      "column-missing",
      {},
      "A table no longer has one of its columns; it was probably renamed or deleted in the form or sheet.",
    ],
    [
      "run-timed-out",
      { duration: "2 hours", pipeline: "Nightly" },
      "Nightly took longer than the 2 hours it is allowed, and was stopped.",
    ],
    ["run-timed-out", {}, "The pipeline took longer than the time it is allowed, and was stopped."],
    [
      "sync-stalled",
      {},
      "Airbyte stopped the connection because the source or the warehouse had done nothing for too long.",
    ],
  ])("of %s are filled from %o", (id, slots, what) => {
    expect(explainCause(causeNamed(id), slots).what).toBe(what)
  })

  it.each([
    [
      undefined,
      "The source or the warehouse did not answer; most likely it is switched off, or a firewall keeps Dalgo out.",
    ],
    ["source", "KoboToolbox did not answer; most likely it is switched off, or a firewall keeps Dalgo out."],
    ["destination", "The warehouse did not answer; most likely it is switched off, or a firewall keeps Dalgo out."],
  ] as const)("name the side that failed: %s", (origin, what) => {
    expect(explainCause(causeNamed("unreachable"), { source: "KoboToolbox" }, { origin }).what).toBe(what)
  })

  it.each([
    ["dns", {}, "Dashboards show the data of before."],
    ["dns", { last_good: "27 November, 9:30 pm IST" }, "Dashboards show the data of 27 November, 9:30 pm IST."],
    [
      "column-missing",
      { model: "stg_visits", table: "visits" },
      "stg_visits and what is built on it show the data of before; other tables may be up to date.",
    ],
    [
      "db-permission",
      {},
      "This table and what is built on it show the data of before; other tables may be up to date.",
    ],
  ])("of what %s means for the data are filled from %o", (id, slots, data) => {
    expect(explainCause(causeNamed(id), slots).data).toBe(data)
  })

  it("stand for themselves: braces in a name are no slot", () => {
    expect(explainCause(causeNamed("sheet-not-shared"), { source: "{table}" }).what).toMatch(/^\{table\} is not shared/)
  })
})

describe("a cause that comes back", () => {
  const advice = (id: string, timesInARow?: number) =>
    explainCause(causeNamed(id), {}, timesInARow === undefined ? {} : { timesInARow })

  it("is nobody's for two runs, and the admin's from the third on, where waiting should have helped", () => {
    for (const times of [undefined, 1, 2]) expect(advice("connection-lost", times)).toMatchObject({ who: "nobody" })
    expect(advice("connection-lost", 3)).toMatchObject({
      who: "admin",
      advice:
        "This is the 3rd time in a row, so waiting has not helped: your admin looks at it, or tells Dalgo's team.",
    })
    expect(advice("connection-lost", 11).advice).toMatch(/^This is the 11th time in a row/)
    expect(advice("connection-lost", 22).advice).toMatch(/^This is the 22nd time in a row/)
  })

  it("is told to Dalgo's team where it is theirs and waiting should have helped", () => {
    expect(advice("dalgo-part-unreachable", 3)).toMatchObject({
      who: "dalgo",
      advice: "This is the 3rd time in a row, so waiting has not helped: your admin tells Dalgo's team.",
    })
  })

  it("keeps its advice where somebody must mend it anyway", () => {
    expect(advice("sheet-not-shared", 5)).toEqual(advice("sheet-not-shared"))
  })
})
