import { platformOnly } from "../http/authenticate"
import { body, jsonBody, largeJsonBody, path, query } from "../http/validate"
import { router } from "../http/router"
import { removeMember } from "./remove-member"
import { saveOrg } from "./save-org"
import { MemberPath, MemberRows, Members, RemoveQuery, OrgChange, OrgPath } from "./schemas"
import { mergeMembers, replaceMembers } from "./sync-members"

/** Loaded on first use. */
const erasure = () => import("./erase-member")

const memberRows = body(MemberRows, { describedAs: Members })

export const orgRoutes = router()
  .put("/:slug", platformOnly, path(OrgPath), jsonBody, body(OrgChange), async (c) => {
    const { slug } = c.req.valid("param")
    return c.json({ success: true, res: await saveOrg(c.var.deps, { slug, change: c.req.valid("json") }) })
  })

  .put("/:slug/members", platformOnly, path(OrgPath), largeJsonBody, memberRows, async (c) => {
    const [{ slug }, rows] = [c.req.valid("param"), c.req.valid("json")]
    return c.json({ success: true, res: await replaceMembers(c.var.deps, { slug, rows }) })
  })

  .patch("/:slug/members", platformOnly, path(OrgPath), largeJsonBody, memberRows, async (c) => {
    const [{ slug }, rows] = [c.req.valid("param"), c.req.valid("json")]
    return c.json({ success: true, ...(await mergeMembers(c.var.deps, { slug, rows })) })
  })

  .delete("/:slug/members/:user_id", platformOnly, path(MemberPath), query(RemoveQuery), async (c) => {
    const [{ slug, user_id: userId }, { erase }] = [c.req.valid("param"), c.req.valid("query")]
    if (erase) {
      const { eraseMember } = await erasure()
      const { isDone } = await eraseMember(c.var.deps, { slug, userId })
      return c.json({ success: true, message: "Member erased", done: isDone })
    }
    await removeMember(c.var.deps, { slug, userId })
    return c.json({ success: true, message: "Member removed successfully" })
  })
