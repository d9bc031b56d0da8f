import { ownInbox } from "../../http/authenticate"
import { body, jsonBody } from "../../http/validate"
import { router } from "../../http/router"
import { addDevice, devicesOf, publicKey, removeDevice } from "./devices"
import { NewDevice, OldDevice } from "./schemas"

export const deviceRoutes = router()
  .get("/push-key", ownInbox, (c) => c.json({ success: true, res: { public_key: publicKey(c.var.deps) } }))

  .get("/push-subscriptions", ownInbox, async (c) => {
    return c.json({ success: true, res: await devicesOf(c.var.deps, { me: c.var.me }) })
  })

  .post("/push-subscriptions", ownInbox, jsonBody, body(NewDevice), async (c) => {
    await addDevice(c.var.deps, { me: c.var.me, device: c.req.valid("json") })
    return c.json({ success: true })
  })

  .delete("/push-subscriptions", ownInbox, jsonBody, body(OldDevice), async (c) => {
    await removeDevice(c.var.deps, { me: c.var.me, endpoint: c.req.valid("json").endpoint })
    return c.json({ success: true })
  })
