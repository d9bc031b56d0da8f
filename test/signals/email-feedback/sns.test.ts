import { beforeEach, describe, expect, it, vi } from "vitest"
import { parsePublicKey } from "../../../src/signals/email-feedback/sns/certificate"
import { HOUR, MINUTE, NOON } from "../../support/clock"
import { fakeFetch } from "../../support/fake-fetch"
import { anonymous, request } from "../../support/people"
import { captureQueues } from "../../support/queues"
import { selectRows } from "../../support/select-rows"
import {
  bounceEvent,
  certificate,
  CERTIFICATE_URL,
  complaintEvent,
  fakeSns,
  publicKey,
  signMessage,
  signMessageWithOtherKey,
  SNS_ORIGIN,
  type SnsMessage,
  SUBSCRIBE_URL,
  subscriptionConfirmation,
  TOPIC_ARN,
} from "../../support/fake-sns"
import { workerWithEnv } from "../../support/worker-with-env"

const PATH = "/webhooks/v1/ses/"
const OK = { status: 200, body: { status: "ok" } }
const UNAUTHENTICATED = { status: 401, body: { detail: "not a message of Amazon SNS that we know" } }
const UNREACHABLE = { status: 503, body: { detail: "Amazon SNS cannot be reached right now" } }

/** Posts as Amazon SNS does: JSON with the content type of text. */
async function post(message: SnsMessage | string, through: typeof request = request) {
  const answer = await through(PATH, {
    method: "POST",
    headers: { "content-type": "text/plain; charset=UTF-8", "x-amz-sns-message-type": "Notification" },
    body: typeof message === "string" ? message : JSON.stringify(message),
  })
  return { status: answer.status, body: await answer.json<any>() }
}
const bounce = (fields: SnsMessage = {}) =>
  signMessage({ Message: JSON.stringify(bounceEvent("bob@acme.test")), ...fields })
const storedEvents = () => selectRows("SELECT source, status, body FROM signal_events ORDER BY id")
/** A URL of a certificate that is not cached yet. */
const freshCertificate = () => `${SNS_ORIGIN}/SimpleNotificationService-${crypto.randomUUID()}.pem`

let sent: ReturnType<typeof captureQueues>["sent"]
let requests: Request[]
beforeEach(() => {
  vi.setSystemTime(NOON)
  sent = captureQueues().sent
  requests = fakeFetch(fakeSns()).requests
})

describe("a message of Amazon SNS", () => {
  it.each(["1", "2"])(
    "is accepted with a signature of version %s, and its event is stored unchanged",
    async (version) => {
      const Message = JSON.stringify(bounceEvent("bob@acme.test"), null, 2)
      expect(await post(await bounce({ SignatureVersion: version, Message }))).toEqual(OK)
      expect(await storedEvents()).toEqual([{ source: "mail_event", status: "received", body: Message }])
      expect(sent).toEqual([{ queue: "dalgo-signals", body: { kind: "mail_event", eventId: 1 }, delaySeconds: 0 }])
    },
  )

  it("may have a subject, line breaks and any characters", async () => {
    expect(await post(await bounce({ Subject: "Amazon SES Email Event Notification" }))).toEqual(OK)
    const Message = JSON.stringify({ ...complaintEvent("bob@acme.test"), note: "größer\n\u2028 पाइप" })
    expect(await post(await bounce({ Message }))).toEqual(OK)
    expect(await storedEvents()).toHaveLength(2)
  })

  it("is one event when it comes several times", async () => {
    const message = await bounce()
    for (let i = 0; i < 3; i += 1) expect(await post(message)).toEqual(OK)
    expect(await storedEvents()).toHaveLength(1)
    expect(sent).toHaveLength(1)
  })

  it("needs one fetch of its certificate, without following redirects", async () => {
    const SigningCertURL = freshCertificate()
    for (let i = 0; i < 3; i += 1) expect(await post(await bounce({ SigningCertURL }))).toEqual(OK)
    expect(requests.map(({ url, redirect }) => ({ url, redirect }))).toEqual([
      { url: SigningCertURL, redirect: "manual" },
    ])
  })

  it("may come from any of the configured topics, with spaces around them", async () => {
    const other = "arn:aws:sns:ap-south-1:123456789012:another"
    const through = workerWithEnv({ SES_SNS_TOPIC_ARNS: ` ${other} , ${TOPIC_ARN}` })
    for (const TopicArn of [other, TOPIC_ARN]) expect(await post(await bounce({ TopicArn }), through)).toEqual(OK)
  })

  it("may come from a region in China, whose hosts have another name", async () => {
    const TopicArn = "arn:aws-cn:sns:cn-north-1:123456789012:dalgo-mail"
    const SigningCertURL = `https://sns.cn-north-1.amazonaws.com.cn/SimpleNotificationService-${crypto.randomUUID()}.pem`
    fakeFetch(async ({ url }) => (url === SigningCertURL ? new Response(await certificate()) : undefined))
    const through = workerWithEnv({ SES_SNS_TOPIC_ARNS: TopicArn })
    expect(await post(await bounce({ TopicArn, SigningCertURL }), through)).toEqual(OK)
  })

  it.each([
    ["an hour old", -HOUR],
    ["four minutes ahead of our clock", 4 * MINUTE],
  ])("may be %s", async (_, ms) => {
    expect(await post(await bounce({ Timestamp: new Date(NOON + ms).toISOString() }))).toEqual(OK)
  })
})

