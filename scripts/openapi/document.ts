import { MAX_KEY_LENGTH } from "../../src/runtime/idempotency-key"
import type { Tag } from "../../src/http/route-docs"
import { INTRODUCTION, TITLE } from "./introduction"
import { jsonSchemas } from "./json-schema"
import { buildOperation } from "./operation"
import { pathTemplate } from "./parameters"
import { errorResponses } from "./error-responses"
import { registeredRoutes } from "./registered-routes"

type Operation = ReturnType<typeof buildOperation>

/**
 * The description of the API (OpenAPI 3.1) of a router's routes: what they demand is read off them, and the rooms say
 * the rest. A route that no room describes is left out; a test looks that there is none.
 */
export function buildDocument(
  routes: Parameters<typeof registeredRoutes>[0],
  rooms: Tag[],
  { version }: { version: string },
) {
  const schemas = jsonSchemas()
  const found = registeredRoutes(routes)
  const paths: Record<string, Record<string, Operation>> = {}
  for (const { name, description: _, routes: described } of rooms) {
    for (const route of found) {
      const words = described[route.name]
      if (!words) continue
      const operations = (paths[pathTemplate(route.path)] ??= {})
      operations[route.method.toLowerCase()] = buildOperation(route, words, name, schemas)
    }
  }
  return {
    openapi: "3.1.1",
    info: { title: TITLE, version, description: INTRODUCTION, license: { name: "MIT", identifier: "MIT" } },
    tags: rooms.map(({ name, description: about }) => ({ name, description: about })),
    paths,
    components: {
      securitySchemes: {
        cookie: { type: "apiKey", in: "cookie", name: "access_token", description: "A person's access token (JWT)." },
        token: { type: "http", scheme: "bearer", bearerFormat: "JWT", description: "The same as a header." },
        serviceKey: { type: "http", scheme: "bearer", description: "The key of a server of the platform." },
        ...webhookKeySchemes(found),
      },
      parameters: PARAMETERS,
      headers: HEADERS,
      responses: errorResponses(schemas.convert),
      schemas: schemas.components,
    },
  }
}

export type Description = ReturnType<typeof buildDocument>

const webhookKeySchemes = (found: ReturnType<typeof registeredRoutes>) =>
  Object.fromEntries(
    found
      .flatMap(({ demand }) => demand.keyHeader ?? [])
      .map((name) => [name, { type: "apiKey", in: "header", name, description: "The key of this webhook." }]),
  )

const text = (description: string) => ({ description, schema: { type: "string" } })

const HEADERS = {
  RetryAfter: { description: "After how many seconds to try again.", schema: { type: "integer", minimum: 0 } },
  ETag: text("Names what was answered, for `If-None-Match`."),
}

const PARAMETERS = {
  Organisation: {
    name: "x-dalgo-org",
    in: "header",
    ...text("The slug of the organisation to act in; without it, the person's first one."),
  },
  IdempotencyKey: {
    name: "Idempotency-Key",
    in: "header",
    description: "The same key with the same body does it once, for 24 hours.",
    schema: { type: "string", maxLength: MAX_KEY_LENGTH },
  },
  IfNoneMatch: {
    name: "If-None-Match",
    in: "header",
    ...text("The `ETag` of what you have: while that is current, the answer is 304 without a body."),
  },
}
