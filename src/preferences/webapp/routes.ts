import type { Context } from "hono"
import { except } from "hono/combine"
import { member } from "../../http/authenticate"
import { body, jsonBody } from "../../http/validate"
import { withMeta } from "../../http/route-meta"
import { type AppEnv, router } from "../../http/router"
import type { UserPreferencesResponse } from "../docs"
import { OwnPreferencesChange, UserPreferencesChange } from "../schemas"
import { changeUserPreferences, getUserPreferences } from "./user-preferences"

/** Without a platform nobody knows a field that we do not. */
const knownFields = withMeta(
  { body: OwnPreferencesChange },
  except((c: Context<AppEnv>) => c.var.deps.config.PLATFORM_ORIGIN !== undefined, body(OwnPreferencesChange)),
)

export const userPreferenceRoutes = router()
  .get("/", member, async (c) => {
    const res = await getUserPreferences(c.var.deps, whose(c))
    return c.json<UserPreferencesResponse>({ success: true, res })
  })

  .put("/", member, jsonBody, body(UserPreferencesChange), knownFields, async (c) => {
    const res = await changeUserPreferences(c.var.deps, { ...whose(c), change: c.req.valid("json") })
    return c.json<UserPreferencesResponse>({ success: true, res })
  })

const whose = (c: Context<AppEnv>) => ({
  orgUserId: c.var.me.orgUserId,
  asker: {
    cookie: c.req.header("cookie"),
    authorization: c.req.header("authorization"),
    orgSlug: c.var.me.orgSlug,
  },
})
