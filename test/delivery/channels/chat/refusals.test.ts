import { describe, expect, it } from "vitest"
import { discordRefusal } from "../../../../src/delivery/channels/chat/discord-refusals"
import type { Refusal } from "../../../../src/delivery/channels/chat/refusal"
import { slackRefusal, slackRefusalByWord } from "../../../../src/delivery/channels/chat/slack-refusals"

type Case = [status: number, answer: string | number, kind: Refusal["kind"], words: RegExp | undefined]

describe("Discord's answer", () => {
  const cases: Case[] = [
    [404, 10_015, "gone", /^the webhook was deleted there$/],
    [404, 10_003, "gone", /^its channel or thread is gone$/],
    [404, 10_004, "gone", /server is gone/],
    [401, 50_027, "gone", /^the webhook's token is wrong$/],
    [404, "", "gone", /^the webhook was deleted there$/],
    [410, "Gone", "gone", /^the webhook was deleted there$/],

    [400, 220_001, "wrong_setting", /^the channel is a forum: add \?thread_id=… .*to the webhook's address$/],
    [400, 40_058, "wrong_setting", /forum/],
    [400, 40_067, "wrong_setting", /tag/],
    [400, 220_004, "wrong_setting", /text channel/],
    [400, 50_008, "wrong_setting", /text channel/],
    [400, 50_024, "wrong_setting", /text channel/],
    [400, 50_083, "wrong_setting", /^the thread is archived: /],
    [400, 160_005, "wrong_setting", /^the thread is locked: /],
    [403, 50_013, "wrong_setting", /^the webhook has no permission/],
    [403, 50_001, "wrong_setting", /^the webhook has no permission/],
    [400, 30_033, "wrong_setting", /limit of the Discord server/],
    [
      400,
      '{"code": 50035, "errors": {"thread_id": {"_errors": [{"code": "NUMBER_TYPE_COERCE"}]}}}',
      "wrong_setting",
      /thread/,
    ],

    [400, '{"thread_id": ["Value \\"99999999999999999999\\" is not snowflake."]}', "wrong_setting", /thread/],
    [
      400,
      '{"webhook_id": ["snowflake value should be less than or equal to 9223372036854775807."]}',
      "gone",
      /no such webhook/,
    ],
    [400, '{"code": 50035, "errors": {"webhook_id": {"_errors": []}}}', "gone", /no such webhook/],

    [429, 20_028, "wait", undefined],
    [403, "error code: 1020", "wait", /network/],
    [403, "<!DOCTYPE html><title>Access denied | discord.com used Cloudflare</title>", "wait", /network/],
    [404, "<!DOCTYPE html>", "gone", /deleted/],
    [429, '{"message":"You are being rate limited.","retry_after":1.3,"code":0}', "wait", undefined],
    [400, 20_016, "wait", /no more messages at the moment/],
    [400, 40_006, "wait", /./],
    [403, 40_333, "wait", /network/],
    [503, 130_000, "wait", /./],
    [500, "", "wait", undefined],
    [502, "<html>Bad gateway</html>", "wait", undefined],
    [408, "", "wait", undefined],

    [400, 50_035, "message_at_fault", /form of the message/],
    [400, 50_006, "message_at_fault", /form of the message/],
    [400, 200_000, "message_at_fault", /filter/],
    [400, 240_000, "message_at_fault", /filter/],
    [400, 220_003, "message_at_fault", /form/],
    [400, 999_999, "message_at_fault", undefined],
    [400, "", "message_at_fault", undefined],
    // Not Discord's code: it may be a proxy on the way.
    [401, "Unauthorized", "message_at_fault", undefined],
    [401, '{"message":"401: Unauthorized","code":0}', "message_at_fault", undefined],
    [403, "Forbidden", "message_at_fault", undefined],
    [302, "", "message_at_fault", undefined],
  ]

  it.each(cases)("%i %s is %s", (status, answer, kind, words) => {
    const text = typeof answer === "number" ? JSON.stringify({ message: "Words of theirs", code: answer }) : answer
    expectRefusal(discordRefusal(status, text), kind, words)
  })
})

describe("Slack's answer", () => {
  const cases: Case[] = [
    [404, "no_service", "gone", /^the webhook was removed there$/],
    [404, "no_service_id", "gone", /^the webhook was removed there$/],
    [404, "no_active_hooks", "gone", /^the webhook was removed there$/],
    [403, "invalid_token", "gone", /^the webhook was removed there$/],
    [404, "no_team", "gone", /workspace/],
    [403, "team_disabled", "gone", /workspace/],
    [404, "channel_not_found", "gone", /^its channel is gone$/],
    [410, "channel_is_archived", "gone", /^its channel is archived$/],
    [400, "user_not_found", "gone", /person/],
    [404, "", "gone", /^the webhook was removed there$/],
    [410, "something new", "gone", /^the webhook was removed there$/],

    [403, "action_prohibited", "wrong_setting", /^the workspace does not permit .*: ask an admin of the workspace/],
    [403, "posting_to_general_channel_denied", "wrong_setting", /general channel: make a webhook for another channel/],
    [403, "restricted_action", "wrong_setting", /does not permit/],
    [403, "not_in_channel", "wrong_setting", /not a member/],

    [400, "invalid_payload", "message_at_fault", /form of the message/],
    [400, "no_text", "message_at_fault", /form of the message/],
    [400, "too_many_attachments", "message_at_fault", /form of the message/],
    [400, "invalid_blocks", "message_at_fault", /form of the message/],
    [400, "constructor", "message_at_fault", undefined],
    [403, "", "message_at_fault", undefined],
    [302, "", "message_at_fault", undefined],

    [403, "restricted_action_thread_only_channel", "wrong_setting", /does not permit/],
    [403, "no_permission", "wrong_setting", /does not permit/],
    [401, "not_authed", "gone", /removed/],
    [403, '{"ok":false,"error":"token_expired"}', "gone", /removed/],

    [400, "message_limit_exceeded", "wait", /no more messages/],
    [403, "<!DOCTYPE html><title>Attention</title>", "wait", /network/],
    [500, "rollup_error", "wait", /fault of its own/],
    [400, "rollup_error", "wait", /fault of its own/],
    [429, "rate_limited", "wait", undefined],
    [429, "no_service", "wait", undefined],
    [503, "", "wait", undefined],
    [500, "<html>", "wait", undefined],
  ]

  it.each(cases)("%i %s is %s", (status, answer, kind, words) => {
    expectRefusal(slackRefusal(status, String(answer)), kind, words)
  })

  it.each([
    ["no_service\n", "gone"],
    ['{"ok":false,"error":"channel_not_found"}', "gone"],
    ['{"error" : "action_prohibited", "ok" : false}', "wrong_setting"],
    ["rollup_error", "wait"],
    ["ok", undefined],
    ["", undefined],
    ["nonsense", undefined],
    ["toString", undefined],
    ['{"ok":true}', undefined],
  ])("%j is read whatever its status is", (answer, kind) => {
    expect(slackRefusalByWord(answer)?.kind).toBe(kind)
  })
})

function expectRefusal(refusal: Refusal, kind: Refusal["kind"], words: RegExp | undefined) {
  expect(refusal.kind).toBe(kind)
  if (words) expect(refusal.words).toMatch(words)
  else expect(refusal.words).toBeUndefined()
  // The words stand after a colon and before a full stop.
  if (refusal.words) expect(refusal.words).toMatch(/^[a-z].*[^.]$/)
  // Only what an admin can correct is explained to them as theirs: it says how.
  if (kind === "wrong_setting") expect(refusal.words).toContain(": ")
}
