export const DISCORD_WEBHOOK = "https://discord.com/api/webhooks/123456789012345678/a-token-that-ends-in-wxyz"
export const SLACK_WEBHOOK = "https://hooks.slack.com/services/T0ACME/B0ROOM/tokenThatEndsInWxyz"

/** A message as it came, and the webhook to which. */
export type Said = { webhook: string; body: any }

/** Discord and Slack as they are when all goes well; or answering what `fail` says for a message. */
export function rooms(fail?: (said: Said) => Response | undefined) {
  const discord: Said[] = []
  const slack: Said[] = []
  const handler = async (request: Request) => {
    const url = new URL(request.url)
    const kept = { "discord.com": discord, "hooks.slack.com": slack }[url.hostname]
    if (!kept) return undefined
    const isWaiting = url.searchParams.get("wait") === "true"
    url.searchParams.delete("wait")
    const said = { webhook: url.href, body: await request.json<any>() }
    const failure = fail?.(said)
    if (failure) return failure
    kept.push(said)
    if (kept === slack) return new Response("ok")
    // Without `wait` it says nothing of the message.
    return isWaiting ? Response.json({ id: `90${kept.length}` }) : new Response(null, { status: 204 })
  }
  return { discord, slack, handler }
}
