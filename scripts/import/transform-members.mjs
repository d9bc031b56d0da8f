import { find, flagOf, textOf, whyNot } from "./django-values.mjs"

const ROLES = new Map([
  ["guest", "member"],
  ["member", "member"],
  ["analyst", "analyst"],
  ["pipeline-manager", "admin"],
  ["account-manager", "admin"],
  ["admin", "admin"],
  ["super-admin", "super-admin"],
])

/** Organisations: `byPk` and `byName` lead to their slugs. */
export function orgsOf({ models, skip }) {
  const taken = { byPk: new Map(), byName: new Map(), inDump: models.org, rows: [] }
  for (const [pk, fields] of models.org) {
    const slug = textOf(fields.slug)
    if (!slug) skip("org", pk, "has no slug")
    // Two organisations under one slug would read each other's notifications.
    else if (taken.byName.has(slug)) skip("org", pk, "has the slug of another organisation")
    else {
      taken.byPk.set(pk, slug)
      taken.byName.set(slug, slug)
      taken.rows.push({ values: [slug, textOf(fields.name) ?? slug], state: "there", standsFor: { org: 1 } })
    }
  }
  return taken
}

const named = (rows, field) => ({
  byPk: new Map(Array.from(rows, ([pk, fields]) => [pk, { pk, fields }])),
  byName: new Map(Array.from(rows, ([pk, fields]) => [fields[field], { pk, fields }])),
  inDump: rows,
})

/** Memberships: `byPk` leads from an orguser to `{org, userId}`. */
export function peopleOf({ models, now, skip, note }, orgs) {
  const users = named(models.user, "username")
  const roles = named(models.role, "slug")
  const taken = { byPk: new Map(), inDump: models.orguser, rows: [] }
  const rowOf = new Map()
  const met = { user: new Set(), role: new Set() }

  /** A user or role counts once, with the first membership that has it. */
  const firstWith = (model, found) => {
    if (!found || met[model].has(found.pk)) return {}
    met[model].add(found.pk)
    return { [model]: 1 }
  }

  for (const [pk, fields] of models.orguser) {
    const org = find(orgs, fields.org)
    const user = find(users, fields.user)
    if (!org || !user) {
      skip("orguser", pk, org ? whyNot(users, fields.user, "user") : whyNot(orgs, fields.org, "organisation"))
      continue
    }
    const person = { org, userId: user.pk }
    taken.byPk.set(pk, person)
    const role = find(roles, fields.new_role)
    const standsFor = { orguser: 1, ...firstWith("user", user), ...firstWith("role", role) }
    const before = rowOf.get(keyOf(person))
    if (before) {
      note("orguser", pk, "is in that organisation a second time: one membership, the first")
      for (const [model, count] of Object.entries(standsFor))
        before.standsFor[model] = (before.standsFor[model] ?? 0) + count
      continue
    }
    const row = {
      values: valuesOf(person, user.fields, roleOf(role, fields, pk, note), now),
      state: "there",
      standsFor,
    }
    if (user.fields.is_active === false) note("orguser", pk, "is not active: a former member, who is told nothing more")
    rowOf.set(keyOf(person), row)
    taken.rows.push(row)
  }
  for (const pk of models.user.keys()) if (!met.user.has(pk)) skip("user", pk, "is in no organisation that was taken")
  for (const pk of models.role.keys()) if (!met.role.has(pk)) skip("role", pk, "is nobody's")
  return taken
}

export const keyOf = ({ org, userId }) => JSON.stringify([org, userId])

function valuesOf({ org, userId }, user, role, now) {
  const email = (textOf(user.email) ?? textOf(user.username) ?? "").trim().toLowerCase()
  const name = [user.first_name, user.last_name]
    .map((part) => textOf(part)?.trim())
    .filter(Boolean)
    .join(" ")
  return [org, userId, email, name || null, role, flagOf(user.is_active ?? true) ? null : now]
}

/** Where a role cannot be told, it is the one that may least. */
function roleOf(role, { new_role: key }, pk, note) {
  const known = ROLES.get(role?.fields.slug)
  if (known) return known
  const why = role
    ? `has a role that is not known here (${role.fields.slug})`
    : key === null || key === undefined
      ? "has no role"
      : "has a role that is not in the dump"
  note("orguser", pk, `${why}: a member`)
  return "member"
}
