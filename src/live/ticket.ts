import { sign, verify } from "hono/jwt"
import * as z from "zod/mini"
import type { Deps } from "../deps"
import { AppError } from "../runtime/errors"
import type { Membership } from "../auth/membership"
import type { Ticket } from "./docs"

const TTL_SECONDS = 30
/** Unsubscribe links are signed with the same secret and have no audience, so that neither token passes as the other. */
const AUDIENCE = "socket"

/** `until`: when the access token expires (milliseconds since 1970) that the ticket was issued for. The socket ends then. */
const Claims = z.object({
  jti: z.string(),
  exp: z.number(),
  org_id: z.int(),
  org_slug: z.string(),
  org_user_id: z.int(),
  until: z.number(),
})

/** Issues a ticket that opens this person's bar once, within 30 s. Throws `unavailable` if no secret is configured. */
export async function issueTicket({ config, now }: Deps, { me, until }: { me: Membership; until: number }) {
  const claims: z.infer<typeof Claims> = {
    jti: crypto.randomUUID(),
    exp: now() / 1000 + TTL_SECONDS,
    org_id: me.orgId,
    org_slug: me.orgSlug,
    org_user_id: me.orgUserId,
    until,
  }
  const ticket = await sign({ ...claims, aud: AUDIENCE }, ticketSecret(config), "HS256")
  return { ticket, expires_in: TTL_SECONDS } satisfies Ticket
}

/** Verifies a ticket; `undefined` if it is invalid or expired. Only the Durable Object knows whether it was used. */
export async function verifyTicket({ config, now }: Deps, ticket: string) {
  const secret = ticketSecret(config)
  try {
    const claims = Claims.parse(await verify(ticket, secret, { alg: "HS256", aud: AUDIENCE, exp: false }))
    const expiresAt = Math.round(claims.exp * 1000)
    if (Math.min(expiresAt, claims.until) <= now()) return undefined
    return {
      orgId: claims.org_id,
      orgSlug: claims.org_slug,
      connection: { orgUserId: claims.org_user_id, until: claims.until },
      ticket: { id: claims.jti, expiresAt },
    }
  } catch {
    return undefined
  }
}

function ticketSecret({ UNSUBSCRIBE_SECRET }: Deps["config"]): string {
  if (!UNSUBSCRIBE_SECRET) throw new AppError("unavailable", "UNSUBSCRIBE_SECRET is not configured")
  return UNSUBSCRIBE_SECRET
}
