import type { Origin, Slots } from "./cause"
import type { DbtFailure } from "./dbt-output"

/** Names in quotes of any kind, or bare; group 1 is the name. */
const TABLES = [
  /(?<!of )\b(?:relation|table|view) "([^"\n]{1,300})"/i,
  /of relation "([^"\n]{1,300})"/i,
  /permission denied for (?:foreign |materialized )?(?:table|relation|view) "?([\w.]{1,200})/i,
  /must be owner of (?:table|relation|view|materialized view) "?([\w.]{1,200})/i,
  /command denied to user [^\n]{1,200}? for table ['"`]?([\w.]{1,200})/i,
  /Not found: Table ([\w.:-]{1,300}?)(?: was not found|[\s;,]|$)/i,
  /Access Denied: Table ([\w.:-]{1,300}?)(?:: |[\s;,]|$)/i,
  /(?:Object|Table) '([^'\n]{1,300})' does ?n[o']t exist/i,
  /Table '([^'\n]{1,300})' doesn't exist/i,
  /Invalid object name '([^'\n]{1,300})'/i,
  /Name \w{1,200} not found inside (\w{1,200})/i,
  /cannot drop (?:table|view|materialized view) "?([\w.]{1,200})/i,
]

const COLUMNS = [
  /column "([^"\n]{1,200})" (?:of relation "[^"\n]{1,200}" )?does not exist/i,
  /column ([\w.]{1,200}) does not exist/i,
  /Unrecognized name: `?([\w.]{1,200})/i,
  /invalid identifier '([^'\n]{1,200})'/i,
  /Name (\w{1,200}) not found inside/i,
  /(?:Unknown column|Invalid column name) '([^'\n]{1,200})'/i,
]

const VALUES = [
  /invalid input syntax for (?:type )?[\w ]{1,60}: "([^\n]{0,300})"/i,
  /date\/time field value out of range: "([^\n]{0,300})"/i,
  /invalid value "([^"\n]{0,300})" for "/i,
  /(?:Numeric|Date|Timestamp|Boolean) value '([^'\n]{0,300})' is not recognized/i,
  /Bad (?:double|int64|bool|numeric) value(?: for \w{1,40})?: "?'?([^\n;"']{1,300}?)"?'?(?: at \[|[;"']|$)/im,
  /Invalid (?:date|timestamp|datetime|NUMERIC value): "?'?([^\n;"']{1,300}?)"?'?(?: at \[|[;"']|$)/im,
  /Failed to parse input string "([^"\n]{0,300})"/i,
  /could not convert string to float: '([^'\n]{0,300})'/i,
  /invalid literal for int\(\) with base \d{1,3}: '([^'\n]{0,300})'/i,
  /time data '([^'\n]{0,200})' does not match format/i,
  /Incorrect \w{1,20} value: '([^'\n]{0,300})'/i,
  /Could not cast literal "([^"\n]{0,300})"/i,
  /value "([^"\n]{0,300})" is out of range for type/i,
]

const MODEL = /Error in (?:sql model|python model|model|snapshot|seed) ([\w.-]{1,200})/i
const TIMEOUT_SECONDS = /run exceeded timeout of ([\d.]{1,20}) second/i
const DURATION = /in the last (\d{1,9}(?:\.\d{1,9})? (?:second|minute|hour|day)s?)\b/i

/** Programs whose name a log shows where it is clear which source is meant. */
const SOURCES: [RegExp, string][] = [
  [/source-google-sheets|sheets\.googleapis|spreadsheets\/d\/|\bGoogle Sheets?\b/i, "Google Sheets"],
  [/source-kobo|kobotoolbox|\bKoboToolbox\b/i, "KoboToolbox"],
  [/source-commcare|commcarehq|\bCommCare\b/i, "CommCare"],
  [/source-surveycto|surveycto/i, "SurveyCTO"],
  [/source-salesforce|salesforce\.com/i, "Salesforce"],
  [/source-hubspot|hubapi\.com/i, "HubSpot"],
  [/source-airtable|api\.airtable\.com/i, "Airtable"],
  [/source-avni/i, "Avni"],
  [/source-google-drive|googleapis\.com\/drive/i, "Google Drive"],
  [/source-s3\b|s3\.amazonaws/i, "Amazon S3"],
]
const CODE_STORE =
  /unable to access 'https?:\/\/[^\s'/]{0,100}(github|gitlab|bitbucket)\.|resolve host(?:name)?:? (github|gitlab|bitbucket)\./i
const CODE_STORES: Record<string, string> = { github: "GitHub", gitlab: "GitLab", bitbucket: "Bitbucket" }

/** Names of tests in one sentence; the others are counted. */
const MAX_TESTS = 3

/** What a text names, for the slots of a cause's sentences. */
export function captureValues(text: string, dbt?: DbtFailure): Slots {
  const sources = SOURCES.filter(([pattern]) => pattern.test(text))
  const store = CODE_STORE.exec(text)
  const captured = {
    table: lastPart(firstGroup(TABLES, text)),
    column: lastPart(firstGroup(COLUMNS, text)),
    value: firstGroup(VALUES, text),
    model: MODEL.exec(text)?.[1],
    duration: durationOf(text),
    source: sources.length === 1 ? sources[0]?.[1] : CODE_STORES[(store?.[1] ?? store?.[2] ?? "").toLowerCase()],
    ...(dbt && dbt.tests.length > 0 && { tests: listed(dbt.tests), number: String(dbt.tests.length) }),
  }
  return Object.fromEntries(Object.entries(captured).filter(([, value]) => value))
}

/** The side that failed, where a text names it by Airbyte's names of connectors. */
export function originOf(text: string): Origin | undefined {
  const isSource = /\bsource-[a-z]\w{1,40}|\bsource > |Checking source connection/i.test(text)
  const isDestination = /\bdestination-[a-z]\w{1,40}|\bdestination > |Checking destination connection/i.test(text)
  if (isSource === isDestination) return CODE_STORE.test(text) ? "source" : undefined
  return isSource ? "source" : "destination"
}

/** What Airbyte puts before a stream's name in its own tables. */
const OF_AIRBYTE = /^(?:\w{0,60}?raw__stream_|_airbyte_(?:raw|tmp|scd)_)/
const ID = /^[\da-f-]{16,}$/i

/** Without the names of the project, the database and the schema, which say nothing to a reader; ids say nothing at all. */
function lastPart(name: string | undefined): string | undefined {
  const last = name?.replaceAll(/["`]/g, "").split(/[.:]/).at(-1)?.replace(OF_AIRBYTE, "")
  return last === undefined || ID.test(last) ? undefined : last
}

function firstGroup(patterns: RegExp[], text: string): string | undefined {
  for (const pattern of patterns) {
    const found = pattern.exec(text)?.[1]
    if (found !== undefined) return found
  }
  return undefined
}

function durationOf(text: string): string | undefined {
  const seconds = Number(TIMEOUT_SECONDS.exec(text)?.[1])
  return seconds > 0 ? inWords(seconds) : DURATION.exec(text)?.[1]
}

function inWords(seconds: number): string {
  const minutes = Math.round(seconds / 60)
  if (seconds < 120) return `${Math.round(seconds)} seconds`
  if (minutes < 60) return `${minutes} minutes`
  const hours = Math.floor(minutes / 60)
  const rest = minutes % 60
  return `${hours} hour${hours === 1 ? "" : "s"}${rest === 0 ? "" : ` ${rest} minutes`}`
}

function listed(names: string[]): string {
  const shown = names.slice(0, MAX_TESTS)
  const more = names.length - shown.length
  if (more > 0) return `${shown.join(", ")} and ${more} more`
  return shown.length === 1 ? (shown[0] ?? "") : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`
}
