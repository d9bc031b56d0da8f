const HEADER = `-- The schema that all migrations leave, for reading. Generated: run \`npm run schema\` after a new migration.
-- This file is no migration: \`migrations_pattern\` in wrangler.toml matches only names that begin with a digit.`

/** The rows of `sqlite_schema` that migrations wrote, not those of SQLite, of D1, or of a text index. */
export const SCHEMA_QUERY = `SELECT type, sql FROM sqlite_schema s
WHERE sql IS NOT NULL AND tbl_name NOT GLOB 'sqlite_*' AND tbl_name NOT GLOB '_cf_*' AND tbl_name <> 'd1_migrations'
  AND NOT EXISTS (SELECT 1 FROM sqlite_schema v WHERE v.sql LIKE 'CREATE VIRTUAL TABLE%' AND s.tbl_name GLOB v.name || '_*')
ORDER BY tbl_name, CASE type WHEN 'table' THEN 1 WHEN 'index' THEN 2 ELSE 3 END, name`

/** The text of migrations/schema.sql for the rows of `SCHEMA_QUERY`. */
export function formatSchema(rows) {
  const statements = rows.map(({ type, sql }) => `${withIfNotExists(type === "table" ? columnPerLine(sql) : sql)};`)
  return `${[HEADER, ...statements].join("\n\n")}\n`
}

/** A tool that runs every .sql file must change nothing. SQLite quotes the names of renamed tables. */
const withIfNotExists = (sql) =>
  sql.replace(/^CREATE (UNIQUE INDEX|INDEX|TABLE|VIRTUAL TABLE|TRIGGER|VIEW) "?(\w+)"?/, "CREATE $1 IF NOT EXISTS $2")

/** SQLite appends the columns of `ALTER TABLE … ADD COLUMN` to the line of the last column. Each gets its own line. */
function columnPerLine(sql) {
  const lines = []
  let depth = 0
  for (const line of sql.split("\n")) {
    const [, text, comment = ""] = /^(.*?)( -- .*)?$/.exec(line)
    let code = text
    if (depth === 1 && code.startsWith(", ")) {
      lines.push(lines.pop().replace(/ *(?= -- |$)/, ","))
      code = code.replace(", ", "  ")
    }
    const columns = [""]
    for (const character of code) {
      if (character === ")" && depth === 1 && columns.at(-1).trim()) columns.push("")
      if (character === "(") depth += 1
      if (character === ")") depth -= 1
      columns.push(columns.pop() + character)
      if (character === "," && depth === 1) columns.push("")
    }
    const [first, ...more] = columns.filter((column) => column.trim())
    lines.push((first ?? "") + comment, ...more.map((column) => column.replace(/^ ?(?=\w)/, "  ")))
  }
  return lines.join("\n")
}
