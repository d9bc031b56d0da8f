import type { Context } from "hono"
import { except } from "hono/combine"
import { member } from "../../http/authenticate"
import { body, jsonBody } from "../../http/validate"
import { withMeta } from "../../http/route-meta"
import { type AppEnv, router } from "../../http/router"
import type { UserPreferencesResponse } from "../docs"
import { OwnPreferencesChange, UserPreferencesChange } from "../schemas"
import { changeUserPreferences, getUserPreferences } from "./user-preferences"

/** Without Dalgo's backend, an unknown field is an error. */
const knownFields = withMeta(
  { body: OwnPreferencesChange },
  except((c: Context<AppEnv>) => c.var.deps.config.PLATFORM_ORIGIN !== undefined, body(OwnPreferencesChange)),
)

export const userPreferenceRoutes = router()
  .get("/", member, async (c) => {
    const res = await getUserPreferences(c.var.deps, personOf(c))
    return c.json<UserPreferencesResponse>({ success: true, res })
  })

  .put("/", member, jsonBody, body(UserPreferencesChange), knownFields, async (c) => {
    const res = await changeUserPreferences(c.var.deps, { ...personOf(c), change: c.req.valid("json") })
    return c.json<UserPreferencesResponse>({ success: true, res })
  })

const personOf = (c: Context<AppEnv>) => ({
  orgUserId: c.var.me.orgUserId,
  credentials: {
    cookie: c.req.header("cookie"),
    authorization: c.req.header("authorization"),
    orgSlug: c.var.me.orgSlug,
  },
})
