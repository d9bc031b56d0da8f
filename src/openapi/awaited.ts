import * as z from "zod/mini"
import { Preferences } from "../preferences/schemas"
import type { DescribedRoutes } from "./described"
import { named } from "./named"

// Stands in until these rooms have their own answers.ts.

named("Preferences", Preferences)
const whole = z.object({ success: z.literal(true), res: Preferences })

export const preferenceAnswers: DescribedRoutes = {
  "GET /api/notifications/preferences": {
    summary: "How I want to be told",
    answer: whole,
  },
  "PUT /api/notifications/preferences": {
    summary: "Change any part of it",
    description: "Answers the whole.",
    answer: whole,
    example: {
      body: { job_failure_notifications: false, channels: { incident: { email: false } } },
    },
  },
  "GET /unsubscribe": {
    summary: "A page with a button that ends e-mails of one category",
    fields: { token: "from the link in a mail" },
    answer: z.string(),
    refuses: { not_found: "We did not make this link." },
  },
  "POST /unsubscribe": {
    summary: "End e-mails of one category (RFC 8058)",
    fields: { token: "from the link in a mail" },
    answer: z.string(),
    refuses: { not_found: "We did not make this link." },
  },
}

export const liveAnswers: DescribedRoutes = {
  "GET /wss/notifications": {
    summary: "Open a socket to the urgent bar",
    fields: { orgslug: "the organisation; without it, the person's first one" },
    answer: z.void(),
    rejects: ["this is a WebSocket"],
    refuses: { not_allowed: "A page of another origin." },
  },
}
