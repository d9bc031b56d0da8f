import * as z from "zod/mini"
import { CATEGORIES } from "../domain/categories"
import type { DocsByRoute } from "../http/route-docs"

const SavedOrg = z.strictObject({
  slug: z.string(),
  name: z.string(),
  /** An IANA name. */
  timezone: z.string(),
  /** `null`: not decided. */
  llm_optin: z.nullable(z.boolean()),
  /** `null`: the default. */
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
      "Absent fields stay as they are; null resets a field to its default. timezone: an IANA name such as Asia/Kolkata, in " +
      "which messages name times; UTC by default. llm_optin: whether AI may summarise " +
      "failures. urgent_categories: the categories whose notifications the service marks as urgent. " +
      "Repeating the request changes nothing.",
    response: success(SavedOrg),
    example: {
      path: { slug: "globex" },
      body: { name: "Globex Trust", timezone: "Asia/Kolkata", urgent_categories: ["incident"] },
    },
  },
  "PUT /api/orgs/:slug/members": {
    summary: "Replace the list of members",
    description:
      "A full sync of up to 10,000 people. Members who are not in the list are removed: they get no more notifications " +
      "or emails, and lose access within 30 seconds. People who return get their old inbox and preferences back. Each " +
      "entry is complete: an entry without a name removes the name. Repeating the request changes nothing.",
    response: success(SyncedMembers),
    example: { path: { slug: "globex" }, body: [charlie] },
  },
  "PATCH /api/orgs/:slug/members": {
    summary: "Add or change members",
    description: "Removes nobody. Each entry is complete: an entry without a name removes the name.",
    response: success(SyncedMembers),
    example: { path: { slug: "globex" }, body: [charlie] },
  },
  "DELETE /api/orgs/:slug/members/:user_id": {
    summary: "Remove a member",
    description: "The same as a full sync without this person. Answers 404 if the person is not a member.",
    response: z.strictObject({ success: z.literal(true), message: z.string() }),
    example: { path: { slug: "globex", user_id: "3" } },
  },
} satisfies DocsByRoute
