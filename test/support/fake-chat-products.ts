export const DISCORD_WEBHOOK = "https://discord.com/api/webhooks/123456789012345678/a-token-that-ends-in-wxyz"
export const SLACK_WEBHOOK = "https://hooks.slack.com/services/T0ACME/B0CHAT/tokenThatEndsInWxyz"

/** A message as a chat product got it, and the webhook that it came through. */
export type PostedMessage = { webhook: string; body: any }

/** Discord and Slack. They take every message, unless `fail` returns another answer for it. */
export function fakeChatProducts(fail?: (message: PostedMessage) => Response | undefined) {
  const discord: PostedMessage[] = []
  const slack: PostedMessage[] = []
  const handler = async (request: Request) => {
    const url = new URL(request.url)
    const posted = { "discord.com": discord, "hooks.slack.com": slack }[url.hostname]
    if (!posted) return undefined
    const isWaiting = url.searchParams.get("wait") === "true"
    url.searchParams.delete("wait")
    const message = { webhook: url.href, body: await request.json<any>() }
    const failure = fail?.(message)
    if (failure) return failure
    posted.push(message)
    if (posted === slack) return new Response("ok")
    // Without `wait`, Discord's answer is empty.
    return isWaiting ? Response.json({ id: `90${posted.length}` }) : new Response(null, { status: 204 })
  }
  return { discord, slack, handler }
}
