/** Lowest first. A person has one per organisation. */
export const ROLES = ["member", "analyst", "admin", "super-admin"] as const
export type Role = (typeof ROLES)[number]

export const isAtLeast = (role: Role, needed: Role) => ROLES.indexOf(role) >= ROLES.indexOf(needed)
