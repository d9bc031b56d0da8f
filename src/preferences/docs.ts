import * as z from "zod/mini"
import type { DocsByRoute } from "../http/route-docs"
import { withSchemaName } from "../http/schema-name"
import { LaxBoolean } from "../runtime/zod"
import { Preferences, UserPreferences } from "./schemas"

withSchemaName("LaxBoolean", LaxBoolean)

const success = <T extends z.ZodMiniType>(res: T) => z.strictObject({ success: z.literal(true), res })

export const PreferencesResponse = success(Preferences)
export type PreferencesResponse = z.infer<typeof PreferencesResponse>

export const UserPreferencesResponse = success(UserPreferences)
export type UserPreferencesResponse = z.infer<typeof UserPreferencesResponse>

const INVALID_LINK = {
  not_found: "This service did not make the link.",
  unavailable: "`UNSUBSCRIBE_SECRET` is missing or not usable: nothing was changed.",
}

export const preferenceDocs = {
  "GET /api/notifications/preferences": {
    summary: "Read my notification preferences",
    description:
      "`<category>_notifications` is the subscription to a category, `channels` has its channels, and " +
      "`email_notifications_enabled` is the switch for all e-mail. Everything is on by default. `timezone` " +
      "is the zone in which I read times; `null` is the organisation's.",
    response: PreferencesResponse,
  },
  "PUT /api/notifications/preferences": {
    summary: "Change my notification preferences",
    description:
      "The body has the fields to change; the answer has all. The change applies to notifications sent from now on. If the " +
      "service is connected to Dalgo's backend, it hands on `email_notifications_enabled` and " +
      "`schema_change_notifications`, for the messages that the backend sends itself; the change is stored here also if " +
      "the backend does not take it.",
    response: PreferencesResponse,
    example: { body: { job_failure_notifications: false, channels: { incident: { email: false } } } },
  },
  "GET /unsubscribe": {
    summary: "Show the page to unsubscribe from e-mails",
    description:
      "The page has a button. Opening it changes nothing, since programs open links too. For an incomplete link, a browser " +
      "(`Accept: text/html`) gets a page that explains it, with status 404; POST does the same. While the service cannot " +
      "read links, it is a page with status 503.",
    fields: { token: "from the link in the e-mail" },
    response: z.string(),
    errors: INVALID_LINK,
  },
  "POST /unsubscribe": {
    summary: "Unsubscribe from the e-mails of one category",
    description:
      "The button of the page and the one-click unsubscribe of mail clients (RFC 8058) call this. It needs no sign-in: the " +
      "token names the person and the category.",
    fields: { token: "from the link in the e-mail" },
    response: z.string(),
    errors: INVALID_LINK,
  },
  "GET /api/userpreferences": {
    summary: "Read my settings in the web app",
    description:
      "`enable_email_notifications` and `enable_schema_change_notifications` are the same switches as " +
      "`email_notifications_enabled` and `schema_change_notifications` of the notification preferences. " +
      "`is_llm_active` says whether my organisation uses AI summaries. If the service is connected to Dalgo's backend, " +
      "the rest is the backend's, which may add fields.",
    response: UserPreferencesResponse,
  },
  "PUT /api/userpreferences": {
    summary: "Change my settings in the web app",
    description:
      "The body has the fields to change; the answer has all. `null` changes nothing, except that it resets the tab. " +
      "`is_llm_active` and unknown fields are accepted and ignored. If the service is connected to Dalgo's backend, the " +
      "whole body is handed to it: it accepts more fields and may refuse them (400, 422), and nothing changes while it " +
      "cannot be reached (503). A body that has only the two switches is stored here also if the backend does not take it.",
    response: UserPreferencesResponse,
    example: { body: { enable_email_notifications: true, disclaimer_shown: true } },
  },
} satisfies DocsByRoute
