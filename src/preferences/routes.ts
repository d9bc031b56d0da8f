import { isServiceCall, member } from "../http/authenticate"
import { forwardedCredentials } from "../http/forwarded-credentials"
import { body, jsonBody } from "../http/validate"
import { router } from "../http/router"
import type { PreferencesResponse } from "./docs"
import { changePreferences, getPreferences } from "./change"
import { PreferencesChange } from "./schemas"

export const preferenceRoutes = router()
  .get("/", member, async (c) => {
    return c.json<PreferencesResponse>({ success: true, res: await getPreferences(c.var.deps, c.var.me) })
  })

  .put("/", member, jsonBody, body(PreferencesChange), async (c) => {
    const change = c.req.valid("json")
    // A server that acts for a member has none of their credentials.
    const credentials = (await isServiceCall(c)) ? undefined : await forwardedCredentials(c, c.var.me)
    const res = await changePreferences(c.var.deps, { ...c.var.me, change, credentials })
    return c.json<PreferencesResponse>({ success: true, res })
  })
