import type * as z from "zod/mini"
import type { ErrorCode } from "../runtime/errors"

/**
 * The part of a route's API description that its middleware does not know: texts, the response schema and an example.
 * Each room has these in its `docs.ts`. The worker imports only types from there, so none of it is in the bundle.
 */
export type RouteDocs = {
  /** One line without a full stop. */
  summary: string
  /** Markdown. */
  description?: string
  /** Descriptions of path parameters, query parameters and body fields, by name. */
  fields?: Record<string, string>
  /** The schema of the request body, for routes without the `body` middleware. */
  body?: z.ZodMiniType
  /** The body of a response with status 200. `z.string()` is an HTML page; `z.void()` is a WebSocket (status 101). */
  response: z.ZodMiniType
  /** The content type of the response if it is neither JSON nor HTML. */
  contentType?: string
  /** The messages of responses with status 400. */
  badRequests?: string[]
  /** Further errors of this route, or better descriptions of those that its middleware implies. */
  errors?: Partial<Record<ErrorCode, string>>
  /** A request that succeeds with the demo data. */
  example?: { path?: Record<string, string>; query?: Record<string, string>; body?: unknown }
}

/** Keys are method and path as the router lists them: `GET /api/notifications/v1`. */
export type DocsByRoute = Record<string, RouteDocs>

/** A group of routes under one heading of the API description. */
export type Tag = { name: string; description: string; routes: DocsByRoute }
