import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { sign } from "hono/jwt"
import worker from "../../src/index"

/** Sends requests with one caller's credentials. */
export type ApiClient = {
  get(path: string, headers?: HeadersInit): Promise<Response>
  post(path: string, body?: unknown, headers?: HeadersInit): Promise<Response>
  put(path: string, body?: unknown, headers?: HeadersInit): Promise<Response>
  patch(path: string, body?: unknown, headers?: HeadersInit): Promise<Response>
  delete(path: string, headers?: HeadersInit, body?: unknown): Promise<Response>
}

const ORIGIN = "https://notifications.dalgo.test"

/**
 * Sends a request to the worker. It does not use `exports.default`: this version of the test pool wraps that once more
 * with each request, so that after some hundreds each takes 100 ms.
 */
export async function request(path: string, init?: RequestInit): Promise<Response> {
  const ctx = createExecutionContext()
  contexts.push(ctx)
  return worker.fetch(new Request(ORIGIN + path, init), env, ctx)
}

const contexts: ExecutionContext[] = []

/** Waits for the `waitUntil` work of all requests, so that it does not run during the next test. */
export async function waitForBackgroundWork(): Promise<void> {
  await Promise.all(contexts.splice(0).map((ctx) => waitOnExecutionContext(ctx)))
}

export const claimsOf = (userId: string | number) => ({
  user_id: userId,
  token_type: "access",
  jti: crypto.randomUUID(),
  exp: Math.floor(Date.now() / 1000) + 3600,
})

export const tokenFor = (userId: string | number, claims: object = {}) =>
  sign({ ...claimsOf(userId), ...claims }, env.JWT_SECRET as string, "HS256")

const clientWith = (headersOf: () => Promise<Record<string, string>>): ApiClient => {
  const send = async (method: string, path: string, body: unknown, headers: HeadersInit = {}) =>
    request(path, {
      method,
      headers: {
        ...(await headersOf()),
        ...(body !== undefined && { "content-type": "application/json" }),
        ...Object.fromEntries(new Headers(headers)),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
  return {
    get: (path, headers) => send("GET", path, undefined, headers),
    post: (path, body, headers) => send("POST", path, body, headers),
    put: (path, body, headers) => send("PUT", path, body, headers),
    patch: (path, body, headers) => send("PATCH", path, body, headers),
    delete: (path, headers, body) => send("DELETE", path, body, headers),
  }
}

export const cookieOf = async (userId: string) => ({ cookie: `access_token=${await tokenFor(userId)}` })

export const userClient = (userId: string) => clientWith(() => cookieOf(userId))

/** Admin of acme. */
export const alice = { ...userClient("1"), orgUserId: 1, userId: "1", email: "alice@acme.test" }
/** Member of acme. */
export const bob = { ...userClient("2"), orgUserId: 2, userId: "2", email: "bob@acme.test" }
/** Admin of globex, and not a member of acme. */
export const charlie = { ...userClient("3"), orgUserId: 3, userId: "3", email: "charlie@globex.test" }
/** Super-admin, in the organisation dalgo. */
export const dora = { ...userClient("4"), orgUserId: 4, userId: "4", email: "dora@dalgo.test" }
/** The platform's backend, with its service key. */
export const server = clientWith(async () => ({ authorization: "Bearer service-key-new" }))
/** A caller without credentials. */
export const anonymous = clientWith(async () => ({}))

export const ACME = 1
export const GLOBEX = 2

/** A fifth person, for tests about two organisations. `insertEve` adds her to both of them. */
export const eve = userClient("6")
export const insertEve = (roles: { acme: string; globex: string }) =>
  env.DB.prepare(
    `INSERT INTO org_users (id, org_id, user_id, email, role) VALUES
     (6, 1, '6', 'eve@acme.test', ?), (7, 2, '6', 'eve@acme.test', ?)`,
  )
    .bind(roles.acme, roles.globex)
    .run()

/** Inserts the organisations and the four people. */
export const statementsOfCast = (): D1PreparedStatement[] => [
  env.DB.prepare(
    "INSERT INTO orgs (id, slug, name) VALUES (1, 'acme', 'Acme'), (2, 'globex', 'Globex'), (3, 'dalgo', 'Dalgo')",
  ),
  env.DB.prepare(
    `INSERT INTO org_users (id, org_id, user_id, email, role) VALUES
     (1, 1, '1', 'alice@acme.test', 'admin'), (2, 1, '2', 'bob@acme.test', 'member'),
     (3, 2, '3', 'charlie@globex.test', 'admin'), (4, 3, '4', 'dora@dalgo.test', 'super-admin')`,
  ),
]
