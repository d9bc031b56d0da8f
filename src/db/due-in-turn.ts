import { type SQL, sql } from "drizzle-orm"
import type { SQLiteTable } from "drizzle-orm/sqlite-core"
import { intLiteral } from "./merge-sorted"

/** A due row: its organisation, 0 where it has none, and the columns of its key as a JSON array. */
export type DueRow = { orgId: number; key: string }

/**
 * Due rows of a table, where each organisation gets the same share of `limit`, and at least one row. Of each, the
 * longest overdue come first. The index `<table>_due_by_org` serves it: SQLite reads two rows for each organisation that
 * has any work pending, and then only the rows that it returns, however many are overdue. `maxOrgs` limits those too.
 */
export const dueInTurn = (
  table: SQLiteTable,
  { key, now, limit, maxOrgs }: { key: SQL; now: number; limit: number; maxOrgs?: number },
): SQL => sql`
  WITH RECURSIVE pending_org (id) AS (
    SELECT -1 UNION ALL
    SELECT (
      SELECT ${ORG_ID} FROM ${table} WHERE due_at IS NOT NULL AND ${ORG_ID} > pending_org.id ORDER BY ${ORG_ID} LIMIT 1
    ) FROM pending_org WHERE pending_org.id IS NOT NULL
    ${maxOrgs === undefined ? sql`` : sql`LIMIT ${intLiteral(maxOrgs)}`}
  ), due_org (id) AS (
    SELECT id FROM pending_org
    WHERE EXISTS (SELECT 1 FROM ${table} WHERE due_at <= ${intLiteral(now)} AND ${ORG_ID} = pending_org.id)
  )
  SELECT due_org.id AS "orgId", item.value AS "key" FROM due_org, json_each((
    SELECT json_group_array(json_array(${key})) FROM (
      SELECT ${key} FROM ${table} WHERE due_at <= ${intLiteral(now)} AND ${ORG_ID} = due_org.id
      ORDER BY due_at LIMIT max(1, ${intLiteral(limit)} / (SELECT count(*) FROM due_org))
    )
  )) item`

/** As in the indexes: without an organisation, a row belongs to a group of its own. */
const ORG_ID = sql.raw("coalesce(org_id, 0)")
