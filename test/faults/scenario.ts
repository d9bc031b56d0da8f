import * as fc from "fast-check"
import { CATEGORIES } from "../../src/domain/categories"
import { HOUR, MINUTE, SECOND } from "../support/clock"

const MEMBERS = ["bob", "charlie", "dora"] as const
const PEOPLE = ["alice", ...MEMBERS] as const
export type Name = (typeof PEOPLE)[number]

/**
 * The email provider. Throttling: 429 with `retry-after`; failing: 500; unresponsive: it does not answer, and accepts
 * some of the emails.
 */
export type ProviderState = "healthy" | "throttling" | "failing" | "unresponsive"

const category = fc.constantFrom(...CATEGORIES)
const person = fc.constantFrom(...PEOPLE)
/** `fc.record` loses the types of fields that are spread. */
const action = <K extends string, Fields extends object>(
  name: K,
  fields: { [Field in keyof Fields]: fc.Arbitrary<Fields[Field]> },
) => fc.record({ kind: fc.constant(name), ...fields }) as unknown as fc.Arbitrary<{ kind: K } & Fields>

const publish = action("publish", {
  category,
  isUrgent: fc.boolean(),
  /** `alice in both`: in her second organisation too. */
  to: fc.constantFrom<("everybody" | "admins" | "alice in both" | Name)[]>(
    "everybody",
    "everybody",
    "admins",
    "alice in both",
    ...PEOPLE,
  ),
  /** Delay of a scheduled notification. */
  inMs: fc.constantFrom(undefined, undefined, undefined, 5 * MINUTE, HOUR),
  hasKey: fc.boolean(),
})
/** A webhook about one of three runs, so that the same run is reported twice and late. */
const flowRun = action("flow run", {
  index: fc.integer({ min: 0, max: 2 }),
  state: fc.constantFrom("Failed", "Failed", "Crashed", "Running", "Completed"),
  times: fc.integer({ min: 1, max: 3 }),
})

const actions = fc.oneof(
  { weight: 6, arbitrary: publish },
  { weight: 5, arbitrary: flowRun },
  { weight: 2, arbitrary: action("repeat publish", {}) },
  { weight: 2, arbitrary: action("mark as read", { who: person, isAll: fc.boolean() }) },
  { weight: 2, arbitrary: action("switch category", { who: person, category, isOn: fc.boolean() }) },
  { weight: 1, arbitrary: action("switch email", { who: person, isOn: fc.boolean() }) },
  { weight: 1, arbitrary: action("remove member", { who: fc.constantFrom(...MEMBERS) }) },
  { weight: 1, arbitrary: action("add member", { who: fc.constantFrom(...MEMBERS) }) },
  { weight: 1, arbitrary: action("resend", {}) },
  { weight: 2, arbitrary: action("restart objects", {}) },
  {
    weight: 3,
    arbitrary: action("change providers", {
      email: fc.constantFrom<ProviderState[]>("healthy", "throttling", "failing", "unresponsive"),
      isPrefectDown: fc.boolean(),
      isModelDown: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: action("reject address", { who: fc.constantFrom(...MEMBERS) }) },
  {
    weight: 4,
    arbitrary: action("wait", { ms: fc.constantFrom(SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 2 * HOUR) }),
  },
)
export type Action = typeof actions extends fc.Arbitrary<infer Each> ? Each : never

/** Actions in their order. `seed` is for all random choices while they run. */
export const scenario = fc.record({
  actions: fc.array(actions, { minLength: 8, maxLength: 15, size: "max" }),
  seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
})
export type Scenario = { actions: Action[]; seed: number }
