import * as z from "zod/mini"
import { CATEGORIES } from "../domain/categories"
import type { DocsByRoute } from "../http/route-docs"

const SavedOrg = z.strictObject({
  slug: z.string(),
  name: z.string(),
  /** `null`: never asked. */
  llm_optin: z.nullable(z.boolean()),
  /** `null`: the usual ones. */
  urgent_categories: z.nullable(z.array(z.enum(CATEGORIES))),
})
export type SavedOrg = z.infer<typeof SavedOrg>

const count = z.int().check(z.gte(0))
const SyncedMembers = z.strictObject({ added: count, changed: count, removed: count, unchanged: count })
export type SyncedMembers = z.infer<typeof SyncedMembers>

const success = <T extends z.ZodMiniType>(res: T) => z.strictObject({ success: z.literal(true), res })

const charlie = { user_id: "3", email: "charlie@globex.test", name: "Charlie", role: "admin" }

export const orgDocs = {
  "PUT /api/orgs/:slug": {
    summary: "Create or change an organisation",
    description:
      "What is not named stays as it is; null is what it was at first. llm_optin: whether failures may be summarised " +
      "by AI. urgent_categories: which notifications the service itself marks as urgent. The same again changes nothing.",
    response: success(SavedOrg),
    example: { path: { slug: "globex" }, body: { name: "Globex Trust", urgent_categories: ["incident"] } },
  },
  "PUT /api/orgs/:slug/members": {
    summary: "Make these people the members, and nobody else",
    description:
      "A full sync of up to 10,000 people. Who is not in the list is removed: no notification or e-mail reaches them " +
      "any more, and they lose access within 30 seconds. Who comes back gets their old inbox and preferences. Each entry " +
      "is whole: a name left out is no name. The same list again changes nothing.",
    response: success(SyncedMembers),
    example: { path: { slug: "globex" }, body: [charlie] },
  },
  "PATCH /api/orgs/:slug/members": {
    summary: "Add or change these members",
    description: "Removes nobody. Each entry is whole: a name left out is no name.",
    response: success(SyncedMembers),
    example: { path: { slug: "globex" }, body: [charlie] },
  },
  "DELETE /api/orgs/:slug/members/:user_id": {
    summary: "Remove a member",
    description: "As if they were left out of a full sync. Who is not a member is not found.",
    response: z.strictObject({ success: z.literal(true), message: z.string() }),
    example: { path: { slug: "globex", user_id: "3" } },
  },
} satisfies DocsByRoute
