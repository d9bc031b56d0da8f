import type { Cause, Slots } from "./cause"

/** dbt, and the code that it runs. */
const CODE_CAUSES: Cause[] = [
  {
    id: "dbt-test-failed",
    who: "you",
    waitingHelps: "no",
    patterns: [
      /Failure in (?:unit_)?test \w/im,
      /Got \d{1,12} results?, configured to fail if/im,
      /WARNING: dbt test failed/im,
    ],
    unless: /(?:Database|Compilation|Runtime) Error in (?:model|snapshot|seed)/im,
    says: failedChecks,
    meaning: "D6",
    advice: "Look at the rows that the check names in {source} and mend them there; the check passes at the next run.",
  },
  {
    id: "git-access",
    who: "admin",
    waitingHelps: "no",
    patterns: [
      /Authentication failed for 'https?:\/\//im,
      /could not read (?:Username|Password) for '/im,
      /Repository not found/im,
      /Permission denied \(publickey/im,
      /Invalid username or (?:password|token)/im,
      /Support for password authentication was removed/im,
      /HTTP Basic: Access denied/im,
      /remote: Permission to \S{1,200} denied to/im,
      /unable to access '[^'\n]{0,300}': The requested URL returned error: 40[13]/im,
    ],
    unless: /Could not resolve host|(?:Discover(?:y|ing)? schema|Checking (?:source|destination) connection) failed/im,
    says: "Dalgo may no longer fetch your transformation code from GitHub (or wherever it is kept).",
    meaning: "D3",
    advice:
      "Your admin makes a new access key for the code and puts it in the settings of the transformation in Dalgo; check also that the code was not renamed or moved.",
  },
  {
    id: "dbt-packages-missing",
    who: "dalgo",
    waitingHelps: "no",
    patterns: [/dbt found \d{1,6} package\(?s?\)? specified in packages\.yml/im, /Run "?'?`?dbt deps/im],
    says: "Add-ons that your transformations need are not installed in Dalgo.",
    meaning: "D3",
    advice: "Ask Dalgo's team to install them; in a pipeline the step 'dbt deps' must come before the others.",
  },
  {
    id: "dbt-packages-unreachable",
    who: "nobody",
    waitingHelps: "yes",
    patterns: [/hub\.getdbt\.com/im, /External connection exception occurred/im, /codeload\.github\.com/im],
    needs:
      /ConnectionPool|exception occurred|timed? ?out|max retries|refused|reset|unreachable|Failed to|Could not|\b[45]\d\d\b|Errno/im,
    says: "The add-ons of your transformations could not be fetched from the internet.",
    meaning: "D3",
    advice: "Nothing to do: the next run usually gets them. If it fails for a day, tell Dalgo's team.",
  },
  {
    id: "dbt-version",
    who: "modeller",
    waitingHelps: "no",
    patterns: [
      /This version of dbt is not supported with/im,
      /Could not find a matching version for package/im,
      /was not found in the package index/im,
      /Version error for package/im,
    ],
    says: "Your transformations or one of their add-ons need another version of dbt than Dalgo has.",
    meaning: "D3",
    advice:
      "Whoever writes your dbt models asks Dalgo's team which version runs, and changes the version asked for in the project.",
  },
  {
    id: "dbt-profile",
    who: "dalgo",
    waitingHelps: "no",
    patterns: [
      /Could not find profile named/im,
      /does not have a target named/im,
      /Env var required but not provided/im,
      /Credentials in profile "[^"\n]{1,200}"/im,
      /Could not find adapter type/im,
      /(?:No|Missing) dbt_project\.yml/im,
    ],
    says: "The transformation code asks for a connection name that Dalgo does not know.",
    meaning: "D3",
    advice:
      "Ask Dalgo's team to set the name that your code expects (dbt calls it profile or target); it often changes with an edit of the project's settings file.",
  },
  {
    id: "dbt-compile",
    who: "modeller",
    waitingHelps: "no",
    patterns: [
      /depends on a (?:node|source|macro) named '/im,
      /which is not in the graph/im,
      /(?:^|: |error:?\s{1,4})(?:Compilation|Parsing) Error(?= in |:|\s{0,4}$)/im,
      /dbt found two (?:models|resources|sources|macros|tests|snapshots|seeds) with the name/im,
    ],
    unless: /has an enforced contract that failed/im,
    says: "The transformation code has a mistake, in {model} or in what it refers to.",
    meaning: "D3",
    advice: "Whoever writes your dbt models looks at the last change of the code and mends or undoes it.",
  },
]

