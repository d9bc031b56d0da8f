import { memberInPerson } from "../../http/authenticate"
import { body, jsonBody } from "../../http/validate"
import { router } from "../../http/router"
import { addDevice, listDevices, getPublicKey, removeDevice } from "./devices"
import { NewDevice, OldDevice } from "./schemas"

export const deviceRoutes = router()
  .get("/push-key", memberInPerson, (c) => c.json({ success: true, res: { public_key: getPublicKey(c.var.deps) } }))

  .get("/push-subscriptions", memberInPerson, async (c) => {
    return c.json({ success: true, res: await listDevices(c.var.deps, { me: c.var.me }) })
  })

  .post("/push-subscriptions", memberInPerson, jsonBody, body(NewDevice), async (c) => {
    await addDevice(c.var.deps, { me: c.var.me, device: c.req.valid("json") })
    return c.json({ success: true })
  })

  .delete("/push-subscriptions", memberInPerson, jsonBody, body(OldDevice), async (c) => {
    await removeDevice(c.var.deps, { me: c.var.me, endpoint: c.req.valid("json").endpoint })
    return c.json({ success: true })
  })
