import type * as z from "zod/mini"
import type { ErrorCode } from "../runtime/errors"

/**
 * What the description of the API says of a route beyond what its middleware demands: words, the shape of the
 * answer, and a good example. Each room has these in its `answers.ts`, of which the worker takes the types only, so
 * that none of it weighs anything at run time.
 */
export type RouteDocs = {
  /** What it does, in one line without a full stop. */
  summary: string
  /** What one must know to use it. */
  description?: string
  /** What a part of the path, the query or the body means, by its name. */
  fields?: Record<string, string>
  /** The body that it takes, where no middleware looks at that. */
  body?: z.ZodMiniType
  /** Of an answer with status 200. A text (`z.string()`) is a page; `z.void()` is a socket, and so a 101. */
  response: z.ZodMiniType
  /** The content type of the answer, where it is neither JSON nor a page. */
  contentType?: string
  /** The sentences with which it answers 400. */
  badRequests?: string[]
  /** Why else it refuses, where neither its door nor what it demands says so. */
  errors?: Partial<Record<ErrorCode, string>>
  /** A request to the demo data that succeeds. */
  example?: { path?: Record<string, string>; query?: Record<string, string>; body?: unknown }
}

/** By method and path, as the router names them: `GET /api/notifications/v1`. */
export type DocsByRoute = Record<string, RouteDocs>

/** The routes of a room. */
export type Tag = { name: string; description: string; routes: DocsByRoute }
