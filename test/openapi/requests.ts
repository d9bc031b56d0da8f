import * as fc from "fast-check"
import { type Case, methodOf } from "../http/route-cases"
import { operationOf, type Parameter, routeDocsOf } from "../support/openapi-document"
import { cookieOf } from "../support/people"
import { changed, fitting } from "./arbitrary"

/** A request as it is sent and printed. Its headers override those of its caller. */
export type Sent = {
  method: string
  path: string
  caller: keyof typeof CALLERS
  headers: Record<string, string>
  body?: string | Uint8Array
}

export const CALLERS = {
  nobody: {},
  alice: await cookieOf("1"),
  bob: await cookieOf("2"),
  charlie: await cookieOf("3"),
  dora: await cookieOf("4"),
  server: { authorization: "Bearer service-key-new" },
  prefect: { "x-notification-key": "webhook-key-new" },
}

/** Mostly a caller with access. */
const callerOf = ({ access }: Case): fc.Arbitrary<Sent["caller"]> => {
  const welcome =
    access === "webhook key" ? "prefect" : access === "platform only" || access === "server only" ? "server" : "alice"
  const anybody = fc.constantFrom(...(Object.keys(CALLERS) as Sent["caller"][]))
  return fc.oneof({ weight: 2, arbitrary: fc.constant<Sent["caller"]>(welcome) }, { weight: 1, arbitrary: anybody })
}

/** A valid request to this route. */
export function validRequest(one: Case): fc.Arbitrary<Sent> {
  const { parameters, body } = operationOf(one.route)
  const known = { ...routeDocsOf(one.route).example?.path, ...Object.fromEntries(searchOf(one.path)) }
  const values = (where: Parameter["in"]) => {
    const some = parameters.filter((parameter) => parameter.in === where)
    const arbitrary = ({ name, schema }: Parameter) =>
      where === "header" ? header(name) : fitting(schema, known[name])
    return fc.record(Object.fromEntries(some.map((each) => [each.name, arbitrary(each)])), {
      requiredKeys: some.filter(({ required }) => required).map(({ name }) => name),
      noNullPrototype: true,
    })
  }
  return fc
    .record({
      parts: values("path"),
      query: values("query"),
      headers: values("header"),
      caller: callerOf(one),
      given: fc.constantFrom({}, { ...one.headers }),
      body: body ? fitting(body, one.body) : fc.constant(undefined),
    })
    .map(({ parts, query, headers, caller, given, body: value }) =>
      printed({
        method: methodOf(one),
        path: pathOf(one, parts, query),
        caller,
        headers: { ...(headers as object), ...given, ...(body && { "content-type": "application/json" }) },
        ...(body && { body: JSON.stringify(value) }),
      }),
    )
}

/** An invalid or unusual request to this route. */
export const oddRequest = (one: Case): fc.Arbitrary<Sent> =>
  validRequest(one).chain((sent) =>
    fc
      .record({
        headers: fc.array(oddHeader, { maxLength: 2 }).map((headers) => Object.fromEntries(headers)),
        search: fc.option(oddSearch, { freq: 2 }),
        body: oddBody(sent.body),
      })
      .map(({ headers, search, body }) =>
        printed({
          ...sent,
          path: search === null ? sent.path : `${sent.path.split("?")[0]}?${search}`,
          headers: { ...sent.headers, ...headers },
          ...(body !== undefined && sent.method !== "GET" && { body }),
        }),
      ),
  )

const searchOf = (path: string) => new URLSearchParams(path.split("?")[1])

/** An empty part or dots would change the path. */
const escaped = (part: unknown) => encodeURIComponent(String(part).toWellFormed()).replace(/^\.*$/, "x")

function pathOf(one: Case, parts: Record<string, unknown>, query: Record<string, unknown>): string {
  const path = one.route.replace(/^\w+ /, "").replace(/:(\w+)(\{[^}]*\})?/g, (_, name: string) => escaped(parts[name]))
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    for (const each of [value].flat()) search.append(name, String(each))
  }
  return search.size > 0 ? `${path}?${search.toString()}` : path
}

const ascii = fc.string({ unit: "grapheme-ascii", maxLength: 100 }).map((text) => text.trim())

/** Existing organisations, and repeated keys. */
const KNOWN_HEADERS: Record<string, string[]> = {
  "x-dalgo-org": ["acme", "acme", "globex", ""],
  "x-dalgo-user": ["", "", "1", "999"],
}
const header = (name: string) => {
  const known = KNOWN_HEADERS[name] ?? ["a", "b"]
  return fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...known) }, { weight: 1, arbitrary: ascii })
}

const oneOf = (name: string, ...values: string[]) =>
  fc.oneof(fc.constantFrom(...values), ascii).map((value): [string, string] => [name, value])

const oddHeader = fc.oneof(
  oneOf("x-dalgo-org", "nowhere", "acme,globex", "%00"),
  oneOf("idempotency-key", "x".repeat(255), "x".repeat(256)),
  oneOf("content-type", "application/json; charset=utf-16", "text/plain", "multipart/form-data"),
  oneOf("if-none-match", "*", '"x"', "W/", ","),
  oneOf("accept", "", "image/png", "*/*;q=2"),
  oneOf("origin", "null", "https://evil.test", "https://app.dalgo.test"),
  oneOf("authorization", "Bearer", "Bearer a.b.c", "Basic x"),
  oneOf("cookie", "access_token", "access_token=", "access_token=a.b.c", "=;;=%"),
  oneOf("x-request-id", "x".repeat(300)),
)

const oddSearch = fc.oneof(
  fc.webQueryParameters(),
  fc.constantFrom("page=0", "page=1&page=2", "limit=101", "%", "a[b]=c", "__proto__=x", "token=%00", "&=&"),
)

function oddBody(body: Sent["body"]): fc.Arbitrary<Sent["body"]> {
  if (body === undefined) return fc.constantFrom(undefined, undefined, "", "{}", "x".repeat(70_000))
  const text = String(body)
  return fc.oneof(
    { weight: 6, arbitrary: changed(JSON.parse(text)).map((value) => JSON.stringify(value)) },
    { weight: 1, arbitrary: fc.nat(text.length).map((length) => text.slice(0, length)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 50 }) },
    { weight: 1, arbitrary: fc.constantFrom("[".repeat(20_000), text.padEnd(70_000), `${text}${text}`, "\ufeff{}") },
  )
}

/** A failing request is printed as a command that repeats it. */
const printed = (sent: Sent): Sent => Object.defineProperty(sent, fc.toStringMethod, { value: () => asCommand(sent) })

/** A curl command as in docs/api.md, where `$alice` is her authentication header. */
function asCommand({ method, path, caller, headers, body }: Sent): string {
  const quoted = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`
  const who = caller === "nobody" ? [] : [`-H "$${caller}"`]
  const flags = Object.entries(headers).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`)
  const data = typeof body === "string" ? body : `the bytes ${(body ?? []).join(" ")}`
  const command = ["curl", "-X", method, ...who, ...flags]
  if (body !== undefined) command.push("--data-binary", quoted(data))
  return [...command, quoted(`http://127.0.0.1:8787${path}`)].join(" ")
}
