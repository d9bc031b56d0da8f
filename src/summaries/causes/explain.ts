import type { Cause, Meaning, Origin, Slot, Slots, Template, Who } from "./cause"

/** After so many equal failures in a row waiting is no advice any more. */
const TOO_MANY_IN_A_ROW = 3

export type Explanation = {
  /** What happened, in one sentence. */
  what: string
  /** What it means for the data. */
  data: string
  /** What to do and who can do it. */
  advice: string
  who: Who
  /** The value that was found, for members in the details only: it may be personal data. */
  forMembers?: string
}

const MEANINGS: Record<Meaning, string> = {
  D1: "Dashboards show the data of {last_good}.",
  D2: "Part of the new data may be there already; dashboards may mix old and new until a run goes through.",
  D3: "New data may have arrived, but the tables made from it were not refreshed; dashboards show those of {last_good}.",
  D4: "{that_table} and what is built on it show the data of {last_good}; other tables may be up to date.",
  D5: "The data may have arrived all the same; Dalgo could not see how it ended.",
  D6: "The data has arrived; the rows that the check names look wrong.",
}

/** Stands where a slot is not known. */
const COMMON_NOUNS: Record<Slot, string> = {
  connection: "the connection",
  source: "the source",
  warehouse: "the warehouse",
  pipeline: "the pipeline",
  table: "a table",
  column: "a column",
  value: "something else",
  model: "a model",
  tests: "a check",
  number: "some",
  duration: "the time",
  last_good: "before",
}

/**
 * A cause in words. `timesInARow` is how many runs in a row have failed for this cause: where waiting has not helped,
 * somebody must look.
 */
export function explainCause(
  cause: Cause,
  slots: Slots,
  { origin, timesInARow = 1 }: { origin?: Origin | undefined; timesInARow?: number } = {},
): Explanation {
  const say = (template: Template) => fill(template, slots, origin)
  const isStuck = timesInARow >= TOO_MANY_IN_A_ROW && cause.waitingHelps === "yes" && cause.who === "nobody"
  return {
    what: say(cause.says),
    data: say(MEANINGS[cause.meaning]),
    advice: isStuck
      ? `This is the ${ordinal(timesInARow)} time in a row, so waiting has not helped: ask your admin to look at it, or tell Dalgo's team.`
      : say(cause.advice),
    who: isStuck ? "admin" : cause.who,
    ...(slots.value && { forMembers: `The value that was found: "${slots.value}".` }),
  }
}

/** The sentences with every slot filled. A sentence begins with a capital where a common noun stands first. */
function fill(template: Template, slots: Slots, origin: Origin | undefined): string {
  const text = typeof template === "string" ? template : template(slots)
  return text.replace(/(^|[.!?] )?\{(\w+)\}/g, (_, start: string | undefined, name: string) => {
    const named = slotValue(name, slots, origin)
    return `${start ?? ""}${start === undefined ? named : named.charAt(0).toUpperCase() + named.slice(1)}`
  })
}

function slotValue(name: string, slots: Slots, origin: Origin | undefined): string {
  if (name === "system") return systemName(slots, origin)
  if (name === "that_table") return slots.table || "this table"
  return slots[name as Slot] || COMMON_NOUNS[name as Slot]
}

function systemName(slots: Slots, origin: Origin | undefined): string {
  if (origin === "source") return slots.source || COMMON_NOUNS.source
  if (origin === "destination") return slots.warehouse || COMMON_NOUNS.warehouse
  return "the source or the warehouse"
}

const ordinal = (n: number) => {
  const suffix = n % 100 >= 11 && n % 100 <= 13 ? "th" : (["th", "st", "nd", "rd"][n % 10] ?? "th")
  return `${n}${suffix}`
}
