import type { Membership } from "./membership"

/**
 * The authenticated sender of a request: a person with their memberships, or another server with a service key.
 * `expiresAt` is the expiry of the person's token, in milliseconds. `keyHash` names the service key without telling it.
 */
export type Caller =
  | { kind: "person"; userId: string; expiresAt: number; memberships: Membership[]; isSuperAdmin: boolean }
  | { kind: "service"; keyHash: string }

/** Super-admins and servers act in every organisation. */
export const isPlatformCaller = (caller: Caller) => caller.kind === "service" || caller.isSuperAdmin

/** Identifies the caller in rate limits. Each service key has a limit of its own. */
export const callerKey = (caller: Caller) =>
  caller.kind === "person" ? `person:${caller.userId}` : `service:${caller.keyHash}`

/** Identifies the caller in idempotency keys. A request that is repeated with a new service key is still the same. */
export const idempotencyOwner = (caller: Caller) => (caller.kind === "person" ? `person:${caller.userId}` : "service")