describe("a message that is rejected", () => {
  let lines: object[]
  beforeEach(() => {
    lines = []
    vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(JSON.parse(line)))
  })

  /** Always the same answer, nothing kept; the log knows why. */
  async function expectRejected(message: SnsMessage | string, reason: string) {
    expect(await post(message)).toEqual(UNAUTHENTICATED)
    expect(await storedEvents()).toEqual([])
    expect(sent).toEqual([])
    expect(lines).toEqual([
      { level: "warn", event: "sns_message_rejected", request_id: expect.stringMatching(/./), reason },
    ])
  }

  it.each<[string, string]>([
    ["empty", ""],
    ["not JSON", "hello"],
    ["null", "null"],
    ["a list", "[]"],
    ["an event of SES outside a message", JSON.stringify(bounceEvent("bob@acme.test"))],
    ["deeply nested", "[".repeat(20_000) + "]".repeat(20_000)],
  ])("is %s", async (_, body) => {
    await expectRejected(body, "no_message")
    expect(requests).toEqual([])
  })

  it.each<[string, SnsMessage]>([
    ["without a known type", { Type: "Announcement" }],
    ["of a type in lower case", { Type: "notification" }],
    ["of another signature version", { SignatureVersion: "3" }],
    ["without a time", { Timestamp: "yesterday" }],
    ["without an id", { MessageId: "" }],
    ["without text", { Message: { eventType: "Bounce" } }],
    ["without a certificate", { SigningCertURL: null }],
  ])("is %s", async (_, fields) => {
    await expectRejected(await bounce(fields), "no_message")
    expect(requests).toEqual([])
  })

  it.each([
    "arn:aws:sns:ap-south-1:123456789012:another",
    "arn:aws:sns:ap-south-1:999999999999:dalgo-mail",
    "arn:aws:sns:us-east-1:123456789012:dalgo-mail",
    `${TOPIC_ARN} `,
    TOPIC_ARN.toUpperCase(),
    `${TOPIC_ARN},`,
    "",
  ])("is of another topic, and nothing is fetched: %j", async (TopicArn) => {
    await expectRejected(await bounce({ TopicArn }), "other_topic")
    expect(requests).toEqual([])
  })

  it.each([
    ["two hours old", -2 * HOUR],
    ["a year old", -365 * 24 * HOUR],
    ["an hour ahead", HOUR],
  ])("is %s", async (_, ms) => {
    await expectRejected(await bounce({ Timestamp: new Date(NOON + ms).toISOString() }), "other_time")
    expect(requests).toEqual([])
  })

  const path = "/SimpleNotificationService-0123456789abcdef.pem"
  it.each([
    `http://sns.ap-south-1.amazonaws.com${path}`,
    `https://sns.us-east-1.amazonaws.com${path}`,
    `https://sns.ap-south-1.amazonaws.com.cn${path}`,
    `https://sns.ap-south-1.amazonaws.com.evil.test${path}`,
    `https://sns.ap-south-1.amazonaws.com:8443${path}`,
    `https://sns.ap-south-1.amazonaws.com:443${path}`,
    `https://sns.ap-south-1.amazonaws.com.${path}`,
    `https://SNS.ap-south-1.amazonaws.com${path}`,
    `https://sns.ap-south-1.amazonaws.com@evil.test${path}`,
    `https://evil.test@sns.ap-south-1.amazonaws.com${path}`,
    `https://evil.test/sns.ap-south-1.amazonaws.com${path}`,
    `https://evil.test#https://sns.ap-south-1.amazonaws.com${path}`,
    `https://evil.test\\@sns.ap-south-1.amazonaws.com${path}`,
    `https:\\\\sns.ap-south-1.amazonaws.com${path}`,
    `https:sns.ap-south-1.amazonaws.com${path}`,
    `//sns.ap-south-1.amazonaws.com${path}`,
    ` https://sns.ap-south-1.amazonaws.com${path}`,
    `https://sns.ap-south-1.amazonaws.com\t${path}`,
    `https://sns%2eap-south-1.amazonaws.com${path}`,
    `https://sns.ap-south-1.amazonaws。com${path}`,
    `https://s3.ap-south-1.amazonaws.com${path}`,
    `https://xsns.ap-south-1.amazonaws.com${path}`,
    `https://sns.ap-south-1.amazonaws.com/../evil${path}`,
    `https://sns.ap-south-1.amazonaws.com/evil${path}`,
    `https://sns.ap-south-1.amazonaws.com${path}?x=1`,
    `https://sns.ap-south-1.amazonaws.com${path}#x`,
    "https://sns.ap-south-1.amazonaws.com/certificate.txt",
    "https://sns.ap-south-1.amazonaws.com/",
    "file:///etc/ssl/cert.pem",
    "data:application/x-pem-file,x.pem",
    "https://127.0.0.1/cert.pem",
    `${SNS_ORIGIN}/SimpleNotificationService-0123456789abcdef.pem?`,
    `${SNS_ORIGIN}/SimpleNotificationService-0123456789abcdef.pem#`,
    `${SNS_ORIGIN}/another.pem`,
  ])("has a certificate URL that is not Amazon's, and nothing is fetched: %s", async (SigningCertURL) => {
    await expectRejected(await bounce({ SigningCertURL }), "other_certificate")
    expect(requests).toEqual([])
  })

  it.each<[string, SnsMessage]>([
    ["its text", { Message: JSON.stringify(bounceEvent("alice@acme.test")) }],
    ["its id", { MessageId: "another" }],
    ["its time", { Timestamp: new Date(NOON - MINUTE).toISOString() }],
    ["its version", { SignatureVersion: "1" }],
    ["an added subject", { Subject: "hello" }],
    ["its signature", { Signature: btoa("x".repeat(256)) }],
    ["a signature that is not base64", { Signature: "%%%" }],
    ["an empty signature", { Signature: "" }],
  ])("was changed after signing: %s", async (_, change) => {
    await expectRejected({ ...(await bounce()), ...change }, "wrong_signature")
  })

  it("was signed with another key", async () => {
    const Message = JSON.stringify(bounceEvent("bob@acme.test"))
    await expectRejected(await signMessageWithOtherKey({ Message }), "wrong_signature")
  })

  it("has another type than the signed one", async () => {
    await expectRejected({ ...(await subscriptionConfirmation()), Type: "UnsubscribeConfirmation" }, "wrong_signature")
  })

  it("is too large", async () => {
    expect((await post("x".repeat(70_000))).status).toBe(413)
  })
})

