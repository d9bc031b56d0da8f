import {
  type Cause,
  type Meaning,
  type Origin,
  PERSONAL_SLOT,
  type Slot,
  type Slots,
  type Template,
  type Who,
} from "./cause"

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
  column: "one of its columns",
  value: "something else",
  model: "a table",
  tests: "a check",
  number: "some",
  duration: "time",
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
  return {
    what: say(cause.says),
    data: say(MEANINGS[cause.meaning]),
    ...(adviceWhereWaitingFails(cause, timesInARow) ?? { advice: say(cause.advice), who: cause.who }),
    ...(slots[PERSONAL_SLOT] && { forMembers: `The value that was found: "${slots[PERSONAL_SLOT]}".` }),
  }
}

/** Instead of "nothing to do", where that has been said for some runs. */
function adviceWhereWaitingFails({ who, waitingHelps }: Cause, timesInARow: number) {
  if (timesInARow < TOO_MANY_IN_A_ROW || waitingHelps !== "yes") return undefined
  const failed = `This is the ${ordinal(timesInARow)} time in a row, so waiting has not helped`
  switch (who) {
    case "nobody":
      return { advice: `${failed}: your admin looks at it, or tells Dalgo's team.`, who: "admin" as const }
    case "dalgo":
      return { advice: `${failed}: your admin tells Dalgo's team.`, who }
    default:
      return undefined
  }
}

/** The text with every slot filled. A common noun that begins a sentence has a capital. */
function fill(template: Template, slots: Slots, origin: Origin | undefined): string {
  const text = typeof template === "string" ? template : template(slots)
  return text.replaceAll(/\{(\w+)\}/g, (_, name: string, offset: number) => {
    const known = knownName(name, slots, origin)
    if (known) return known
    const noun = commonNoun(name, origin)
    return offset === 0 || /[.!?] $/.test(text.slice(0, offset)) ? noun.charAt(0).toUpperCase() + noun.slice(1) : noun
  })
}

function knownName(name: string, slots: Slots, origin: Origin | undefined): string | undefined {
  switch (name) {
    case "system":
      return origin && (origin === "source" ? slots.source : slots.warehouse)
    case "table":
      return slots.table || slots.model
    case "that_table":
      return slots.model || slots.table
    case "column":
      return slots.column && `the column "${slots.column}"`
    default:
      return slots[name as Slot]
  }
}

function commonNoun(name: string, origin: Origin | undefined): string {
  if (name === "that_table") return "this table"
  if (name !== "system") return COMMON_NOUNS[name as Slot]
  if (origin === undefined) return "the source or the warehouse"
  return origin === "source" ? COMMON_NOUNS.source : COMMON_NOUNS.warehouse
}

const ordinal = (n: number) => {
  const suffix = n % 100 >= 11 && n % 100 <= 13 ? "th" : (["th", "st", "nd", "rd"][n % 10] ?? "th")
  return `${n}${suffix}`
}
