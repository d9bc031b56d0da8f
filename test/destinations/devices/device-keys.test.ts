import { describe, expect, it } from "vitest"
import { newDevice, SUBSCRIPTIONS_PATH } from "../../support/devices"
import { bob } from "../../support/people"
import { selectRows } from "../../support/select-rows"

const { endpoint, keys } = (await newDevice("https://web.push.apple.com/x")).subscription
const register = (changes: object) => bob.post(SUBSCRIPTIONS_PATH, { endpoint, keys: { ...keys, ...changes } })

/** The same bytes with some of them changed, as base64url. */
function changed(text: string, change: (bytes: number[]) => number[]): string {
  const bytes = Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0))
  const encoded = btoa(String.fromCharCode(...change(bytes)))
  return encoded.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")
}
const zeros = (length: number) => Array<number>(length).fill(0)

describe("the keys of a device", () => {
  it("may be padded, and are stored without padding", async () => {
    expect((await register({ p256dh: `${keys.p256dh}=`, auth: `${keys.auth}==` })).status).toBe(200)
    expect(await selectRows("SELECT p256dh, auth FROM push_subscriptions")).toEqual([keys])
  })

  it.each<[string, "p256dh" | "auth", unknown]>([
    ["no public key", "p256dh", undefined],
    ["null", "p256dh", null],
    ["a number", "p256dh", 4],
    ["an empty text", "p256dh", ""],
    ["one byte less", "p256dh", changed(keys.p256dh, (all) => all.slice(0, -1))],
    ["one byte more", "p256dh", changed(keys.p256dh, (all) => [...all, 0])],
    ["a point that is compressed", "p256dh", changed(keys.p256dh, (all) => [2, ...all.slice(1, 33)])],
    [
      "a compressed point with zeros behind",
      "p256dh",
      changed(keys.p256dh, (all) => [2, ...all.slice(1, 33), ...zeros(32)]),
    ],
    ["a hybrid", "p256dh", changed(keys.p256dh, (all) => [6, ...all.slice(1)])],
    ["a point off the curve", "p256dh", changed(keys.p256dh, (all) => all.with(64, (all[64] as number) ^ 1))],
    ["the point at infinity", "p256dh", changed(keys.p256dh, () => [4, ...zeros(64)])],
    ["coordinates beyond the field", "p256dh", changed(keys.p256dh, () => [4, ...zeros(64).map(() => 255)])],
    ["standard base64", "p256dh", `${keys.p256dh.slice(0, -2)}+/`],
    ["blanks", "p256dh", ` ${keys.p256dh}`],
    ["a line break", "p256dh", `${keys.p256dh}\n`],
    ["padding in the middle", "p256dh", `${keys.p256dh.slice(0, 80)}=${keys.p256dh.slice(81)}`],
    ["hex", "p256dh", "04".repeat(65)],
    ["another alphabet", "p256dh", "é".repeat(87)],
    ["no secret", "auth", undefined],
    ["null", "auth", null],
    ["an empty text", "auth", ""],
    ["one byte less", "auth", changed(keys.auth, (all) => all.slice(0, -1))],
    ["one byte more", "auth", changed(keys.auth, (all) => [...all, 0])],
    ["half of the padding", "auth", `${keys.auth}=`],
    ["standard base64", "auth", `${keys.auth.slice(0, -2)}+/`],
    ["a list", "auth", [keys.auth]],
  ])("are not %s (%s)", async (_, name, value) => {
    const answer = await register({ [name]: value })
    expect(answer.status).toBe(422)
    for (const issue of (await answer.json<any>()).detail) expect(issue.loc).toEqual(["body", "keys", name])
    expect(await selectRows("SELECT * FROM push_subscriptions")).toEqual([])
  })

  it.each([undefined, null, "keys", [], {}])("are not %j", async (none) => {
    expect((await bob.post(SUBSCRIPTIONS_PATH, { endpoint, keys: none })).status).toBe(422)
  })
})
