import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { DatabaseSync } from "node:sqlite"
import type { AddressInfo } from "node:net"
import { randomUUID } from "node:crypto"

/**
 * A stand-in of Cloudflare's API, as far as wrangler 4 needs it to deploy this worker. It is strict: what it does not know
 * is answered with 404, a database or queue that does not exist refuses the upload, and nothing can be created twice.
 */

type Script = {
  secrets: Map<string, string>
  vars: Record<string, string>
  bindings: { type: string; name: string; [field: string]: unknown }[]
  migrationTag: string
  modules: string[]
  assets: string[]
  schedules: string[]
  workersDev: boolean
  versions: string[]
}
type Queue = { id: string; name: string; consumers: { id: string; script: string; settings: object; dead?: string }[] }
type Database = { uuid: string; name: string; sql: DatabaseSync }
type Account = {
  id: string
  name: string
  subdomain: string
  databases: Database[]
  queues: Queue[]
  scripts: Map<string, Script>
}
/** The answer to a request that is to fail; `drop` ends the connection without one, after the request has had its effect. */
export type Fault = { status: number; code: number; message: string } | "drop"

class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: number,
    message: string,
  ) {
    super(message)
  }
}

type Call = { account: Account; params: string[]; url: URL; body: () => Promise<Buffer>; request: IncomingMessage }
type Route = { method: string; path: RegExp; answer: (call: Call) => unknown }

export class FakeCloudflare {
  readonly accounts: Account[] = []
  /** `METHOD /path` of each request, in order. */
  readonly requests: string[] = []
  /** Which requests fail, until it is taken away. */
  fault: ((request: string) => Fault | undefined) | undefined
  token = "the-token-of-the-tests"
  private readonly server = createServer((request, response) => void this.serve(request, response))
  private readonly assetJwts = new Map<string, string[]>()

  constructor(names = ["Example NGO"]) {
    for (const [i, name] of names.entries())
      this.accounts.push({
        id: String(i + 1).repeat(32),
        name,
        subdomain: `example-${i + 1}`,
        databases: [],
        queues: [],
        scripts: new Map(),
      })
  }

  get account(): Account {
    return this.accounts[0] as Account
  }

