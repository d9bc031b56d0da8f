import * as z from "zod/mini"
import type { DocsByRoute } from "../../http/route-docs"

const success = { success: z.literal(true) }

const Device = z.strictObject({
  id: z.string().check(z.describe("the SHA-256 of its endpoint, as base64url")),
  created_at: z.iso.datetime(),
})
export type Device = z.infer<typeof Device>

const NOT_CONFIGURED = { unavailable: "Push messages, or sign-in, are not configured." }

/** A made-up device. Its key is a point on P-256, as validation requires. */
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
    summary: "The VAPID public key of this service",
    description: "For `applicationServerKey` of `PushManager.subscribe()`: a point on P-256, as base64url.",
    response: z.strictObject({ ...success, res: z.strictObject({ public_key: z.string() }) }),
    errors: NOT_CONFIGURED,
  },

  "GET /api/notifications/push-subscriptions": {
    summary: "My devices",
    description:
      "The devices that get push messages of the chosen organisation. A browser finds itself by the hash of its " +
      "endpoint. Devices that subscribed with an earlier key of this service are not listed.",
    response: z.strictObject({ ...success, res: z.array(Device) }),
  },

  "POST /api/notifications/push-subscriptions": {
    summary: "Switch push messages on for a device",
    description:
      "Takes a browser's `PushSubscription.toJSON()`, and ignores fields that it does not know. The same request again changes nothing. A browser belongs to one " +
      "person: it is removed from anybody who had it before. An eleventh device replaces the oldest. With `replaces` it " +
      "takes the place of another device of mine in all my organisations, and is added to none.",
    fields: {
      endpoint: "a URL of the browser's push service",
      replaces: "the endpoint that this browser had before",
    },
    response: z.strictObject(success),
    errors: NOT_CONFIGURED,
    example: { body: EXAMPLE },
  },

  "DELETE /api/notifications/push-subscriptions": {
    summary: "Switch push messages off for a device",
    description: "Does nothing for a device that is not mine.",
    response: z.strictObject(success),
    example: { body: { endpoint: EXAMPLE.endpoint } },
  },
} satisfies DocsByRoute
