import { and, asc, eq, gt, inArray, isNull, type SQL, sql } from "drizzle-orm"
import type { Category } from "../categories"
import type { Db } from "../db/client"
import { orgPolicies, orgUsers, switches } from "../db/schema"
import type { OrgPolicy, Person, Switch } from "../preferences/decide"

/** Who is addressed. It is kept with the notification and looked up when that is sent. */
export type Audience =
  | { kind: "org"; orgId: number; adminsOnly: boolean }
  | { kind: "everyone"; adminsOnly: boolean }
  | { kind: "email"; email: string; orgId: number | null; adminsOnly: boolean }
  | { kind: "org_users"; ids: number[] }

/** As many people as one batch commits at a time; the queue goes on with the rest. */
export const CHUNK = 10_000

export type Addressee = Person & { orgUserId: number; orgId: number }

/** The next people of this audience, by id, each with what bears on this category; and the policies of all. */
export const addressees = (
  db: Db,
  { audience, category, after }: { audience: Audience; category: Category; after: number },
) =>
  [
    db
      .select({ orgUserId: orgUsers.id, orgId: orgUsers.orgId, switches: switchesFor(category) })
      .from(orgUsers)
      .where(and(isNull(orgUsers.removedAt), gt(orgUsers.id, after), addressed(audience)))
      .orderBy(asc(orgUsers.id))
      .limit(CHUNK + 1),
    db
      .select()
      .from(orgPolicies)
      .where(and(inArray(orgPolicies.category, [category, "all"]), policiesFor(audience))),
  ] as const

type Rows = { orgUserId: number; orgId: number; switches: string }[]
type Policies = (OrgPolicy & { orgId: number })[]

/** Puts the two answers of `addressees` together. `isLast` says that nobody comes after these. */
export function toAddressees(rows: Rows, policies: Policies): { people: Addressee[]; isLast: boolean } {
  const byOrg = Map.groupBy(policies, (policy) => policy.orgId)
  const people = rows.slice(0, CHUNK).map((row) => ({
    orgUserId: row.orgUserId,
    orgId: row.orgId,
    switches: row.switches === "[]" ? [] : toSwitches(row.switches),
    policies: byOrg.get(row.orgId) ?? [],
  }))
  return { people, isLast: rows.length <= CHUNK }
}

/** Two searches and not an `IN`: iterating its list would cost four reads for each person. */
const switchesFor = (category: Category) => {
  const of = (which: Category | "all") => sql`
    SELECT category, channel, enabled, changed_at FROM ${switches} p
    WHERE p.org_user_id = ${orgUsers}.id AND p.category = ${which}`
  return sql<string>`(
    SELECT json_group_array(json_array(category, channel, enabled, changed_at))
    FROM (${of(category)} UNION ALL ${of("all")})
  )`.as("switches")
}

/** What `switchesFor` wrote. */
const toSwitches = (json: string) =>
  (JSON.parse(json) as [Switch["category"], Switch["channel"], 0 | 1, number][]).map(
    ([category, channel, enabled, changedAt]): Switch => ({ category, channel, enabled: enabled === 1, changedAt }),
  )

function addressed(audience: Audience): SQL | undefined {
  if (audience.kind === "org_users") {
    return sql`${orgUsers.id} IN (SELECT value FROM json_each(${JSON.stringify(audience.ids)}))`
  }
  const rank = audience.adminsOnly ? inArray(orgUsers.role, ["admin", "super-admin"]) : undefined
  switch (audience.kind) {
    case "org":
      return and(eq(orgUsers.orgId, audience.orgId), rank)
    case "everyone":
      return rank
    case "email":
      return and(
        eq(orgUsers.email, audience.email),
        audience.orgId === null ? undefined : eq(orgUsers.orgId, audience.orgId),
        rank,
      )
  }
}

const policiesFor = (audience: Audience): SQL | undefined =>
  "orgId" in audience && audience.orgId !== null ? eq(orgPolicies.orgId, audience.orgId) : undefined
