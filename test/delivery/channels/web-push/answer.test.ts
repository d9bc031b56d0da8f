import { describe, expect, it } from "vitest"
import { type PushResult, toPushResult } from "../../../../src/delivery/channels/web-push/answer"
import { MINUTE, NOON, SECOND } from "../../../support/clock"

const FCM = "https://fcm.googleapis.com/fcm/send/x"
const WINDOWS = "https://wns2-par02p.notify.windows.com/w/?token=x"
const APPLE = "https://web.push.apple.com/x"
const MOZILLA = "https://updates.push.services.mozilla.com/wpush/v2/x"

type Kind = PushResult["kind"]
type Case = [endpoint: string, status: number, answer: object | string, kind: Kind, name?: string]

const apple = (reason: string) => JSON.stringify({ reason })
const mozilla = (errno: number) => JSON.stringify({ code: 1, errno, error: "Words of theirs", message: "more" })
const OTHER_KEY =
  "the VAPID credentials in the authorization header do not correspond to the credentials used to create the subscriptions.\n"

/** `answer` is the headers, or the body. */
const resultOf = ([endpoint, status, answer]: Case, headers: Record<string, string> = {}) =>
  toPushResult(
    {
      endpoint,
      status,
      headers: new Headers({ ...headers, ...(typeof answer === "object" && answer) }),
      body: typeof answer === "string" ? answer : "",
    },
    NOON,
  )

describe("an answer of a push service", () => {
  it.each<Case>([
    [FCM, 201, "", "sent"],
    [FCM, 404, "A valid push subscription endpoint should be specified", "gone"],
    [FCM, 410, "push subscription has unsubscribed or expired.", "gone"],
    [FCM, 403, OTHER_KEY, "gone"],
    [FCM, 400, "<TITLE>UnauthorizedRegistration</TITLE>", "gone"],
    [FCM, 403, '{"error":{"code":403,"details":[{"errorCode":"SENDER_ID_MISMATCH"}]}}', "gone"],
    [FCM, 400, "Error=MismatchSenderId", "gone"],
    [FCM, 401, "", "key_refused"],
    [FCM, 403, "invalid JWT provided", "key_refused"],
    [FCM, 400, "crypto-key header had invalid format", "permanent_failure"],
    [FCM, 413, "", "permanent_failure"],
    [FCM, 429, "", "temporary_failure"],
    [FCM, 500, "", "temporary_failure"],
    [FCM, 503, "", "temporary_failure"],
    [FCM, 302, "", "permanent_failure"],

    [WINDOWS, 201, { "x-wns-status": "received", "x-wns-notificationstatus": "received" }, "sent"],
    [WINDOWS, 406, { "x-wns-status": "appthrottled" }, "temporary_failure", "appthrottled"],
    [WINDOWS, 406, { "x-wns-notificationstatus": "AppThrottled" }, "temporary_failure", "appthrottled"],
    [WINDOWS, 406, {}, "temporary_failure"],
    [WINDOWS, 200, { "x-wns-notificationstatus": "dropped" }, "temporary_failure", "dropped"],
    [
      WINDOWS,
      201,
      { "x-wns-status": "received", "x-wns-notificationstatus": "channelthrottled" },
      "temporary_failure",
      "channelthrottled",
    ],
    [WINDOWS, 404, { "x-wns-status": "dropped" }, "gone"],
    [WINDOWS, 410, { "x-wns-status": "dropped" }, "gone"],
    [WINDOWS, 403, { "x-wns-status": "dropped" }, "gone"],
    [WINDOWS, 401, { "x-wns-status": "dropped" }, "key_refused"],
    [WINDOWS, 400, { "x-wns-status": "dropped", "x-wns-error-description": "Ttl conflicts" }, "permanent_failure"],
    [WINDOWS, 413, { "x-wns-status": "dropped" }, "permanent_failure"],
    [WINDOWS, 503, { "x-wns-status": "dropped" }, "temporary_failure"],
    [WINDOWS, 200, { "x-wns-status": "constructor" }, "sent"],

    [APPLE, 403, apple("BadJwtToken"), "key_refused", "BadJwtToken"],
    [APPLE, 403, apple("ExpiredJwtToken"), "key_refused", "ExpiredJwtToken"],
    [APPLE, 400, apple("BadAuthorizationHeader"), "key_refused", "BadAuthorizationHeader"],
    [APPLE, 400, apple("VapidPkHashMismatch"), "gone"],
    [APPLE, 400, apple("BadDeviceToken"), "gone"],
    [APPLE, 410, apple("Unregistered"), "gone"],
    [APPLE, 429, apple("TooManyRequests"), "temporary_failure", "TooManyRequests"],
    [APPLE, 503, apple("Shutdown"), "temporary_failure", "Shutdown"],
    [APPLE, 413, apple("PayloadTooLarge"), "permanent_failure", "PayloadTooLarge"],
    [APPLE, 400, apple("BadWebPushTopic"), "permanent_failure", "BadWebPushTopic"],
    [APPLE, 400, apple("SomethingNew"), "permanent_failure"],
    [APPLE, 403, apple("constructor"), "key_refused"],

    [MOZILLA, 410, mozilla(103), "gone"],
    [MOZILLA, 410, mozilla(106), "gone"],
    [MOZILLA, 410, mozilla(105), "gone"],
    [MOZILLA, 404, mozilla(102), "gone"],
    [MOZILLA, 401, mozilla(109), "key_refused", "errno 109"],
    [
      MOZILLA,
      401,
      '{"code":401,"errno":109,"error":"Unauthorized","message":"VAPID public key mismatch","more_info":"http://x"}',
      "gone",
    ],
    [MOZILLA, 413, mozilla(104), "permanent_failure", "errno 104"],
    [MOZILLA, 400, mozilla(110), "permanent_failure", "errno 110"],
    [MOZILLA, 400, mozilla(113), "permanent_failure", "errno 113"],
    [MOZILLA, 503, mozilla(201), "temporary_failure", "errno 201"],
    [MOZILLA, 502, mozilla(902), "temporary_failure", "errno 902"],
    [MOZILLA, 500, mozilla(999), "temporary_failure", "errno 999"],
    [MOZILLA, 400, mozilla(1), "permanent_failure"],
  ])("%s %i %o is %s", (...one) => {
    const [, status, , kind, name] = one
    const result = resultOf(one)
    expect(result.kind).toBe(kind)
    if ("reason" in result) {
      expect(result.reason).toBe(`the push service answered ${status}${name ? ` (${name})` : ""}`)
    }
  })

  it("may ask for a delay, whatever its status", () => {
    const seconds = { "retry-after": "900" }
    expect(resultOf([WINDOWS, 406, { "x-wns-status": "appthrottled" }, "temporary_failure"], seconds)).toMatchObject({
      retryAfterMs: 15 * MINUTE,
    })
    expect(resultOf([FCM, 429, "", "temporary_failure"], { "retry-after": "7" })).toMatchObject({
      retryAfterMs: 7 * SECOND,
    })
    expect(resultOf([FCM, 503, "", "temporary_failure"])).toMatchObject({ retryAfterMs: undefined })
  })
})
