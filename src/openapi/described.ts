import type * as z from "zod/mini"

/**
 * What the description of the API says of a route beyond what its middleware demands: words, the shape of the
 * answer, and a good example. Each room has these in its `answers.ts`, of which the worker takes the types only, so
 * that none of it weighs anything at run time.
 */
export type Described = {
  /** What it does, in one line without a full stop. */
  summary: string
  /** What one must know to use it. */
  description?: string
  /** Of an answer with status 200. */
  answer: z.ZodMiniType
  /** The sentences with which it answers 400. */
  rejects?: string[]
  /** A request to the demo data that succeeds. */
  example?: { path?: Record<string, string>; query?: Record<string, string>; body?: unknown }
}

/** By method and path, as the router names them: `GET /api/notifications/v1`. */
export type DescribedRoutes = Record<string, Described>
