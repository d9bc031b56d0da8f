import type { z } from "zod"
import type { PreferencesResponse } from "../../src/preferences/docs"
import type { ApiClient } from "./people"

type Preferences = z.infer<typeof PreferencesResponse>["res"]

/** A person's notification preferences. */
export const preferencesOf = async (client: ApiClient): Promise<Preferences> =>
  (await (await client.get("/api/notifications/preferences")).json<{ res: Preferences }>()).res
