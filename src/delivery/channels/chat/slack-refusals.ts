import { gone, isWebPage, messageAtFault, type Refusal, refusalOfStatus, wait, wrongSetting } from "./refusal"

const REMOVED = gone("the webhook was removed there")
const WORKSPACE_GONE = gone("the workspace does not exist any more")
const NOT_PERMITTED = wrongSetting(
  "the workspace does not permit the webhook to write in its channel: ask an admin of the workspace to permit it",
)
const MALFORMED = messageAtFault("it does not accept the form of the message")
const NETWORK = wait("its network did not let the message through")
const FAULT = wait("it has a fault of its own")

/**
 * By the word of an answer. A word that is not here counts by its status.
 * https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks#handling_errors
 */
const SLACK_REFUSALS: Record<string, Refusal> = {
  no_service: REMOVED,
  no_service_id: REMOVED,
  no_active_hooks: REMOVED,
  invalid_token: REMOVED,
  token_revoked: REMOVED,
  invalid_auth: REMOVED,
  account_inactive: REMOVED,
  token_expired: REMOVED,
  not_authed: REMOVED,
  no_team: WORKSPACE_GONE,
  team_disabled: WORKSPACE_GONE,
  team_not_found: WORKSPACE_GONE,
  channel_not_found: gone("its channel is gone"),
  channel_is_archived: gone("its channel is archived"),
  is_archived: gone("its channel is archived"),
  user_not_found: gone("the person whom it writes to has left the workspace"),

  action_prohibited: NOT_PERMITTED,
  restricted_action: NOT_PERMITTED,
  restricted_action_read_only_channel: NOT_PERMITTED,
  team_access_not_granted: NOT_PERMITTED,
  restricted_action_thread_only_channel: NOT_PERMITTED,
  restricted_action_non_threadable_channel: NOT_PERMITTED,
  restricted_action_thread_locked: NOT_PERMITTED,
  ekm_access_denied: NOT_PERMITTED,
  access_denied: NOT_PERMITTED,
  no_permission: NOT_PERMITTED,
  missing_scope: NOT_PERMITTED,
  user_is_restricted: NOT_PERMITTED,
  user_is_ultra_restricted: NOT_PERMITTED,
  enterprise_is_restricted: NOT_PERMITTED,
  two_factor_setup_required: NOT_PERMITTED,
  posting_to_general_channel_denied: wrongSetting(
    "the workspace does not permit the webhook to write in its general channel: make a webhook for another channel",
  ),
  not_in_channel: wrongSetting("the app is not a member of its channel: add it to the channel in Slack"),

  invalid_payload: MALFORMED,
  invalid_json: MALFORMED,
  invalid_blocks: MALFORMED,
  invalid_blocks_format: MALFORMED,
  invalid_attachments: MALFORMED,
  no_text: MALFORMED,
  missing_text_or_fallback_or_attachments: MALFORMED,
  msg_too_long: MALFORMED,
  msg_blocks_too_long: MALFORMED,
  too_many_attachments: MALFORMED,

  rollup_error: FAULT,
  fatal_error: FAULT,
  internal_error: FAULT,
  service_unavailable: FAULT,
  request_timeout: FAULT,
  team_added_to_org: wait("the workspace is being moved"),
  org_login_required: wait("the workspace is being moved"),
  message_limit_exceeded: wait("it takes no more messages at the moment"),
  accesslimited: wait("it takes no more messages at the moment"),
  rate_limited: wait("it takes no more messages at the moment"),
  ratelimited: wait("it takes no more messages at the moment"),
}

/**
 * The refusal that an answer names with its whole text, or with `error` in JSON. Slack may do so with status 200. Any
 * other text there counts as "ok", so that no message is repeated.
 */
export function slackRefusalByWord(answer: string): Refusal | undefined {
  const [, inJson, plain = ""] = /^\s*(?:\{.{0,200}?"error"\s*:\s*"(\w{1,60})"|(\w{1,60})\b)/s.exec(answer) ?? []
  const word = inJson ?? plain
  return Object.hasOwn(SLACK_REFUSALS, word) ? SLACK_REFUSALS[word] : undefined
}

export function slackRefusal(status: number, answer: string): Refusal {
  const byStatus = refusalOfStatus(status)
  if (status === 429) return byStatus
  const byWord = slackRefusalByWord(answer)
  if (byWord) return byWord
  // Slack answers in words. A page comes from the network in front of it, which says nothing about the message.
  if (byStatus.kind === "message_at_fault" && isWebPage(answer)) return NETWORK
  return byStatus.kind === "gone" ? REMOVED : byStatus
}
