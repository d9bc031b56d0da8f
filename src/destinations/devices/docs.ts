import * as z from "zod/mini"
import type { DocsByRoute } from "../../http/route-docs"

const done = { success: z.literal(true) }

const Device = z.strictObject({
  id: z.string().check(z.describe("the SHA-256 of its endpoint, as base64url")),
  created_at: z.iso.datetime(),
})
export type Device = z.infer<typeof Device>

const NOT_CONFIGURED = { unavailable: "Push messages, or sign-in, are not configured." }

/** Made up; but a point on P-256, as the key of a device must be. */
const EXAMPLE = {
  endpoint: "https://updates.push.services.mozilla.com/wpush/v2/gAAAAABnexample",
  expirationTime: null,
  keys: {
    p256dh: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    auth: "BTBZMqHH6r4Tts7J_aSIgg",
  },
}

export const deviceDocs = {
  "GET /api/notifications/push-key": {
    summary: "The key by which a browser knows our push messages",
    description: "For `applicationServerKey` of `PushManager.subscribe()`: a point on P-256, as base64url.",
    response: z.strictObject({ ...done, res: z.strictObject({ public_key: z.string() }) }),
    errors: NOT_CONFIGURED,
  },

  "GET /api/notifications/push-subscriptions": {
    summary: "My devices",
    description:
      "Those on which I am told of the chosen organisation. A browser finds itself by its endpoint. One that was " +
      "subscribed by a key of ours that is replaced is not among them.",
    response: z.strictObject({ ...done, res: z.array(Device) }),
  },

  "POST /api/notifications/push-subscriptions": {
    summary: "Tell me on this device",
    description:
      "Takes what a browser's `PushSubscription.toJSON()` says. The same again changes nothing. A browser belongs to " +
      "one person: whoever had it before is not told there any more. Of more than ten devices the oldest goes. With " +
      "`replaces` it takes the place of another device of mine in all my organisations, and is added to none.",
    fields: {
      endpoint: "at the push service of a browser",
      expirationTime: "is not looked at",
      replaces: "the endpoint that this browser had before",
    },
    response: z.strictObject(done),
    errors: NOT_CONFIGURED,
    example: { body: EXAMPLE },
  },

  "DELETE /api/notifications/push-subscriptions": {
    summary: "Tell me on this device no more",
    description: "A device that is not mine stays as it is.",
    response: z.strictObject(done),
    example: { body: { endpoint: EXAMPLE.endpoint } },
  },
} satisfies DocsByRoute
