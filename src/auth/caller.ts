import type { Membership } from "./membership"

/**
 * The authenticated sender of a request: a person with their memberships, or another server with a service key.
 * `expiresAt` is the expiry of the person's token, in milliseconds.
 */
export type Caller =
  | { kind: "person"; userId: string; expiresAt: number; memberships: Membership[]; isSuperAdmin: boolean }
  | { kind: "service" }

/** Super-admins and servers act in every organisation. */
export const isPlatformCaller = (caller: Caller) => caller.kind === "service" || caller.isSuperAdmin

/** Identifies the caller in rate limits and idempotency keys. */
export const callerKey = (caller: Caller) => (caller.kind === "person" ? `person:${caller.userId}` : "service")
