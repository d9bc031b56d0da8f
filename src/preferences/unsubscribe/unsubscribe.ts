import type { Category } from "../../domain/categories"
import type { Deps } from "../../deps"
import { notFound } from "../../runtime/errors"
import { verifyUnsubscribeToken } from "./token"
import * as queries from "../queries"

/** Whose e-mail of which category this link ends. Throws `not_found` for one that we did not make. */
export async function verifyLink(deps: Deps, { token }: { token: string }) {
  const secret = deps.config.UNSUBSCRIBE_SECRET
  const whose = secret && (await verifyUnsubscribeToken(secret, token))
  if (!whose) throw notFound("link")
  return whose
}

/** Ends it. Nobody needs to be signed in: the token is proof enough (RFC 8058). */
export async function unsubscribe(deps: Deps, { token }: { token: string }): Promise<Category> {
  const { orgUserId, category } = await verifyLink(deps, { token })
  const switches = [{ category, channel: "email" as const, enabled: false }]
  await queries.upsertSwitches(deps.db, { orgUserId, switches, now: deps.now() })
  return category
}
