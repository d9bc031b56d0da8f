import * as z from "zod/mini"
import type { DescribedRoutes } from "../openapi/described"
import { UserPreferences } from "./schemas"

export const UserPreferencesAnswer = z.strictObject({ success: z.literal(true), res: UserPreferences })
export type UserPreferencesAnswer = z.infer<typeof UserPreferencesAnswer>

export const preferenceAnswers = {
  "GET /api/userpreferences": {
    summary: "What the web app keeps for a person",
    answer: UserPreferencesAnswer,
  },
  "PUT /api/userpreferences": {
    summary: "Change any part of it, and get the whole",
    answer: UserPreferencesAnswer,
    example: { body: { disclaimer_shown: true } },
  },
} satisfies DescribedRoutes
