/** The lowest first. A person has one role per organisation. */
export const ROLES = ["member", "analyst", "admin", "super-admin"] as const
export type Role = (typeof ROLES)[number]

/** Roles by their names, which include the names that Dalgo used before. */
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
