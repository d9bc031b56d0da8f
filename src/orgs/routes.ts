import { platformOnly } from "../http/authenticate"
import { body, jsonBody, largeJsonBody, path } from "../http/validate"
import { router } from "../http/router"
import { removeMember } from "./remove-member"
import { saveOrg } from "./save-org"
import { MemberPath, Members, OrgChange, OrgPath } from "./schemas"
import { syncMembers } from "./sync-members"

export const orgRoutes = router()
  .put("/:slug", platformOnly, path(OrgPath), jsonBody, body(OrgChange), async (c) => {
    const { slug } = c.req.valid("param")
    return c.json({ success: true, res: await saveOrg(c.var.deps, { slug, change: c.req.valid("json") }) })
  })

  .put("/:slug/members", platformOnly, path(OrgPath), largeJsonBody, body(Members), async (c) => {
    const [{ slug }, members] = [c.req.valid("param"), c.req.valid("json")]
    return c.json({ success: true, res: await syncMembers(c.var.deps, { slug, members, others: "remove" }) })
  })

  .patch("/:slug/members", platformOnly, path(OrgPath), largeJsonBody, body(Members), async (c) => {
    const [{ slug }, members] = [c.req.valid("param"), c.req.valid("json")]
    return c.json({ success: true, res: await syncMembers(c.var.deps, { slug, members, others: "keep" }) })
  })

  .delete("/:slug/members/:user_id", platformOnly, path(MemberPath), async (c) => {
    const { slug, user_id: userId } = c.req.valid("param")
    await removeMember(c.var.deps, { slug, userId })
    return c.json({ success: true, message: "Member removed successfully" })
  })
