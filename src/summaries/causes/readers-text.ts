/** What names no cause: code, places in it, hints, documentation and what SQLAlchemy appends. */
const NOISE =
  /^\s{0,200}(?:\^|~|LINE \d{1,6}:|CONTEXT:|File "|at [\w$.<>/]{1,300}\(|\.\.\. \d{1,6} more|For further information visit|\(Background on this error|See https?:|\[SQL: |\[parameters: |-->|\d{1,6} \||STATEMENT:|QUERY:)/i
/** A hint that only the full disk of a warehouse has. */
const TELLING_HINT = /Check free disk space|table replication settings/i
const HINT = /^\s{0,200}HINT:/i
const ROW_DETAIL = /^\s{0,200}DETAIL:\s{1,4}(?:Key \(|Failing row contains)/i

/** Words of programs in JSON and dictionaries. Whatever stands under another key is a cell of a row. */
const PROGRAM_KEYS =
  /^(?:.{0,30}_?message|msg|errmsg|codeName|sqlstate|error|errors|error_?code|error_?type|code|detail|details|reason|description|status|type|title|stack_?trace|exception|name|stderr|stdout|cause|failure.{0,20}|hint|domain|url|cmd|command|event|level|policyName|error_description|info|__type|faultstring|faultcode)$/i
const DOUBLE_QUOTED_CELL = /"([^"\n]{1,60})"\s{0,3}[:=]\s{0,3}"((?:[^"\\\n]|\\.){0,2000})"/g
const SINGLE_QUOTED_CELL = /'([^'\n]{1,60})'\s{0,3}[:=]\s{0,3}'((?:[^'\\\n]|\\.){0,2000})'/g

/** What programs print before a value of a row, and the value. */
const VALUES = [
  /((?:invalid input syntax for (?:type )?[\w ]{1,60}|date\/time field value out of range|could not convert string to float|invalid literal for int\(\) with base \d{1,3}): )("|')[^\n]*\2/gi,
  /((?:\bBad \w{1,20} value(?: for \w{1,40})?:|Invalid (?:date|timestamp|datetime|NUMERIC value):|Failed to parse input string|Could not parse datetime string|input_value=|\bvalue|\btime data|Duplicate entry|Could not cast literal|\b(?:comment|comments|remark|remarks|note|notes|cell|answer|row \d{1,9})\b[^\n"']{0,20}) {0,2})("|')(?:(?!\2)[^\n]){0,500}\2/gi,
  /((?:\bBad \w{1,20} value(?: for \w{1,40})?|Invalid (?:date|timestamp|datetime|NUMERIC value)): )(?!"|')[^\s;,][^;\n]{0,200}?(?= at \[|;|$)/gim,
  /(Failing row contains |Key \([^)\n]{0,200}\)=)\([^\n]*/gi,
]

/**
 * The text as patterns may see it: without code and hints, and with an ellipsis for what people or rows wrote, so that
 * a cell that reads "Connection refused" is no refused connection.
 */
export const withoutReadersText = (text: string) => withoutValues(withoutNoise(text))

export const isNoise = (line: string) =>
  NOISE.test(line) || ROW_DETAIL.test(line) || (HINT.test(line) && !TELLING_HINT.test(line))

const withoutNoise = (text: string) =>
  text
    .split("\n")
    .filter((line) => !isNoise(line))
    .join("\n")

/** The text with an ellipsis for each cell value in it. */
export const withoutValues = (text: string) =>
  VALUES.reduce(
    (masked, pattern) =>
      masked.replace(pattern, (_, before: string, quote: unknown) =>
        quote === '"' || quote === "'" ? `${before}${quote}…${quote}` : `${before}…`,
      ),
    withoutCells(text),
  )

const withoutCells = (text: string) =>
  text
    .replace(DOUBLE_QUOTED_CELL, (whole, key: string) => (PROGRAM_KEYS.test(key) ? whole : `"${key}": "…"`))
    .replace(SINGLE_QUOTED_CELL, (whole, key: string) => (PROGRAM_KEYS.test(key) ? whole : `'${key}': '…'`))
