import { isServiceCall } from "../http/authenticate"
import { router } from "../http/router"
import { getHealth } from "./health"

export const healthRoutes = router().get("/", async (c) => {
  const health = await getHealth(c.var.deps, { withDetails: await isServiceCall(c) })
  return c.json(health, 200, { "Cache-Control": "no-store" })
})
