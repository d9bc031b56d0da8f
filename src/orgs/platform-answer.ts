import * as z from "zod/mini"
import { type Role, ROLE_BY_NAME } from "../domain/roles"
import { isTransientStatus } from "../runtime/http-retry"
import type { PlatformAnswer } from "../runtime/platform"
import { unstorableTexts } from "../runtime/zod"
import { Member, OrgChange, OrgPath } from "./schemas"

/** A membership as the platform knows it. `role` is undefined if its name is unknown here. */
export type PlatformMembership = { slug: string; orgName: string; email: string; role: Role | undefined }

/**
 * `expired`: the platform's clock is ahead of ours. `problems` names what was not usable in single entries, without its
 * value.
 */
export type ReadAnswer =
  | { kind: "memberships"; memberships: PlatformMembership[]; problems: string[] }
  | { kind: "expired" }
  | { kind: "failed"; reason: string | undefined }

/** Each is a statement of one batch. */
const MAX_ENTRIES = 500
const TOKEN_EXPIRED = 498
/** Our own answer, if `PLATFORM_ORIGIN` leads back here. */
const LOOP_DETECTED = 508

/** An entry whose values are not validated yet. */
const Listed = z.object({
  user_id: z.catch(z.optional(z.union([z.string(), z.number()])), undefined),
  active: z.optional(z.unknown()),
  org: z.optional(z.unknown()),
})
const Entry = z.object({
  user_id: Member.shape.user_id,
  email: Member.shape.email,
  org: z.object({ slug: OrgPath.shape.slug, name: OrgChange.shape.name }),
  active: z.optional(z.literal(true)),
  new_role_slug: z.nullish(z.string()),
})

/**
 * Reads the platform's answer to `GET /api/currentuserv2`: one entry for each organisation of the person who asks. A 4xx
 * says that it knows none. An answer that names another person is refused as a whole: it was made for somebody else.
 */
export function readPlatformAnswer({ status = 0, body, reason }: PlatformAnswer, userId: string): ReadAnswer {
  if (status === TOKEN_EXPIRED) return { kind: "expired" }
  const isRefusal = status >= 400 && status < 500 && status !== 425 && !isTransientStatus(status)
  if (isRefusal) return { kind: "memberships", memberships: [], problems: [] }
  if (status !== 200 || !Array.isArray(body)) {
    return { kind: "failed", reason: status === LOOP_DETECTED ? "PLATFORM_ORIGIN leads back to this service" : reason }
  }
  const entries: unknown[] = body
  const ids = entries.map((entry) => Listed.safeParse(entry).data?.user_id ?? userId)
  if (ids.some((id) => String(id) !== userId)) return { kind: "failed", reason: "the answer is about another person" }
  return { kind: "memberships", ...readEntries(entries) }
}

function readEntries(entries: unknown[]) {
  const bySlug = new Map<string, PlatformMembership>()
  const problems = entries.length > MAX_ENTRIES ? [`more than ${MAX_ENTRIES} entries`] : []
  for (const raw of entries.slice(0, MAX_ENTRIES)) {
    const listed = Listed.safeParse(raw).data
    const isNoMembership = listed && (listed.active === false || (listed.org ?? null) === null)
    if (isNoMembership) continue
    const entry = Entry.safeParse(raw)
    const [unstorable] = unstorableTexts(entry.data)
    if (!entry.success || unstorable) {
      problems.push((unstorable ?? entry.error?.issues[0]?.path ?? []).join(".") || "an entry")
      continue
    }
    const { org, email, new_role_slug: roleName } = entry.data
    const role = toRole(roleName)
    if (!role) problems.push("new_role_slug")
    if (!bySlug.has(org.slug)) bySlug.set(org.slug, { slug: org.slug, orgName: org.name, email, role })
  }
  return { memberships: [...bySlug.values()], problems }
}

/** Without a role, the lowest one. `undefined` for a name that is unknown. */
function toRole(name: string | null | undefined): Role | undefined {
  if (!name) return "member"
  const roles: Record<string, Role> = ROLE_BY_NAME
  return Object.hasOwn(roles, name) ? roles[name] : undefined
}
