import type { Membership } from "./membership"

/**
 * Who is asking: a person with the organisations they belong to, until their token expires, or another server of the
 * platform.
 */
export type Caller =
  | { kind: "person"; userId: string; expiresAt: number; memberships: Membership[]; isSuperAdmin: boolean }
  | { kind: "service" }

/** Whether the caller looks after all organisations. */
export const isPlatformCaller = (caller: Caller) => caller.kind === "service" || caller.isSuperAdmin

/** One name for each caller. */
export const callerKey = (caller: Caller) => (caller.kind === "person" ? `person:${caller.userId}` : "service")
