import type { Category } from "../../domain/categories"
import type { Deps } from "../../deps"
import { MisconfiguredError, notFound } from "../../runtime/errors"
import { verifyUnsubscribeToken } from "./token"
import * as queries from "../queries"

/**
 * The person and the category of an unsubscribe link. Throws `not_found` for an invalid token, and `MisconfiguredError`
 * while the secret is missing or not usable.
 */
export async function verifyLink(deps: Deps, { token }: { token: string }) {
  const secret = deps.config.UNSUBSCRIBE_SECRET
  if (!secret) throw new MisconfiguredError("UNSUBSCRIBE_SECRET is not set")
  const claims = await verifyUnsubscribeToken(secret, token)
  if (!claims) throw notFound("link")
  return claims
}

/**
 * Turns off the e-mails of that category, in every organisation for which the e-mail was sent. It needs no sign-in, as RFC
 * 8058 asks: the token is the proof.
 */
export async function unsubscribe(deps: Deps, { token }: { token: string }): Promise<Category> {
  const { orgUserIds, category } = await verifyLink(deps, { token })
  const switches = [{ category, channel: "email" as const, enabled: false }]
  await queries.upsertSwitchesOfAll(deps.db, { orgUserIds, switches, now: deps.now() })
  return category
}
