import { env } from "cloudflare:workers"
import { orgDocs } from "../../src/orgs/docs"
import { metered } from "./d1-meter"
import { server } from "./people"
import { selectRows } from "./select-rows"
import { workerWithEnv } from "./worker-with-env"

export const ALICE = { user_id: "1", email: "alice@acme.test", role: "admin" }
export const BOB = { user_id: "2", email: "bob@acme.test", role: "member" }
/** A person who is not in the database yet. */
export const IVY = { user_id: "7", email: "ivy@acme.test", role: "analyst" }

export const MEMBERS = "/api/orgs/acme/members"

/** A full sync. */
export const sync = async (list: object[], path = MEMBERS) => countsIn(await server.put(path, list))
/** A partial update. */
export const upsert = async (list: object[], path = MEMBERS) => countsIn(await server.patch(path, list))

async function countsIn(answer: Response) {
  if (answer.status !== 200) throw new Error(`${answer.status}: ${await answer.text()}`)
  const { success, res } = await answer.json<any>()
  return orgDocs["PUT /api/orgs/:slug/members"].response.parse({ success, res }).res
}

/** The current members in the database, oldest first. */
export const membersOf = (slug = "acme") =>
  selectRows(
    `SELECT u.id, u.user_id, u.email, u.role, u.name FROM org_users u JOIN orgs o ON o.id = u.org_id
     WHERE o.slug = ? AND u.removed_at IS NULL ORDER BY u.id`,
    slug,
  )

/** What one request costs the database. */
export async function costOf(method: string, path: string, body?: unknown) {
  const { db, spent } = metered(env.DB)
  const response = await workerWithEnv({ DB: db })(path, {
    method,
    headers: { authorization: "Bearer service-key-new", "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  return { ...spent, status: response.status, response: await response.json<any>() }
}
