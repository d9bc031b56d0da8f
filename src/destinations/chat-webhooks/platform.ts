import * as z from "zod/mini"
import type { Deps } from "../../deps"
import {
  type ForwardedCredentials,
  logPlatformFailure,
  optionalPlatformOrigin,
  requestPlatform,
} from "../../runtime/platform"

const Answer = z.object({
  success: z.literal(true),
  res: z.looseObject({ llm_optin: z.optional(z.boolean()) }),
})
export type PlatformOrgPreferences = z.infer<typeof Answer>["res"]

/**
 * The preferences of an organisation in Dalgo's backend, read in the caller's name. Empty without a backend; and, with a
 * line in the log, without a valid answer within 2 seconds.
 */
export async function getPlatformOrgPreferences(
  { config }: Deps,
  { credentials }: { credentials: ForwardedCredentials | undefined },
): Promise<PlatformOrgPreferences> {
  const origin = credentials && optionalPlatformOrigin(config)
  if (!origin) return {}
  const answer = await requestPlatform(origin, { method: "GET", path: "/api/orgpreferences/", credentials })
  const body = Answer.safeParse(answer.body)
  if (answer.status === 200 && body.success) return body.data.res
  logPlatformFailure(answer)
  return {}
}
