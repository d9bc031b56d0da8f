import * as fc from "fast-check"
import { CATEGORIES } from "../../src/domain/categories"
import { HOUR, MINUTE, SECOND } from "../support/clock"

const MEMBERS = ["ben", "cas", "dot"] as const
const PEOPLE = ["ann", ...MEMBERS] as const
export type Name = (typeof PEOPLE)[number]

/** How the provider is: busy says when to come back, broken says nothing of use, and mute takes some mails and answers nothing. */
export type Weather = "fine" | "busy" | "broken" | "mute"

const category = fc.constantFrom(...CATEGORIES)
const person = fc.constantFrom(...PEOPLE)
/** A record's type is lost where its fields are spread. */
const kind = <K extends string, Fields extends object>(
  name: K,
  fields: { [Field in keyof Fields]: fc.Arbitrary<Fields[Field]> },
) => fc.record({ kind: fc.constant(name), ...fields }) as unknown as fc.Arbitrary<{ kind: K } & Fields>

const tell = kind("tell", {
  category,
  isUrgent: fc.boolean(),
  to: fc.constantFrom<("everybody" | "admins" | Name)[]>("everybody", "everybody", "admins", ...PEOPLE),
  /** When it is to be sent. */
  inMs: fc.constantFrom(undefined, undefined, undefined, 5 * MINUTE, HOUR),
  hasKey: fc.boolean(),
})
/** What Prefect tells of one of few runs, so that the same comes twice and late. */
const run = kind("run", {
  place: fc.integer({ min: 0, max: 2 }),
  state: fc.constantFrom("Failed", "Failed", "Crashed", "Running", "Completed"),
  times: fc.integer({ min: 1, max: 3 }),
})

const act = fc.oneof(
  { weight: 6, arbitrary: tell },
  { weight: 5, arbitrary: run },
  { weight: 2, arbitrary: kind("tell again", {}) },
  { weight: 2, arbitrary: kind("read", { who: person, isAll: fc.boolean() }) },
  { weight: 2, arbitrary: kind("subscribe", { who: person, category, isOn: fc.boolean() }) },
  { weight: 1, arbitrary: kind("want mail", { who: person, isOn: fc.boolean() }) },
  { weight: 1, arbitrary: kind("leave", { who: fc.constantFrom(...MEMBERS) }) },
  { weight: 1, arbitrary: kind("join", { who: fc.constantFrom(...MEMBERS) }) },
  { weight: 1, arbitrary: kind("resend", {}) },
  { weight: 2, arbitrary: kind("evict", {}) },
  {
    weight: 3,
    arbitrary: kind("weather", {
      provider: fc.constantFrom<Weather[]>("fine", "busy", "broken", "mute"),
      isPrefectDown: fc.boolean(),
      isModelDown: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: kind("lose address", { who: fc.constantFrom(...MEMBERS) }) },
  {
    weight: 4,
    arbitrary: kind("wait", { ms: fc.constantFrom(SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 2 * HOUR) }),
  },
)
export type Act = typeof act extends fc.Arbitrary<infer Each> ? Each : never

/** What happens, one after the other; everything else falls as the dice do. */
export const scenario = fc.record({
  acts: fc.array(act, { minLength: 8, maxLength: 15, size: "max" }),
  luck: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
})
export type Scenario = { acts: Act[]; luck: number }
