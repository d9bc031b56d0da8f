import { gone, isWebPage, messageAtFault, type Refusal, refusalOfStatus, wait, wrongSetting } from "./refusal"

const FORUM = wrongSetting(
  "the channel is a forum: add ?thread_id=… with the id of one of its threads to the webhook's address",
)
const OTHER_CHANNEL = wrongSetting("its channel takes no messages of a webhook: make a webhook in a text channel")
const THREAD_ID = wrongSetting("there is no such thread: correct ?thread_id=… in the webhook's address")
const NO_PERMISSION = wrongSetting(
  "the webhook has no permission to write in its channel: permit it in the settings of the channel or of the server",
)
const SERVER_LIMIT = wrongSetting("a limit of the Discord server is reached: an admin of the server must make room")
const BLOCKED = messageAtFault("a filter of the Discord server blocked the text")
const MALFORMED = messageAtFault("it does not accept the form of the message")
const NETWORK = wait("its network did not let the message through")
const SLOW_DOWN = wait("it takes no more messages at the moment")

/**
 * By the `code` of an answer. A code that is not here counts by its status.
 * https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
 */
const DISCORD_REFUSALS: Record<number, Refusal> = {
  10_003: gone("its channel or thread is gone"),
  10_004: gone("the Discord server is gone"),
  10_015: gone("the webhook was deleted there"),
  10_016: gone("the webhook was deleted there"),
  50_027: gone("the webhook's token is wrong"),

  220_001: FORUM,
  40_058: FORUM,
  220_004: OTHER_CHANNEL,
  50_008: OTHER_CHANNEL,
  50_024: OTHER_CHANNEL,
  40_067: wrongSetting("the forum demands a tag for each post: add ?thread_id=… to the webhook's address"),
  50_083: wrongSetting(
    "the thread is archived: open it again in Discord, or put another ?thread_id=… into the address",
  ),
  160_005: wrongSetting("the thread is locked: unlock it in Discord, or put another ?thread_id=… into the address"),
  160_006: wrongSetting("the server has too many open threads: archive some of them in Discord"),
  50_001: NO_PERMISSION,
  50_013: NO_PERMISSION,

  20_016: SLOW_DOWN,
  20_022: SLOW_DOWN,
  20_028: SLOW_DOWN,
  20_029: SLOW_DOWN,
  31_001: SLOW_DOWN,
  31_002: SLOW_DOWN,
  40_004: SLOW_DOWN,
  40_006: SLOW_DOWN,
  40_062: SLOW_DOWN,
  130_000: SLOW_DOWN,
  // A block by Cloudflare in front of Discord, which has nothing to do with the webhook.
  40_333: NETWORK,

  20_009: BLOCKED,
  200_000: BLOCKED,
  200_001: BLOCKED,
  240_000: BLOCKED,
  40_005: MALFORMED,
  50_006: MALFORMED,
  50_035: MALFORMED,
  50_109: MALFORMED,
  220_002: MALFORMED,
  220_003: MALFORMED,
}

export function discordRefusal(status: number, answer: string): Refusal {
  const code = Number(/"code"\s*:\s*(\d{1,6})\b/.exec(answer)?.[1])
  // The fields at fault are named, with the code "Invalid Form Body" or without a code. These come from the webhook's
  // address. One with an id that is no number of Discord can never work.
  if (code === 50_035 || (status === 400 && Number.isNaN(code))) {
    if (/"thread_id"\s*:/.test(answer)) return THREAD_ID
    if (/"webhook_id"\s*:/.test(answer)) return gone("there is no such webhook")
  }
  const known = Object.hasOwn(DISCORD_REFUSALS, code) ? DISCORD_REFUSALS[code] : undefined
  if (known && status !== 429) return known
  if (code >= 30_000 && code < 31_000) return SERVER_LIMIT
  const byStatus = refusalOfStatus(status)
  // Discord answers in JSON. A page comes from the network in front of it, which says nothing about the message.
  return byStatus.kind === "message_at_fault" && isPageOfNetwork(answer) ? NETWORK : byStatus
}

/** A web page, or the line of Cloudflare for programs. */
const isPageOfNetwork = (answer: string) => isWebPage(answer) || /^\s*error code: 1\d{3}\b/i.test(answer)
