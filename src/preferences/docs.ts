import * as z from "zod/mini"
import { CATEGORIES } from "../domain/categories"
import { type ChatProduct, CHAT_PRODUCT_NAME } from "../domain/channels"
import type { RouteDocs, DocsByRoute } from "../http/route-docs"
import { WEBHOOK_FORM } from "../destinations/chat-webhooks/url"
import { Preferences, UserPreferences } from "./schemas"

/** When we switched a room off, which did not know its webhook any more, and why. */
const SwitchedOff = z.strictObject({ at: z.iso.datetime(), reason: z.string() })

/** How an organisation wants to be told. */
export const OrgPreferences = z.strictObject({
  org: z.strictObject({ name: z.string(), slug: z.string() }),
  llm_optin: z.boolean(),
  enable_discord_notifications: z.boolean(),
  /** Its last four characters, behind something that looks like an address. */
  discord_webhook: z.nullable(z.string()),
  discord_switched_off: z.optional(SwitchedOff),
  enable_slack_notifications: z.boolean(),
  slack_webhook: z.nullable(z.string()),
  slack_switched_off: z.optional(SwitchedOff),
  /** `null`: the usual ones. */
  urgent_categories: z.nullable(z.array(z.enum(CATEGORIES))),
})
export type OrgPreferences = z.infer<typeof OrgPreferences>

const success = <T extends z.ZodMiniType>(res: T) => z.strictObject({ success: z.literal(true), res })

export const PreferencesResponse = success(Preferences)
export type PreferencesResponse = z.infer<typeof PreferencesResponse>

export const UserPreferencesResponse = success(UserPreferences)
export type UserPreferencesResponse = z.infer<typeof UserPreferencesResponse>

export const OrgPreferencesResponse = success(OrgPreferences)
export type OrgPreferencesResponse = z.infer<typeof OrgPreferencesResponse>

const UNAVAILABLE = "Secrets cannot be stored, for SECRETS_KEYS is not set; or sign-in cannot be checked."

const chatSwitchDocs = (room: ChatProduct): RouteDocs => ({
  summary: `Switch ${CHAT_PRODUCT_NAME[room]} on or off for my organisation`,
  description:
    `On takes a webhook, ${WEBHOOK_FORM[room]}; none, or what was shown of the stored one, keeps that. Off forgets it. An ` +
    "empty object changes nothing.",
  response: OrgPreferencesResponse,
  badRequests: [`${CHAT_PRODUCT_NAME[room]} webhook is required to enable notifications.`],
  errors: { unavailable: UNAVAILABLE },
  example: { body: { [`enable_${room}_notifications`]: false, [`${room}_webhook`]: "" } },
})

const INVALID_LINK = { not_found: "We did not make this link." }

export const preferenceDocs = {
  "GET /api/notifications/preferences": {
    summary: "How I want to be told",
    description:
      "Whether I hear of a category at all, and then on which channels. What was never switched is on. " +
      "email_notifications_enabled is the master switch of e-mail.",
    response: PreferencesResponse,
  },
  "PUT /api/notifications/preferences": {
    summary: "Change how I want to be told",
    description: "Any part in, the whole back. It holds for what is sent from now on; what was received stays.",
    response: PreferencesResponse,
    example: { body: { job_failure_notifications: false, channels: { incident: { email: false } } } },
  },
  "GET /unsubscribe": {
    summary: "The page behind the link that ends e-mails",
    description:
      "Shows a button and changes nothing, since programs follow links too. Of a link that is cut a browser (`Accept: " +
      "text/html`) gets a page that says so, with 404; the same goes for POST.",
    fields: { token: "from the link in a mail" },
    response: z.string(),
    errors: INVALID_LINK,
  },
  "POST /unsubscribe": {
    summary: "End the e-mails of one category",
    description:
      "What the button does, and the one click of a mail client (RFC 8058). Nobody needs to be signed in: the token " +
      "names the person and the category.",
    fields: { token: "from the link in a mail" },
    response: z.string(),
    errors: INVALID_LINK,
  },
  "GET /api/userpreferences": {
    summary: "What the web app keeps for me",
    description:
      "enable_email_notifications is the switch email_notifications_enabled of the notification preferences. " +
      "is_llm_active says whether my organisation wants summaries by AI. Where Dalgo's own backend keeps the rest, " +
      "there may be more fields.",
    response: UserPreferencesResponse,
  },
  "PUT /api/userpreferences": {
    summary: "Change what the web app keeps for me",
    description:
      "Any part in, the whole back. is_llm_active may come back with the rest and changes nothing. Where Dalgo's own " +
      "backend keeps the rest, it takes fields that are not named here, it may refuse them (400, 422), and without it " +
      "nothing is changed (503).",
    response: UserPreferencesResponse,
    example: { body: { enable_email_notifications: true, disclaimer_shown: true } },
  },
  "GET /api/orgpreferences": {
    summary: "How my organisation wants to be told",
    description:
      "Of a webhook admins see the last four characters, and members nothing. Where Discord or Slack did not know a " +
      "webhook any more, it was switched off, and admins see when and why.",
    response: OrgPreferencesResponse,
  },
  "PUT /api/orgpreferences/enable-discord-notifications": chatSwitchDocs("discord"),
  "PUT /api/orgpreferences/enable-slack-notifications": chatSwitchDocs("slack"),
} satisfies DocsByRoute