describe("a certificate", () => {
  it.each<[string, () => Response]>([
    ["cannot be fetched", () => new Response("no", { status: 500 })],
    ["does not exist", () => new Response("no", { status: 404 })],
    ["redirects", () => Response.redirect("https://evil.test/cert.pem")],
    ["is not a certificate", () => new Response("<html>")],
    ["is cut off", () => new Response("-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----")],
  ])("that %s is fetched again when Amazon sends the message again", async (_, answer) => {
    fakeFetch(fakeSns({ certificate: answer }))
    const message = await bounce({ SigningCertURL: freshCertificate() })
    expect(await post(message)).toEqual(UNREACHABLE)
    expect(await storedEvents()).toEqual([])
    fakeFetch(fakeSns())
    expect(await post(message)).toEqual(OK)
    expect(await storedEvents()).toHaveLength(1)
  })

  it("that cannot be fetched gives 503 with Retry-After", async () => {
    fakeFetch()
    const message = await bounce({ SigningCertURL: freshCertificate() })
    const answer = await anonymous.post(PATH, message)
    expect(answer.status).toBe(503)
    expect(answer.headers.get("retry-after")).toBe("5")
  })

  it.each([1, 3])("of version %s gives its public key", async (version) => {
    expect(parsePublicKey(await certificate(undefined, { version }))).toEqual(publicKey)
  })

  it("that is cut off at any place gives no key and does not throw", async () => {
    const pem = await certificate()
    const lines = pem.split("\n").slice(1, -2)
    for (let cut = 0; cut < lines.length; cut += 1) {
      const part = lines.slice(0, cut).join("\n")
      const found = parsePublicKey(`-----BEGIN CERTIFICATE-----\n${part}\n-----END CERTIFICATE-----`)
      expect(found).toBeUndefined()
    }
  })
})

