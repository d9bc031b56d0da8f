import { readFile } from "node:fs/promises"

const leftOut = (...names) =>
  names
    .map((name) => `export function ${name}() { throw new Error("${name} is not in the worker: lean-packages.mjs") }`)
    .join("\n")

// All that anybody imports of each module. If a new version imports more, the build fails and names it.
const STAND_INS = {
  // Of Postgres, all that SQLite's queries ask is whether a value belongs to it.
  "drizzle-orm/pg-core/columns/enum.js": "export const isPgEnum = () => false",
  // Every type of column, for tables that are made in a callback. Those that a table imports come as ever.
  "drizzle-orm/sqlite-core/columns/all.js": leftOut("getSQLiteColumnBuilders"),
  // `references()`: migrations make the tables.
  "drizzle-orm/sqlite-core/foreign-keys.js": leftOut("ForeignKeyBuilder"),
  // `db.query`, which is not there where `drizzle()` is given no schema.
  "drizzle-orm/sqlite-core/query-builders/query.js": leftOut("RelationalQueryBuilder"),
  "drizzle-orm/relations.js": leftOut(
    "createTableRelationsHelpers",
    "extractTablesRelationalConfig",
    "getOperators",
    "getOrderByOperators",
    "Many",
    "normalizeRelation",
    "One",
  ),
}

const REWRITTEN = {
  // By way of `core`, this one function would bring all of `util` along.
  "zod/v4/mini/schemas.js": ["core.util.constantCatch", "util.constantCatch"],
}

/** Leaves out what packages bring along though the worker never runs it. */
export const leanPackages = {
  name: "lean-packages",
  setup(build) {
    const missing = new Set([...Object.keys(STAND_INS), ...Object.keys(REWRITTEN)])

    for (const [module, contents] of Object.entries(STAND_INS))
      build.onLoad({ filter: pathOf(module) }, () => {
        missing.delete(module)
        return { contents }
      })

    for (const [module, [long, short]] of Object.entries(REWRITTEN))
      build.onLoad({ filter: pathOf(module) }, async ({ path }) => {
        const source = await readFile(path, "utf8")
        if (source.includes(long)) missing.delete(module)
        return { contents: source.replaceAll(long, short) }
      })

    build.onEnd(() => ({
      errors: [...missing].map((module) => ({ text: `${module} is not as lean-packages.mjs expects it` })),
    }))
  },
}

const pathOf = (module) =>
  new RegExp(`[\\\\/]node_modules[\\\\/]${module.replaceAll(".", "\\.").replaceAll("/", "[\\\\/]")}$`)
