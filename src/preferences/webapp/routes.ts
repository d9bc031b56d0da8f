import type { Context } from "hono"
import { memberInPerson } from "../../http/authenticate"
import { forwardedCredentials } from "../../http/forwarded-credentials"
import { body, jsonOrTextBody } from "../../http/validate"
import { type AppEnv, router } from "../../http/router"
import type { UserPreferencesResponse } from "../docs"
import { UserPreferencesChange } from "../schemas"
import { changeUserPreferences, getUserPreferences } from "./user-preferences"

export const userPreferenceRoutes = router()
  .get("/", memberInPerson, async (c) => {
    const res = await getUserPreferences(c.var.deps, await personOf(c))
    return c.json<UserPreferencesResponse>({ success: true, res })
  })

  .put("/", memberInPerson, jsonOrTextBody, body(UserPreferencesChange), async (c) => {
    const res = await changeUserPreferences(c.var.deps, { ...(await personOf(c)), change: c.req.valid("json") })
    return c.json<UserPreferencesResponse>({ success: true, res })
  })

const personOf = async (c: Context<AppEnv>) => ({
  orgUserId: c.var.me.orgUserId,
  credentials: await forwardedCredentials(c, c.var.me),
})