describe("a subscription", () => {
  it("is confirmed at the URL in its message, and nothing is stored", async () => {
    expect(await post(await subscriptionConfirmation())).toEqual(OK)
    expect(requests.at(-1)).toMatchObject({ url: SUBSCRIBE_URL, method: "GET", redirect: "manual" })
    expect(await storedEvents()).toEqual([])
  })

  it.each([
    "https://evil.test/?Action=ConfirmSubscription",
    SUBSCRIBE_URL.replace("https", "http"),
    SUBSCRIBE_URL.replace("ap-south-1.amazonaws", "us-east-1.amazonaws"),
    SUBSCRIBE_URL.replace(".com/", ".com:8443/"),
    SUBSCRIBE_URL.replace("https://", "https://evil.test@"),
    SUBSCRIBE_URL.replace("ConfirmSubscription", "DeleteTopic"),
    SUBSCRIBE_URL.replace("dalgo-mail", "another"),
  ])("is not confirmed at another URL, even if it is signed: %s", async (SubscribeURL) => {
    expect(await post(await subscriptionConfirmation({ SubscribeURL }))).toEqual(UNAUTHENTICATED)
    expect(requests.filter(({ url }) => url !== CERTIFICATE_URL)).toEqual([])
  })

  it("that cannot be confirmed gives 503, so that Amazon sends it again", async () => {
    fakeFetch(fakeSns({ confirmation: () => new Response("no", { status: 500 }) }))
    expect(await post(await subscriptionConfirmation())).toEqual(UNREACHABLE)
  })

  it("that has ended is not confirmed again", async () => {
    expect(await post(await subscriptionConfirmation({ Type: "UnsubscribeConfirmation" }))).toEqual(OK)
    expect(requests.filter(({ url }) => url !== CERTIFICATE_URL)).toEqual([])
    expect(await storedEvents()).toEqual([])
  })
})

describe("without a configured topic", () => {
  it.each([undefined, "", " ", ","])("every message gets 503: %j", async (setting) => {
    const closed = { status: 503, body: { detail: "SES_SNS_TOPIC_ARNS is not configured" } }
    const through = workerWithEnv({ SES_SNS_TOPIC_ARNS: setting })
    for (const message of [await bounce(), await bounce({ TopicArn: "" }), "hello"]) {
      expect(await post(message, through)).toEqual(closed)
    }
    expect(await storedEvents()).toEqual([])
    expect(requests).toEqual([])
  })
})

describe("an event that is not understood", () => {
  it.each(["hello", "{}", '{"eventType":"Bounce"}', "[1]", '{"eventType":"Bounce","bounce":{}}'])(
    "is stored unchanged, and answered with 422: %s",
    async (Message) => {
      const message = await signMessage({ Message })
      for (let i = 0; i < 2; i += 1) {
        expect(await post(message)).toEqual({
          status: 422,
          body: { detail: [{ loc: ["body"], msg: "kept, but not understood", type: "not_understood" }] },
        })
      }
      expect(await storedEvents()).toEqual([{ source: "mail_event", status: "not_understood", body: Message }])
      expect(sent).toEqual([])
    },
  )
})
