import type { Membership } from "./membership"

/** Who is asking: a person with the organisations they belong to, or another server of the platform. */
export type Caller =
  | { kind: "person"; userId: string; memberships: Membership[]; isSuperAdmin: boolean }
  | { kind: "service" }
