// Writes migrations/schema.sql: the schema that all migrations leave.
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { fileURLToPath } from "node:url"
import { formatSchema, SCHEMA_QUERY } from "./schema/format.mjs"

const folder = fileURLToPath(new URL("../migrations", import.meta.url))
const migrations = readdirSync(folder).filter((name) => /^\d+_.*\.sql$/.test(name))

const database = new DatabaseSync(":memory:")
for (const name of migrations.sort()) database.exec(readFileSync(join(folder, name), "utf8"))
writeFileSync(join(folder, "schema.sql"), formatSchema(database.prepare(SCHEMA_QUERY).all()))
