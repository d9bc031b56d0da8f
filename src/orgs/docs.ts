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

const RefusedMember = z.strictObject({
  /** The row's place in the list, from 0. */
  index: count,
  /** As the row has it; `null` if it has none that can be shown. */
  user_id: z.nullable(z.union([z.string(), z.int()])),
  email: z.nullable(z.string()),
  loc: z.array(z.union([z.string(), z.int()])),
  msg: z.string(),
  type: z.string(),
})
export type RefusedMember = z.infer<typeof RefusedMember>

const success = <T extends z.ZodMiniType>(res: T) => z.strictObject({ success: z.literal(true), res })

const charlie = { user_id: "3", email: "charlie@globex.test", name: "Charlie", role: "admin" }

const ADDRESS_RULE =
  "Addresses are stored in lower case with their domain in ASCII: `priya@दिल्ली.भारत` as `priya@xn--j2bya4ch0f.xn--h2brj9c`. " +
  "A person whose address has other letters than ASCII before the @ gets notifications in the inbox, and no e-mail: " +
  "mail providers cannot send there."

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
      "entry is complete: an entry without a name removes the name. Repeating the request changes nothing.\n\n" +
      "All or nothing: if an entry cannot be taken, the answer is 422 and names it, and nothing changes. Otherwise its person " +
      "would be removed. " +
      ADDRESS_RULE,
    response: success(SyncedMembers),
    example: { path: { slug: "globex" }, body: [charlie] },
  },
  "PATCH /api/orgs/:slug/members": {
    summary: "Add or change members",
    description:
      "Removes nobody. Each entry is complete: an entry without a name removes the name.\n\n" +
      "An entry that cannot be taken does not stop the others. `refused` is the number of such entries, and `errors` has up " +
      "to 100 of their problems. Of several entries for one person, the first counts and the others are refused. " +
      ADDRESS_RULE,
    response: z.strictObject({
      success: z.literal(true),
      res: SyncedMembers,
      refused: count,
      errors: z.array(RefusedMember),
    }),
    example: { path: { slug: "globex" }, body: [charlie] },
  },
  "DELETE /api/orgs/:slug/members/:user_id": {
    summary: "Remove a member",
    description:
      "The same as a full sync without this person. What they scheduled is not sent. Answers 404 if the person is not a " +
      "member.\n\n" +
      "`erase=true` also deletes their address, name, devices, preferences and inbox in this organisation, and what was sent " +
      "to them alone. It also works for a person who was removed before, and may be repeated. `done` is false while a large " +
      "inbox is still being deleted, which takes a minute for each 1,000 notifications.",
    response: z.strictObject({
      success: z.literal(true),
      message: z.string(),
      done: z.exactOptional(z.boolean()),
    }),
    example: { path: { slug: "globex", user_id: "3" } },
  },
} satisfies DocsByRoute
