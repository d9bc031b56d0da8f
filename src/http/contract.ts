import { zValidator } from "@hono/zod-validator"
import { bodyLimit } from "hono/body-limit"
import { every } from "hono/combine"
import { createMiddleware } from "hono/factory"
import * as z from "zod/mini"
import en from "zod/v4/locales/en.js"
import { AppError, type Flaw } from "../errors"
import type { App } from "./router"

z.config(en())

const LARGEST_BODY_BYTES = 64 * 1024

/** A body of any type, not larger than we take. */
export const rawBody = bodyLimit({
  maxSize: LARGEST_BODY_BYTES,
  onError: () => {
    throw new AppError("too_large", `the body is larger than ${LARGEST_BODY_BYTES} bytes`)
  },
})

const isJson = createMiddleware<App>(async (c, next) => {
  const type = c.req.header("content-type")?.split(";")[0]?.trim().toLowerCase()
  if (type !== "application/json") throw new AppError("not_json", "the body must be application/json")
  try {
    JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(await c.req.arrayBuffer()))
  } catch {
    throw invalid([{ loc: ["body"], msg: "the body is not valid JSON", type: "json_invalid" }])
  }
  await next()
})

/** The body must fit this schema: `c.req.valid("json")`. `jsonBody` comes before it. */
export const body = <T extends z.ZodMiniType>(schema: T) =>
  zValidator("json", schema, (result) => {
    if (!result.success) throw invalid(flawsOf("body", result.error.issues))
  })

/** Refuses, in this order, what is too large, of another type, and not JSON. */
export const jsonBody = every(rawBody, isJson)

/** The query must fit this schema: `c.req.valid("query")`. */
export const query = <T extends z.ZodMiniType>(schema: T) =>
  zValidator("query", schema, (result) => {
    if (!result.success) throw invalid(flawsOf("query", result.error.issues))
  })

const invalid = (flaws: Flaw[]) => new AppError("invalid", "the input does not fit", { flaws })

/** Nobody mends more at once. */
const MOST_FLAWS = 100

function flawsOf(where: "body" | "query", issues: readonly z.core.$ZodIssue[]): Flaw[] {
  return issues.slice(0, MOST_FLAWS).flatMap((issue): Flaw[] => {
    const loc = [where, ...issue.path.map((key) => (typeof key === "symbol" ? String(key) : key))]
    if (issue.code !== "unrecognized_keys") return [{ loc, msg: issue.message, type: issue.code }]
    return issue.keys.map((key) => ({ loc: [...loc, key], msg: "no such field", type: issue.code }))
  })
}
