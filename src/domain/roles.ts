/** Lowest first. A person has one per organisation. */
export const ROLES = ["member", "analyst", "admin", "super-admin"] as const
export type Role = (typeof ROLES)[number]

/** Each role by its name, and by the names that it had before. */
export const ROLE_BY_NAME = {
  member: "member",
  analyst: "analyst",
  admin: "admin",
  "super-admin": "super-admin",
  guest: "member",
  "pipeline-manager": "admin",
  "account-manager": "admin",
} as const satisfies Record<string, Role>

export type RoleName = keyof typeof ROLE_BY_NAME

export const isAtLeast = (role: Role, needed: Role) => ROLES.indexOf(role) >= ROLES.indexOf(needed)
