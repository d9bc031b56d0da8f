// Read by Node and by the local worker alike: nothing of node: here.

export const orgs = [
  { id: 1, slug: "acme", name: "Acme Foundation" },
  { id: 2, slug: "globex", name: "Globex Trust" },
]

export const people = [
  { userId: "1", name: "Alice", email: "alice@acme.test", role: "admin", org: "acme" },
  { userId: "2", name: "Bob", email: "bob@acme.test", role: "member", org: "acme" },
  { userId: "3", name: "Charlie", email: "charlie@globex.test", role: "admin", org: "globex" },
]

export const TOKEN_LIFETIME_SECONDS = 12 * 60 * 60

export const personNamed = (name) => people.find((person) => person.name.toLowerCase() === name.toLowerCase())

/** What the access token of a demo person says. `now` is in milliseconds. */
export const claimsOf = (person, now = Date.now()) => ({
  user_id: person.userId,
  token_type: "access",
  jti: crypto.randomUUID(),
  exp: Math.floor(now / 1000) + TOKEN_LIFETIME_SECONDS,
})

const text = (value) => `'${value.replaceAll("'", "''")}'`

/** Adds whoever is missing and leaves alone what is there, so that a second start keeps what was changed. */
export function seedSql() {
  const orgRows = orgs.map(({ id, slug, name }) => `(${id}, ${text(slug)}, ${text(name)})`)
  const memberRows = people.map(({ userId, email, name, role, org }, index) => {
    const orgId = orgs.find(({ slug }) => slug === org).id
    return `(${index + 1}, ${orgId}, ${text(userId)}, ${text(email)}, ${text(name)}, ${text(role)})`
  })
  return [
    `INSERT OR IGNORE INTO orgs (id, slug, name) VALUES ${orgRows.join(", ")};`,
    `INSERT OR IGNORE INTO org_users (id, org_id, user_id, email, name, role) VALUES ${memberRows.join(", ")};`,
  ].join("\n")
}
