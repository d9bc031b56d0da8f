import { describe, expect, it } from "vitest"
import { parseEmailFeedback } from "../../../src/signals/email-feedback/interpret"
import { alice, bob } from "../../support/people"
import { cloudflareEvent, HARD_BOUNCE } from "../../support/cloudflare-email-events"
import { bounceEvent, complaintEvent } from "../../support/fake-sns"

describe("an event", () => {
  const bounced = { kind: "opt_out", cause: "bounced", addresses: [bob.email] }
  const complained = { kind: "opt_out", cause: "complained", addresses: [bob.email] }
  const ignored = (reason: string) => ({ kind: "ignore", reason })
  const { eventType: _, ...withoutType } = bounceEvent(bob.email)

  it.each<[string, object | string, object]>([
    ["a bounce of SES", bounceEvent(bob.email), bounced],
    ["a bounce of an address that does not exist", bounceEvent(bob.email, { bounceSubType: "NoEmail" }), bounced],
    ["a bounce by Amazon's suppression list", bounceEvent(bob.email, { bounceSubType: "Suppressed" }), bounced],
    [
      "a bounce by the suppression list of the account",
      bounceEvent(bob.email, { bounceSubType: "OnAccountSuppressionList" }),
      bounced,
    ],
    ["a bounce published by an identity", { notificationType: "Bounce", ...withoutType }, bounced],
    ["an address in capitals", bounceEvent("Bob@ACME.test"), bounced],
    ["an address with a name", bounceEvent(`"Bob, of acme" <${bob.email}>`), bounced],
    ["a full mailbox", bounceEvent(bob.email, { bounceType: "Transient" }), ignored("may_pass")],
    ["a bounce of an undetermined kind", bounceEvent(bob.email, { bounceType: "Undetermined" }), ignored("may_pass")],
    ["a complaint", complaintEvent(bob.email), complained],
    ["a complaint without a type", complaintEvent(bob.email, { complaintFeedbackType: undefined }), complained],
    ["a complaint with an unreadable type", complaintEvent(bob.email, { complaintFeedbackType: 7 }), complained],
    [
      "a complaint by the suppression list of the account",
      complaintEvent(bob.email, { complaintSubType: "OnAccountSuppressionList", complaintFeedbackType: null }),
      complained,
    ],
    [
      "the opposite of a complaint",
      complaintEvent(bob.email, { complaintFeedbackType: "not-spam" }),
      ignored("no_complaint"),
    ],
    ["a delivery", { eventType: "Delivery", mail: { destination: [bob.email] } }, ignored("delivered_or_so")],
    ["a reject", { eventType: "Reject", reject: { reason: "Bad content" } }, ignored("delivered_or_so")],
    ["an unknown event of SES", { eventType: "Teleported" }, ignored("delivered_or_so")],
    ["a confirmed subscription", { notificationType: "AmazonSnsSubscriptionSucceeded" }, ignored("delivered_or_so")],
    [
      "the text that ends the setup",
      "Successfully validated SNS topic for Amazon SES event publishing.",
      ignored("set_up"),
    ],
    ["a bounce at Cloudflare", cloudflareEvent("bounced", HARD_BOUNCE), bounced],
    ["a soft bounce at Cloudflare", cloudflareEvent("bounced", { bounce: { type: "soft" } }), ignored("may_pass")],
    ["a bounce without a type at Cloudflare", cloudflareEvent("bounced"), ignored("may_pass")],
    ["a delay at Cloudflare", cloudflareEvent("deferred", { bounce: { type: "soft" } }), ignored("delivered_or_so")],
    ["a complaint at Cloudflare", cloudflareEvent("complained", { complaint: { type: "abuse" } }), complained],
    [
      "a suppressed address at Cloudflare, perhaps for a day only",
      cloudflareEvent("rejected", { rejection: { reason: "suppressed" } }),
      ignored("may_pass"),
    ],
    [
      "an e-mail that looks like spam",
      cloudflareEvent("rejected", { rejection: { reason: "spam" } }),
      ignored("may_pass"),
    ],
    ["a delivery at Cloudflare", cloudflareEvent("delivered"), ignored("delivered_or_so")],
    ["an internal failure at Cloudflare", cloudflareEvent("failed"), ignored("delivered_or_so")],
    ["an unknown event of Cloudflare", cloudflareEvent("teleported"), ignored("delivered_or_so")],
  ])("may be %s", (_name, event, expected) => {
    expect(parseEmailFeedback(typeof event === "string" ? event : JSON.stringify(event))).toEqual(expected)
  })

  it("is about the address that we wrote to, when a forwarded e-mail bounced at another mailbox", () => {
    const { mail, ...rest } = bounceEvent("bobs.other.mailbox@globex.test")
    const forwarded = { ...rest, mail: { ...mail, destination: [bob.email] } }
    expect(parseEmailFeedback(JSON.stringify(forwarded))).toEqual(bounced)
  })

  it("is about the addresses that bounced, when an e-mail had several recipients", () => {
    const { mail, ...rest } = bounceEvent(bob.email)
    const toMany = { ...rest, mail: { ...mail, destination: [alice.email, bob.email] } }
    expect(parseEmailFeedback(JSON.stringify(toMany))).toEqual(bounced)
    expect(parseEmailFeedback(JSON.stringify(rest))).toEqual(bounced)
  })

  it.each(["", "null", "[]", "{}", "hello", '{"eventType":"Bounce"}', '{"eventType":"Complaint","complaint":{}}'])(
    "is not %j",
    (body) => {
      expect(parseEmailFeedback(body)).toBeUndefined()
    },
  )
})
