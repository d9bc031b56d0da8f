import { decodeBase64Url } from "hono/utils/encode"
import * as z from "zod/mini"
import { isPushEndpoint } from "./endpoint"

const MAX_ENDPOINT_LENGTH = 1_000

/** An uncompressed point on P-256. */
async function isPublicKey(text: string): Promise<boolean> {
  try {
    await crypto.subtle.importKey("raw", decodeBase64Url(text), { name: "ECDH", namedCurve: "P-256" }, false, [])
    return true
  } catch {
    return false
  }
}

const withoutPadding = z.overwrite((text: string) => text.replace(/=+$/, ""))

/**
 * A browser's `PushSubscription.toJSON()`, and the endpoint that it had before, if it renewed its subscription. Other fields
 * are ignored: browsers add some, as `expirationTime` and `contentEncoding`.
 */
export const NewDevice = z.object({
  endpoint: z
    .string()
    .check(z.maxLength(MAX_ENDPOINT_LENGTH), z.refine(isPushEndpoint, "not a URL of a browser's push service")),
  keys: z.object({
    p256dh: z
      .string()
      .check(
        z.regex(/^[\w-]{87}=?$/, "not 65 bytes as base64url"),
        z.refine(isPublicKey, "not a point on P-256"),
        withoutPadding,
      ),
    auth: z.string().check(z.regex(/^[\w-]{22}(==)?$/, "not 16 bytes as base64url"), withoutPadding),
  }),
  replaces: z.optional(z.string().check(z.maxLength(MAX_ENDPOINT_LENGTH))),
})
export type NewDevice = z.infer<typeof NewDevice>

export const OldDevice = z.object({ endpoint: z.string().check(z.maxLength(MAX_ENDPOINT_LENGTH)) })
