import type { Context } from "hono"
import { except } from "hono/combine"
import { ownInbox } from "../../http/authenticate"
import { body, jsonBody } from "../../http/validate"
import { demanding } from "../../http/route-meta"
import { type App, router } from "../../http/router"
import type { UserPreferencesAnswer } from "../docs"
import { OwnPreferencesChange, UserPreferencesChange } from "../schemas"
import { changeUserPreferences, userPreferencesOf } from "./user-preferences"

/** Without a platform nobody knows a field that we do not. */
const knownFields = demanding(
  { body: OwnPreferencesChange },
  except((c: Context<App>) => c.var.deps.platform !== undefined, body(OwnPreferencesChange)),
)

export const userPreferenceRoutes = router()
  .get("/", ownInbox, async (c) => {
    const res = await userPreferencesOf(c.var.deps, whose(c))
    return c.json<UserPreferencesAnswer>({ success: true, res })
  })

  .put("/", ownInbox, jsonBody, body(UserPreferencesChange), knownFields, async (c) => {
    const res = await changeUserPreferences(c.var.deps, { ...whose(c), change: c.req.valid("json") })
    return c.json<UserPreferencesAnswer>({ success: true, res })
  })

const whose = (c: Context<App>) => ({
  orgUserId: c.var.me.orgUserId,
  asker: {
    cookie: c.req.header("cookie"),
    authorization: c.req.header("authorization"),
    orgSlug: c.var.me.orgSlug,
  },
})
