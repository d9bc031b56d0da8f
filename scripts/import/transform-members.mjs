import { nonBlank, resolveKey, toFlag, unresolvedReason } from "./django-values.mjs"

/** As the service takes slugs, also in its paths and headers. */
const SLUG = /^[A-Za-z0-9_-]{1,100}$/

/** The organisations: `rows`, and an index in which `byPk` and `byName` give the slug. */
export function transformOrgs({ models, skip }) {
  const index = { byPk: new Map(), byName: new Map(), inDump: models.org, rows: [] }
  for (const [pk, fields] of models.org) {
    const slug = nonBlank(fields.slug)?.trim()
    if (!slug) skip("org", pk, "has no slug")
    else if (!SLUG.test(slug)) skip("org", pk, "has a slug that is none here: 1 to 100 letters, digits, _ or -")
    // The slug is the key: two organisations with one slug would read each other's notifications.
    else if (index.byName.has(slug)) skip("org", pk, "has the slug of another organisation")
    else {
      index.byPk.set(pk, slug)
      index.byName.set(slug, slug)
      index.rows.push({ values: [slug, nonBlank(fields.name) ?? slug], state: "exists", sourceCounts: { org: 1 } })
    }
  }
  return index
}

const indexBy = (rows, field) => ({
  byPk: new Map(Array.from(rows, ([pk, fields]) => [pk, { pk, fields }])),
  byName: new Map(Array.from(rows, ([pk, fields]) => [fields[field], { pk, fields }])),
  inDump: rows,
})

/** The members: `rows`, and an index in which `byPk` gives `{org, userId}` for an orguser. */
export function transformMembers(source, orgs) {
  const { models, now, isCut, hasBrokenRows, rules, skip, warn } = source
  const users = indexBy(models.user, "username")
  const roles = indexBy(models.role, "slug")
  const index = { byPk: new Map(), inDump: models.orguser, rows: [] }
  const rowByMember = new Map()
  const used = { user: new Set(), role: new Set() }

  /** Counts a user or a role with the first membership that uses it. */
  const countFirstUse = (model, found) => {
    if (!found || used[model].has(found.pk)) return {}
    used[model].add(found.pk)
    return { [model]: 1 }
  }

  for (const [pk, fields] of models.orguser) {
    const org = resolveKey(orgs, fields.org)
    const user = resolveKey(users, fields.user)
    if (!org || !user) {
      const reason = org
        ? unresolvedReason(users, fields.user, "user")
        : unresolvedReason(orgs, fields.org, "organisation")
      skip("orguser", pk, reason)
      continue
    }
    if (!rules.USER_ID.test(user.pk)) {
      skip("orguser", pk, "has a user whose pk is no user id: 1 to 100 printable ASCII characters")
      continue
    }
    const role = resolveKey(roles, fields.new_role)
    // Its role may be behind the cut, or a row that cannot be read. An import changes no existing row, so that the next one could not correct it.
    if ((isCut || hasBrokenRows) && !role && (fields.new_role ?? null) !== null) {
      const problem = isCut ? "which is incomplete" : "which has rows that cannot be read"
      skip("orguser", pk, `refers to a role that is not in the dump, ${problem}`)
      continue
    }
    const member = { org, userId: user.pk }
    index.byPk.set(pk, member)
    const sourceCounts = { orguser: 1, ...countFirstUse("user", user), ...countFirstUse("role", role) }
    const earlier = rowByMember.get(memberKey(member))
    if (earlier) {
      warn("orguser", pk, "is a second membership in the same organisation: the first one is kept")
      for (const [model, count] of Object.entries(sourceCounts))
        earlier.sourceCounts[model] = (earlier.sourceCounts[model] ?? 0) + count
      continue
    }
    const isActive = toFlag(user.fields.is_active, {
      absent: true,
      note: () => warn("orguser", pk, "has an is_active that is neither true nor false: imported as active"),
    })
    const row = {
      values: memberValues(member, {
        user: user.fields,
        email: emailFor(user.fields, pk, source),
        role: roleFor(role, fields, pk, source),
        isActive,
        now,
      }),
      state: "exists",
      sourceCounts,
    }
    if (!isActive) warn("orguser", pk, "is not active: imported as a former member, without new notifications")
    rowByMember.set(memberKey(member), row)
    index.rows.push(row)
  }
  for (const pk of models.user.keys())
    if (!used.user.has(pk)) skip("user", pk, "is not a member of an imported organisation")
  for (const pk of models.role.keys()) if (!used.role.has(pk)) skip("role", pk, "is not used")
  return index
}

export const memberKey = ({ org, userId }) => JSON.stringify([org, userId])

/** The address, or blank: a member without one keeps the inbox and gets no e-mail. In Dalgo the username is an address too. */
function emailFor({ email, username }, pk, { rules, warn }) {
  const parsed = [email, username].flatMap((text) => (nonBlank(text) ? [rules.parseEmailAddress(text)] : []))
  const found = parsed.find(({ address }) => address)
  if (!parsed[0]) warn("orguser", pk, "has no e-mail address: imported without, so that it gets no e-mail")
  else if (!found)
    warn("orguser", pk, `has no usable e-mail address (${parsed[0].flaw}): imported without, so that it gets no e-mail`)
  else if (!parsed[0].address && nonBlank(email))
    warn("orguser", pk, `has no usable e-mail address (${parsed[0].flaw}): imported with the username, which is one`)
  return found?.address ?? ""
}

function memberValues({ org, userId }, { user, email, role, isActive, now }) {
  const name = [user.first_name, user.last_name]
    .map((part) => nonBlank(part)?.trim())
    .filter(Boolean)
    .join(" ")
  return [org, userId, email, name || null, role, isActive ? null : now]
}

/** Without a known role, the one with the fewest rights. */
function roleFor(role, { new_role: key }, pk, { rules, warn }) {
  const slug = role?.fields.slug
  if (Object.hasOwn(rules.ROLE_BY_NAME, slug)) return rules.ROLE_BY_NAME[slug]
  const reason = role
    ? `has an unknown role (${slug})`
    : key === null || key === undefined
      ? "has no role"
      : "refers to a role that is not in the dump"
  warn("orguser", pk, `${reason}: imported as member`)
  return "member"
}
