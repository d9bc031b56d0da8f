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
 * The API description (OpenAPI 3.1) of a router's routes. The metadata of their middleware gives security, parameters
 * and errors; `docs.ts` of each room gives the texts. A route without docs is left out; a test finds such routes.
 */
export function buildDocument(
  routes: Parameters<typeof registeredRoutes>[0],
  tags: Tag[],
  { version }: { version: string },
) {
  const schemas = jsonSchemas()
  const registered = registeredRoutes(routes)
  const paths: Record<string, Record<string, Operation>> = {}
  for (const { name, routes: docsByRoute } of tags) {
    for (const route of registered) {
      const docs = docsByRoute[route.name]
      if (!docs) continue
      const operations = (paths[pathTemplate(route.path)] ??= {})
      operations[route.method.toLowerCase()] = buildOperation(route, docs, name, schemas)
    }
  }
  return {
    openapi: "3.1.1",
    info: { title: TITLE, version, description: INTRODUCTION, license: { name: "MIT", identifier: "MIT" } },
    tags: tags.map(({ name, description }) => ({ name, description })),
    paths,
    components: {
      securitySchemes: {
        cookie: {
          type: "apiKey",
          in: "cookie",
          name: "access_token",
          description: "The access token of a person (JWT).",
        },
        token: { type: "http", scheme: "bearer", bearerFormat: "JWT", description: "The same token in a header." },
        serviceKey: { type: "http", scheme: "bearer", description: "The service key of another server." },
        ...webhookKeySchemes(registered),
      },
      parameters: PARAMETERS,
      headers: HEADERS,
      responses: errorResponses(schemas.convert),
      schemas: schemas.components,
    },
  }
}

export type Description = ReturnType<typeof buildDocument>

const webhookKeySchemes = (routes: ReturnType<typeof registeredRoutes>) =>
  Object.fromEntries(
    routes
      .flatMap(({ meta }) => meta.keyHeader ?? [])
      .map((name) => [name, { type: "apiKey", in: "header", name, description: "The key of this webhook." }]),
  )

const text = (description: string) => ({ description, schema: { type: "string" } })

const HEADERS = {
  RetryAfter: {
    description: "The number of seconds to wait before the next attempt.",
    schema: { type: "integer", minimum: 0 },
  },
  ETag: text("Identifies the response for `If-None-Match`."),
}

const PARAMETERS = {
  Organisation: {
    name: "x-dalgo-org",
    in: "header",
    ...text("The slug of the organisation to act in. The default is the person's first one."),
  },
  Person: {
    name: "x-dalgo-user",
    in: "header",
    ...text("For servers, which have no inbox of their own: the `user_id` of the member for whom they act."),
  },
  IdempotencyKey: {
    name: "Idempotency-Key",
    in: "header",
    description:
      "A request with the same key and body within 24 hours has no further effect and gets the first result.",
    schema: { type: "string", maxLength: MAX_KEY_LENGTH },
  },
  IfNoneMatch: {
    name: "If-None-Match",
    in: "header",
    ...text("The `ETag` of the response that the client has. While it is current, the response is 304 without a body."),
  },
}