  get script(): Script | undefined {
    return this.account.scripts.get("dalgo-notifications")
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  addDatabase(name: string, { databases } = this.account): Database {
    const database = { uuid: randomUUID(), name, sql: new DatabaseSync(":memory:") }
    databases.push(database)
    return database
  }

  addQueue(name: string, { queues } = this.account): Queue {
    const queue = { id: randomUUID().replaceAll("-", ""), name, consumers: [] }
    queues.push(queue)
    return queue
  }

  listen = () => new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve))
  close = () => new Promise((resolve) => this.server.close(resolve).closeAllConnections())

  /** The requests that changed something, since the given number of requests. */
  changes = (since = 0) =>
    this.requests.slice(since).filter((request) => !request.startsWith("GET ") && !request.endsWith("/healthz"))

  private async serve(request: IncomingMessage, response: ServerResponse) {
    const url = new URL(request.url ?? "/", "http://cloudflare.test")
    const path = url.pathname.replace("/client/v4", "")
    const name = `${request.method} ${path}`
    this.requests.push(name)
    const send = (status: number, body: unknown) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body))
    try {
      const fault = this.fault?.(name)
      if (fault && fault !== "drop") throw new ApiError(fault.status, fault.code, fault.message)
      const answer = await this.answer(request, url, path)
      if (fault === "drop") return void request.socket.destroy()
      if (path === "/healthz") return void send(200, answer)
      const list = Array.isArray(answer)
        ? { result_info: { page: 1, per_page: 100, count: answer.length, total_count: answer.length, total_pages: 1 } }
        : {}
      send(200, { success: true, errors: [], messages: [], result: answer, ...list })
    } catch (error) {
      const { status, code, message } = error instanceof ApiError ? error : new ApiError(500, 0, String(error))
      send(status, { success: false, errors: [{ code, message }], messages: [], result: null })
    }
  }

  private async answer(request: IncomingMessage, url: URL, path: string): Promise<unknown> {
    if (path === "/healthz") {
      if (!this.script) throw new ApiError(404, 0, "no worker here")
      return { status: "degraded" }
    }
    const isAsset = path.endsWith("/workers/assets/upload")
    if (!isAsset && request.headers.authorization !== `Bearer ${this.token}`)
      throw new ApiError(400, 9106, "Authentication failed")
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    for (const { method, path: pattern, answer } of this.routes) {
      const match = request.method === method && pattern.exec(path)
      if (!match) continue
      const account = this.accounts.find(({ id }) => path.startsWith(`/accounts/${id}/`))
      if (path.startsWith("/accounts/") && !account) throw new ApiError(403, 10000, "Authentication error")
      return answer({
        account: account ?? this.account,
        params: match.slice(1).map(decodeURIComponent),
        url,
        body: async () => Buffer.concat(chunks),
        request,
      })
    }
    throw new ApiError(404, 7003, `The stand-in does not know ${request.method} ${path}`)
  }

  private readonly routes: Route[] = [
    // Who is asking.
    { method: "GET", path: /^\/user\/tokens\/verify$/, answer: () => ({ id: "token", status: "active" }) },
    { method: "GET", path: /^\/user$/, answer: () => ({ id: "user", email: "admin@ngo.test" }) },
    { method: "GET", path: /^\/accounts$/, answer: () => this.accounts.map(({ id, name }) => ({ id, name })) },
    {
      method: "GET",
      path: /^\/memberships$/,
      answer: () => this.accounts.map(({ id, name }) => ({ id, account: { id, name }, roles: [] })),
    },

    // D1.
    {
      method: "GET",
      path: /^\/accounts\/\w+\/d1\/database$/,
      answer: ({ account, url }) =>
        account.databases
          .filter(({ name }) => !url.searchParams.get("name") || name === url.searchParams.get("name"))
          .map(({ uuid, name }) => ({ uuid, name, version: "production", created_at: "2026-11-29T00:00:00Z" })),
    },
    {
      method: "POST",
      path: /^\/accounts\/\w+\/d1\/database$/,
      answer: async ({ account, body }) => {
        const { name } = JSON.parse(String(await body()))
        if (account.databases.some((each) => each.name === name))
          throw new ApiError(400, 7502, `Database with name '${name}' already exists`)
        return { uuid: this.addDatabase(name, account).uuid, name, version: "production" }
      },
    },
    {
      method: "GET",
      path: /^\/accounts\/\w+\/d1\/database\/([^/]+)$/,
      answer: ({ account, params: [uuid] }) => {
        const { name } = databaseOf(account, uuid)
        return { uuid, name, version: "production" }
      },
    },
    {
      method: "GET",
      path: /^\/accounts\/\w+\/d1\/database\/([^/]+)\/time_travel\/bookmark$/,
      answer: ({ account, params: [uuid] }) => {
        databaseOf(account, uuid)
        return { bookmark: "00000001-00000002-00004e2f-0a83ea2fceebc654de0640c422be4653" }
      },
    },
    {
      method: "POST",
      path: /^\/accounts\/\w+\/d1\/database\/([^/]+)\/query$/,
      answer: async ({ account, params: [uuid], body }) => {
        const { sql } = databaseOf(account, uuid)
        const { sql: text, params = [] } = JSON.parse(String(await body()))
        return runAtomically(sql, text, params)
      },
    },

    // Queues.
    {
      method: "GET",
      path: /^\/accounts\/\w+\/queues$/,
      answer: ({ account, url }) => {
        const names = url.searchParams.getAll("name")
        if (Number(url.searchParams.get("page") ?? 1) > 1) return []
        return account.queues.filter(({ name }) => names.length === 0 || names.includes(name)).map(queueJson)
      },
    },
    {
      method: "POST",
      path: /^\/accounts\/\w+\/queues$/,
      answer: async ({ account, body }) => {
        const { queue_name: name } = JSON.parse(String(await body()))
        if (account.queues.some((each) => each.name === name))
          throw new ApiError(409, 11009, `Queue name '${name}' is already taken.`)
        return queueJson(this.addQueue(name, account))
      },
    },
    {
      method: "GET",
      path: /^\/accounts\/\w+\/queues\/(\w+)\/consumers$/,
      answer: ({ account, params: [id] }) => queueOf(account, id).consumers.map(consumerJson),
    },
    {
      method: "POST",
      path: /^\/accounts\/\w+\/queues\/(\w+)\/consumers$/,
      answer: async ({ account, params: [id], body }) => {
        const queue = queueOf(account, id)
        const { script_name: script, settings, dead_letter_queue: dead } = JSON.parse(String(await body()))
        if (queue.consumers.length > 0) throw new ApiError(409, 11004, `Queue ${queue.name} already has a consumer`)
        const isQueue = account.queues.some(({ name }) => name === dead)
        if (dead && !isQueue) throw new ApiError(400, 11003, `There is no queue ${dead} for dead letters`)
        const consumer = { id: randomUUID().replaceAll("-", ""), script, settings, dead }
        queue.consumers.push(consumer)
        return consumerJson(consumer)
      },
    },
    {
      method: "PUT",
      path: /^\/accounts\/\w+\/queues\/(\w+)\/consumers\/(\w+)$/,
      answer: async ({ account, params: [id, consumerId], body }) => {
        const consumer = queueOf(account, id).consumers.find((each) => each.id === consumerId)
        if (!consumer) throw new ApiError(404, 11001, "no such consumer")
        consumer.settings = JSON.parse(String(await body())).settings
        return consumerJson(consumer)
      },
    },

    // Workers.
    {
      method: "GET",
      path: /^\/accounts\/\w+\/workers\/services\/([\w-]+)$/,
      answer: ({ account, params: [name] }) => {
        const { migrationTag } = scriptOf(account, name)
        const script = {
          id: name,
          tag: "tag-of-the-script",
          tags: [],
          last_deployed_from: "wrangler",
          migration_tag: migrationTag,
        }
        return { id: name, default_environment: { environment: "production", script } }
      },
    },
    {
      method: "GET",
      path: /^\/accounts\/\w+\/workers\/scripts$/,
      answer: ({ account }) =>
        Array.from(account.scripts, ([id, { migrationTag }]) => ({ id, migration_tag: migrationTag })),
    },
    {
      method: "GET",
      path: /^\/accounts\/\w+\/workers\/scripts\/([\w-]+)\/secrets$/,
      answer: ({ account, params: [name] }) =>
        Array.from(scriptOf(account, name).secrets.keys(), (secret) => ({ name: secret, type: "secret_text" })),
    },
    {
      method: "GET",
      path: /^\/accounts\/\w+\/workers\/scripts\/([\w-]+)\/deployments$/,
      answer: ({ account, params: [name] }) => {
        const versions = scriptOf(account, name).versions.slice(-1)
        return {
          deployments: versions.map((id) => ({
            id,
            source: "wrangler",
            strategy: "percentage",
            author_email: "admin@ngo.test",
            created_on: "2026-11-29T00:00:00Z",
            versions: [{ version_id: id, percentage: 100 }],
          })),
        }
      },
    },
    {
      method: "POST",
      path: /^\/accounts\/\w+\/workers\/scripts\/([\w-]+)\/assets-upload-session$/,
      answer: async ({ body }) => {
        const { manifest } = JSON.parse(String(await body())) as { manifest: Record<string, { hash: string }> }
        const jwt = fakeJwt({ session: randomUUID() })
        this.assetJwts.set(jwt, Object.keys(manifest))
        return { jwt, buckets: [Object.values(manifest).map(({ hash }) => hash)] }
      },
    },
    {
      method: "POST",
      path: /^\/accounts\/\w+\/workers\/assets\/upload$/,
      answer: ({ request }) => ({ jwt: request.headers.authorization?.replace("Bearer ", "") }),
    },
    {
      method: "PUT",
      path: /^\/accounts\/\w+\/workers\/scripts\/([\w-]+)$/,
      answer: async ({ account, params: [name = ""], body, request }) => {
        await this.upload(account, name, await body(), request)
        const { versions } = scriptOf(account, name)
        return {
          id: name,
          etag: "etag",
          deployment_id: versions.at(-1)?.replaceAll("-", ""),
          startup_time_ms: 10,
          tags: [],
        }
      },
    },
    {
      method: "GET",
      path: /^\/accounts\/\w+\/workers\/scripts\/([\w-]+)\/settings$/,
      answer: ({ account, params: [name] }) => ({ bindings: scriptOf(account, name).bindings }),
    },
    {
      method: "POST",
      path: /^\/accounts\/\w+\/workers\/scripts\/([\w-]+)\/versions$/,
      answer: async ({ account, params: [name = ""], body, request }) => {
        scriptOf(account, name)
        await this.upload(account, name, await body(), request)
        return {
          id: scriptOf(account, name).versions.at(-1),
          resources: { script: { etag: "etag" } },
          startup_time_ms: 10,
        }
      },
    },
    {
      method: "POST",
      path: /^\/accounts\/\w+\/workers\/scripts\/([\w-]+)\/deployments$/,
      answer: async ({ account, params: [name], body }) => {
        const { versions } = JSON.parse(String(await body())) as { versions: { version_id: string }[] }
        for (const each of versions)
          if (!scriptOf(account, name).versions.includes(each.version_id))
            throw new ApiError(404, 10212, "no such version")
        return { id: randomUUID() }
      },
    },
    {
      method: "PATCH",
      path: /^\/accounts\/\w+\/workers\/scripts\/([\w-]+)\/script-settings$/,
      answer: ({ account, params: [name] }) => ({ tags: [], name: scriptOf(account, name) && name }),
    },
    {
      method: "GET",
      path: /^\/accounts\/\w+\/workers\/scripts\/([\w-]+)\/subdomain$/,
      answer: ({ account, params: [name] }) => ({
        enabled: scriptOf(account, name).workersDev,
        previews_enabled: false,
      }),
    },
    {
      method: "POST",
      path: /^\/accounts\/\w+\/workers\/scripts\/([\w-]+)\/subdomain$/,
      answer: async ({ account, params: [name], body }) => {
        const { enabled } = JSON.parse(String(await body()))
        scriptOf(account, name).workersDev = enabled
        return { enabled, previews_enabled: false }
      },
    },
    {
      method: "GET",
      path: /^\/accounts\/\w+\/workers\/subdomain$/,
      answer: ({ account }) => {
        if (!account.subdomain) throw new ApiError(404, 10007, "There is no subdomain for this account")
        return { subdomain: account.subdomain }
      },
    },
    {
      method: "PUT",
      path: /^\/accounts\/\w+\/workers\/scripts\/([\w-]+)\/schedules$/,
      answer: async ({ account, params: [name], body }) => {
        const schedules = JSON.parse(String(await body())) as { cron: string }[]
        scriptOf(account, name).schedules = schedules.map(({ cron }) => cron)
        return { schedules }
      },
    },
  ]

  /** What Cloudflare checks of an upload, and what becomes of the secrets that it does not name. */
  private async upload(account: Account, name: string, body: Buffer, { headers }: IncomingMessage) {
    const form = await new Response(new Uint8Array(body), {
      headers: { "content-type": String(headers["content-type"]) },
    }).formData()
    const metadata = JSON.parse(await textOf(form.get("metadata")))
    const bindings = metadata.bindings as Script["bindings"]
    const names = bindings.map((binding) => binding.name)
    if (new Set(names).size !== names.length) throw new ApiError(400, 10053, "Binding name already in use")
    for (const binding of bindings) {
      if (binding.type === "d1") databaseOf(account, String(binding.id ?? binding.database_id))
      const isQueue = account.queues.some((queue) => queue.name === binding.queue_name)
      if (binding.type === "queue" && !isQueue)
        throw new ApiError(400, 100129, `no queue ${String(binding.queue_name)}`)
    }
    const before = account.scripts.get(name)
    const { old_tag: oldTag, new_tag: newTag } = metadata.migrations ?? {}
    if (metadata.migrations && (before?.migrationTag ?? "") !== (oldTag ?? ""))
      throw new ApiError(412, 10079, "migration tag precondition failed")
    if (!before?.migrationTag && !metadata.migrations)
      throw new ApiError(400, 10061, "a Durable Object class without migration")
    // Wrangler says that "secrets are never deleted by deployments", and names them only if it uploads some.
    const keeps = metadata.keep_bindings?.includes("secret_text") ?? true
    const secrets = new Map(keeps ? before?.secrets : [])
    for (const each of bindings) {
      if (each.type === "secret_text") secrets.set(each.name, String(each.text))
      else secrets.delete(each.name)
    }
    const vars = bindings.filter(({ type }) => type === "plain_text").map((each) => [each.name, each.text])
    account.scripts.set(name, {
      secrets,
      vars: Object.fromEntries(vars),
      bindings: bindings.filter(({ type }) => type !== "secret_text" && type !== "plain_text"),
      migrationTag: newTag ?? before?.migrationTag ?? "",
      modules: [...form.keys()].filter((key) => key !== "metadata"),
      assets: this.assetJwts.get(metadata.assets?.jwt) ?? [],
      schedules: before?.schedules ?? [],
      workersDev: before?.workersDev ?? false,
      versions: [...(before?.versions ?? []), randomUUID()],
    })
  }
}

