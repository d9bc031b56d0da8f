import { expect, it } from "vitest"
import { bob } from "../support/people"

it("lists the six categories in display order", async () => {
  const { success, res } = await (await bob.get("/api/notifications/categories")).json<any>()
  expect(success).toBe(true)
  expect(res.map((category: any) => [category.value, category.label])).toEqual([
    ["incident", "Incident Notifications"],
    ["schema_change", "Schema Changes"],
    ["job_failure", "Job Failures"],
    ["late_run", "Late Runs"],
    ["dbt_test_failure", "dbt Test Failures"],
    ["system", "System Notifications"],
  ])
})
