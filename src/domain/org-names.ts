import { oneLine, truncate } from "./text"

/** More organisations than this are counted instead. */
const MAX_NAMED = 5

/** "Acme", "Acme and Globex", "Acme, Globex, Initech, Umbrella, Hooli and 2 other organisations". */
export function listOrgNames(names: string[]): string {
  const named = names.slice(0, MAX_NAMED).map(oneLine)
  const others = names.length - named.length
  if (others > 0) return `${named.join(", ")} and ${others} other ${others === 1 ? "organisation" : "organisations"}`
  const last = named.pop() ?? ""
  return named.length === 0 ? last : `${named.join(", ")} and ${last}`
}

/** For a subject: the names that fit, and how many more there are. "Acme, Globex", "Acme +3". */
export function shortOrgNames([first, ...rest]: [string, ...string[]], maxLength: number): string {
  let short = oneLine(first)
  for (const [i, name] of rest.entries()) {
    const longer = `${short}, ${oneLine(name)}`
    const left = rest.length - i - 1
    if (longer.length + moreThan(left).length > maxLength) return truncate(short, maxLength - 4) + moreThan(left + 1)
    short = longer
  }
  return short
}

const moreThan = (others: number) => (others === 0 ? "" : ` +${others}`)
