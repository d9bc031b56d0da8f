import { alice } from "./people"

/** Sends this many notifications to acme. Returns their ids, newest first. */
export async function sendMany(number: number): Promise<number[]> {
  const ids: number[] = []
  for (let i = 1; i <= number; i++) {
    const answer = await alice.post("/api/notifications/", {
      author: "alice@acme.test",
      message: `number ${i}`,
      sent_to: "all_org_users",
      org_slug: "acme",
    })
    ids.unshift((await answer.json<any>()).res.notification_id)
  }
  return ids
}