/** Tables, columns, values and rows that calculations meet. */
const DATA_CAUSES: Cause[] = [
  {
    id: "relation-missing",
    who: "modeller",
    waitingHelps: "maybe",
    patterns: [
      /(?<!of )(?:relation|schema|table|view) "[^"\n]{1,300}" does not exist/im,
      /Not found: (?:Table|Dataset|View) /im,
      /(?:Object|Table|Schema|View) '[^'\n]{1,300}' does not exist(?: or not authorized)?/im,
      /Table '[^'\n]{1,300}' doesn't exist/im,
      /Invalid object name '/im,
    ],
    says: "{table} is not in {warehouse}; it has not arrived, or was renamed or deleted.",
    meaning: "D4",
    advice:
      "Look whether the connection that brings {table} still runs and still includes it; if it was renamed, whoever writes your dbt models uses the new name.",
  },
  {
    id: "column-missing",
    who: "modeller",
    waitingHelps: "no",
    patterns: [
      /column (?:"[^"\n]{1,200}"|[\w.]{1,200}) (?:of relation "[^"\n]{1,200}" )?does not exist/im,
      /Unrecognized name: /im,
      /invalid identifier '/im,
      /Name \w{1,200} not found inside/im,
      /Unknown column '|Invalid column name '/im,
    ],
    says: missingColumn,
    meaning: "D4",
    advice: "Give the column its old name back in {source}, or whoever writes your dbt models uses the new one.",
  },
  {
    id: "value-unreadable",
    who: "you",
    waitingHelps: "no",
    patterns: [
      /invalid input syntax for (?:type )?\w/im,
      /date\/time field value out of range/im,
      /Bad (?:double|int64|bool|numeric) value/im,
      /Invalid (?:date|timestamp|datetime|NUMERIC value)[: ]/im,
      /Could not cast /im,
      /(?:Numeric|Date|Timestamp|Boolean) value '[^'\n]{0,300}' is not recognized/im,
      /Failed to parse input string/im,
      /invalid value "[^"\n]{0,300}" for "/im,
      /Could not parse datetime string/im,
      /numeric field overflow|out of range for type|\b(?:smallint|integer|bigint) out of range/im,
      /Incorrect (?:integer|decimal|double|date|datetime|time|timestamp) value: '/im,
      /could not convert string to float|invalid literal for int\(\) with base|time data '[^'\n]{0,200}' does not match format/im,
    ],
    says: "{table} expects a number or a date and found something else in a row.",
    meaning: "D4",
    advice:
      "Find that value in {source} and correct it (a date written another way, a word in a number column, an empty text). If such values are normal, whoever writes your dbt models must allow for them.",
  },
  {
    id: "type-mismatch",
    who: "modeller",
    waitingHelps: "no",
    patterns: [
      /operator does not exist: /im,
      /(?:UNION|CASE|COALESCE|NULLIF|GREATEST|LEAST|VALUES|JOIN\/USING) types .{0,60}cannot be matched/im,
      /is of type [\w ]{1,60} but expression is of type/im,
      /No matching signature for /im,
      /function [\w."]{1,200}\([^)\n]{0,300}\) does not exist/im,
      /cannot be cast automatically to type|cannot cast type \w/im,
      /has incompatible types/im,
      /has an enforced contract that failed/im,
    ],
    says: "A calculation of {table} mixes columns of different kinds, such as text and number.",
    meaning: "D4",
    advice:
      "Whoever writes your dbt models compares the columns named in the technical line with the last change of columns that Dalgo reported for {source}.",
  },
  {
    id: "division-by-zero",
    who: "modeller",
    waitingHelps: "no",
    patterns: [/division by (?:zero|0\b)|divisor is equal to zero|Divide by zero/im],
    says: "A calculation of {table} divides by a number that is now zero.",
    meaning: "D4",
    advice:
      "Look whether the zero in {source} is right (no participants, no target); if it is, whoever writes your dbt models must allow for it.",
  },
  {
    id: "duplicate-key",
    who: "you",
    waitingHelps: "no",
    patterns: [
      /must match at most one source row for each target row/im,
      /Duplicate row detected during DML action/im,
      /cannot affect row a second time/im,
      /duplicate key value violates unique constraint/im,
      /could not create unique index "/im,
      /Duplicate entry '[^'\n]{0,300}' for key|E11000 duplicate key/im,
    ],
    unless: /pg_(?:type|class|namespace)_/im,
    says: "Two rows of {table} have the same number or key, which should be there only once.",
    meaning: "D4",
    advice:
      "Look for records entered twice in {source} and take one out; if two are right, whoever writes your dbt models must choose the key of the table differently.",
  },
  {
    id: "key-missing",
    who: "you",
    waitingHelps: "no",
    patterns: [
      /null value in column "[^"\n]{1,200}"[\s\S]{0,120}?violates not-null constraint/im,
      /primary key[^\n]{0,60}(?:is missing|not found|is not defined|must be (?:defined|specified|set))/im,
      /Column '[^'\n]{1,200}' cannot be null|NULL result in a non-nullable column/im,
    ],
    says: "Rows of {table} have no value in a column that must have one, such as the number that identifies a record.",
    meaning: "D4",
    advice:
      "Fill in the missing values in {source}. If {source} has no such column, your admin chooses another way of loading in the connection's settings.",
  },
  {
    id: "db-conflict",
    who: "nobody",
    waitingHelps: "yes",
    patterns: [
      /deadlock detected|Deadlock found when trying to get lock/im,
      /could not serialize access/im,
      /Serializable isolation violation/im,
      /canceling statement due to lock timeout|Lock wait timeout exceeded|could not obtain lock on/im,
      /tuple concurrently updated|aborted due to concurrent update/im,
      /too many table update operations|exceeded quota for table update operations/im,
      /due to conflict with recovery/im,
      /pg_(?:type_typname|class_relname)_nsp_index|pg_namespace_nspname_index/im,
    ],
    says: "Two jobs changed {table} at the same moment, and {system} stopped one of them.",
    meaning: "D4",
    advice:
      "Nothing to do: the next run usually goes through. If it comes back, your admin gives the pipelines different times.",
  },
  {
    id: "query-too-heavy",
    who: "modeller",
    waitingHelps: "maybe",
    patterns: [
      /canceling statement due to statement timeout/im,
      /reached its statement or warehouse timeout/im,
      /Resources exceeded during query execution/im,
      /maximum statement execution time/im,
      /temp_file_limit/im,
      /Failed on request of size \d/im,
      /could not resize shared memory segment/im,
      /cancell?ed by WLM abort action/im,
    ],
    says: "A calculation of {table} took longer or needed more room than {system} allows.",
    meaning: "D4",
    advice:
      "Run it again at a quiet hour. If it fails again, whoever writes your dbt models makes the calculation lighter, or whoever manages the warehouse raises the limit.",
  },
]

export const TRANSFORMATION_CAUSES: Cause[] = [...CODE_CAUSES, ...DATA_CAUSES]

function failedChecks({ number, tests }: Slots): string {
  const count = Number(number)
  const subject = count === 1 ? "1 check" : count > 1 ? "{number} checks" : "Some checks"
  return `${subject} of your data failed${tests ? ": {tests}" : ""}.`
}

function missingColumn({ table, model }: Slots): string {
  const subject = !table && model ? "A table that {model} reads" : "{table}"
  return `${subject} no longer has {column}; it was probably renamed or deleted in the form or sheet.`
}