const textOf = async (part: FormDataEntryValue | null) => (part instanceof File ? part.text() : String(part))

function databaseOf({ databases }: Account, id: string | undefined): Database {
  const database = databases.find(({ uuid }) => uuid === id)
  if (!database) throw new ApiError(404, 7404, `The database ${id} could not be found`)
  return database
}

function queueOf({ queues }: Account, id: string | undefined): Queue {
  const queue = queues.find((each) => each.id === id)
  if (!queue) throw new ApiError(404, 11000, "no such queue")
  return queue
}

function scriptOf({ scripts }: Account, name: string | undefined): Script {
  const script = scripts.get(name ?? "")
  if (!script) throw new ApiError(404, 10007, "This Worker does not exist on your account.")
  return script
}

const queueJson = ({ id, name, consumers }: Queue) => ({
  queue_id: id,
  queue_name: name,
  created_on: "2026-11-29T00:00:00Z",
  modified_on: "2026-11-29T00:00:00Z",
  producers_total_count: 0,
  producers: [],
  consumers_total_count: consumers.length,
  consumers: consumers.map(consumerJson),
})

const consumerJson = ({ id, script, settings, dead }: Queue["consumers"][number]) => ({
  consumer_id: id,
  type: "worker",
  script,
  service: script,
  environment: "production",
  settings,
  dead_letter_queue: dead,
})

/** As D1 does: all statements of a request, or none. */
function runAtomically(sql: DatabaseSync, text: string, params: string[]) {
  sql.exec("BEGIN")
  try {
    const isRead = /^\s*(SELECT|PRAGMA|WITH)\b/i.test(text)
    const rows = isRead ? sql.prepare(text).all(...params) : []
    if (!isRead) sql.exec(text)
    sql.exec("COMMIT")
    return [{ results: rows, success: true, meta: { duration: 0, changes: 0, rows_read: 0, rows_written: 0 } }]
  } catch (error) {
    sql.exec("ROLLBACK")
    throw new ApiError(400, 7500, error instanceof Error ? error.message : String(error))
  }
}

/** Wrangler reads its payload. */
function fakeJwt(payload: object) {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url")
  return `${part({ alg: "none" })}.${part(payload)}.x`
}
