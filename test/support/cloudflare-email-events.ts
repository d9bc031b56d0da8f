import { bob } from "./people"

/** https://developers.cloudflare.com/email-service/platform/event-subscriptions/ */
export const cloudflareEvent = (name: string, payload: object = {}) => ({
  type: `cf.email.sending.message.${name}`,
  source: { type: "email.sending", zoneId: "023e105f4ecef8ad9ca31a8372d0c353", domain: "dalgo.test" },
  payload: {
    eventId: "0190d0c4-7ea1-7af2-8b88-c1d2e3f4a5b6",
    messageId: "0101018f7d0c4d9a-msg-bounced",
    sender: "notifications@dalgo.test",
    recipient: bob.email,
    subject: "Your pipeline",
    terminal: true,
    delivery: { status: name, smtpStatusCode: "550", smtpEnhancedStatusCode: "5.1.1" },
    ...payload,
  },
  metadata: { accountId: "f9f79265f388666de8122cfb508d7776", eventSchemaVersion: 1 },
})

export const HARD_BOUNCE = {
  bounce: { type: "hard", classification: "permanent_failure", reason: "550 5.1.1 User unknown" },
}
