// Node and the local worker both import this file: no node: modules here.

export const demoOrgs = [
  { id: 1, slug: "acme", name: "Acme Foundation" },
  { id: 2, slug: "globex", name: "Globex Trust" },
]

export const demoUsers = [
  { userId: "1", name: "Alice", email: "alice@acme.test", role: "admin", org: "acme" },
  { userId: "2", name: "Bob", email: "bob@acme.test", role: "member", org: "acme" },
  { userId: "3", name: "Charlie", email: "charlie@globex.test", role: "admin", org: "globex" },
]

export const TOKEN_LIFETIME_SECONDS = 12 * 60 * 60

export const findDemoUser = (name) => demoUsers.find((user) => user.name.toLowerCase() === name.toLowerCase())

/** The claims of an access token. `now` is in milliseconds. */
export const accessTokenClaims = (user, now = Date.now()) => ({
  user_id: user.userId,
  token_type: "access",
  jti: crypto.randomUUID(),
  exp: Math.floor(now / 1000) + TOKEN_LIFETIME_SECONDS,
})

const quote = (value) => `'${value.replaceAll("'", "''")}'`

/** Inserts what is missing and changes no existing row, so that a restart keeps changes. */
export function seedSql() {
  const orgRows = demoOrgs.map(({ id, slug, name }) => `(${id}, ${quote(slug)}, ${quote(name)})`)
  const userRows = demoUsers.map(({ userId, email, name, role, org }, index) => {
    const orgId = demoOrgs.find(({ slug }) => slug === org).id
    return `(${index + 1}, ${orgId}, ${quote(userId)}, ${quote(email)}, ${quote(name)}, ${quote(role)})`
  })
  return [
    `INSERT OR IGNORE INTO orgs (id, slug, name) VALUES ${orgRows.join(", ")};`,
    `INSERT OR IGNORE INTO org_users (id, org_id, user_id, email, name, role) VALUES ${userRows.join(", ")};`,
  ].join("\n")
}
