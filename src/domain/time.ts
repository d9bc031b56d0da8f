/** The zone of an organisation that has chosen none. */
export const DEFAULT_TIME_ZONE = "UTC"

const DAY_MS = 24 * 60 * 60 * 1000
/** Nearer times are named by their weekday. One day less than a week, so that the weekday is never today's. */
const WEEKDAY_WITHIN_MS = 6 * DAY_MS

/** `zone` is an IANA name; an unknown one counts as UTC. */
type Reader = { zone: string; now: number }

/** A time that a message names: milliseconds since 1970, and the words that the message has for it. */
export type NamedTime = [at: number, words: string]

/** The message with the times that it names in this reader's zone. `now` is when the message was written. */
export function inZoneOf(message: string, { times, zone, now }: Reader & { times: NamedTime[] | null }): string {
  if (!times || times.length === 0) return message
  const named = new Map(times.map(([at, words]) => [words, at]))
  // All at once, and not within a longer number: "1 November, …" is also the end of "21 November, …".
  const pattern = new RegExp(`(?<!\\d)(?:${Array.from(named.keys(), escapePattern).join("|")})`, "g")
  return message.replace(pattern, (words) => formatDate(named.get(words) ?? now, { zone, now }))
}

const escapePattern = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")

/** A time for a text that is read at once: "Monday, 8:12 am IST" in the days around `now`, else as `formatDate`. */
export function formatTime(at: number, { zone, now }: Reader): string {
  if (Math.abs(at - now) >= WEEKDAY_WITHIN_MS) return formatDate(at, { zone, now })
  const { weekday } = partsOf(at, zone)
  return `${weekday}, ${formatClock(at, { zone })}`
}

/** A time for a text that is kept: "27 November, 9:30 pm IST", with the year unless it is the year of `now`. */
export const formatDate = (at: number, { zone, now }: Reader): string =>
  `${formatDay(at, { zone, now })}, ${formatClock(at, { zone })}`

/** "27 November", with the year unless it is the year of `now`. */
export function formatDay(at: number, { zone, now }: Reader): string {
  const { day, month, year } = partsOf(at, zone)
  return year === partsOf(now, zone).year ? `${day} ${month}` : `${day} ${month} ${year}`
}

/** "2026-11-27": the day in UTC, for keys of what happens once a day. */
export const utcDay = (at: number): string => new Date(at).toISOString().slice(0, 10)

/** "9:30 pm IST". */
export function formatClock(at: number, { zone }: { zone: string }): string {
  const { hour, minute, dayPeriod } = partsOf(at, zone)
  return `${hour}:${minute} ${dayPeriod?.toLowerCase()} ${zoneName(at, zone)}`
}

/** Whether the text is an IANA name that this runtime knows. Offsets such as "+05:30" have no name to show. */
export function isTimeZone(text: string): boolean {
  if (!/^[A-Za-z][\w+/-]{1,63}$/.test(text)) return false
  try {
    new Intl.DateTimeFormat("en-GB", { timeZone: text })
    return true
  } catch {
    return false
  }
}

/** The usual short names that English locales lack, by the long name. Bangladesh's is left out: BST is London's. */
const SHORT_NAMES: Record<string, string> = {
  "India Standard Time": "IST",
  "Nepal Time": "NPT",
  "Pakistan Standard Time": "PKT",
  "Bhutan Time": "BTT",
  "Myanmar Time": "MMT",
  "Afghanistan Time": "AFT",
  "Gulf Standard Time": "GST",
  "Indochina Time": "ICT",
  "Western Indonesia Time": "WIB",
  "East Africa Time": "EAT",
  "Central Africa Time": "CAT",
  "West Africa Time": "WAT",
  "West Africa Standard Time": "WAT",
  "South Africa Standard Time": "SAST",
}
const IS_OFFSET = /^(?:GMT|UTC)[+-]/

/** "IST", "BST", "EST"; where English has no short name, the city: "Dhaka time". */
function zoneName(at: number, zone: string): string {
  const known = SHORT_NAMES[nameOf(at, zone, "en-GB", "long")]
  if (known) return known
  const short = ["en-GB", "en-US"].map((locale) => nameOf(at, zone, locale, "short"))
  const name = short.find((candidate) => !IS_OFFSET.test(candidate))
  if (name) return name
  if (!isTimeZone(zone)) return DEFAULT_TIME_ZONE
  const [area, ...city] = zone.split("/")
  if (city.length === 0 || area === "Etc") return short[0] ?? zone
  return `${city.at(-1)?.replaceAll("_", " ")} time`
}

const nameOf = (at: number, zone: string, locale: string, style: "long" | "short") =>
  formatter(zone, locale, { timeZoneName: style })
    .formatToParts(at)
    .find(({ type }) => type === "timeZoneName")?.value ?? ""

const FIELDS = {
  weekday: "long",
  day: "numeric",
  month: "long",
  year: "numeric",
  hour: "numeric",
  minute: "2-digit",
  hourCycle: "h12",
} as const

const partsOf = (at: number, zone: string): Partial<Record<Intl.DateTimeFormatPartTypes, string>> =>
  Object.fromEntries(
    formatter(zone, "en-GB", FIELDS)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  )

/** A formatter takes far longer to make than to use. */
const formatters = new Map<string, Intl.DateTimeFormat>()
const MAX_FORMATTERS = 200

function formatter(zone: string, locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = [zone, locale, options.timeZoneName].join(" ")
  const kept = formatters.get(key)
  if (kept) return kept
  if (formatters.size >= MAX_FORMATTERS) formatters.clear()
  const timeZone = isTimeZone(zone) ? zone : DEFAULT_TIME_ZONE
  const made = new Intl.DateTimeFormat(locale, { ...options, timeZone })
  formatters.set(key, made)
  return made
}
