import { describe, expect, it } from "vitest"
import { isPushEndpoint } from "../../../src/destinations/devices/endpoint"
import { newDevice, SUBSCRIPTIONS_PATH } from "../../support/devices"
import { bob } from "../../support/people"
import { selectRows } from "../../support/select-rows"

const { keys } = (await newDevice("")).subscription
const register = (endpoint: unknown) => bob.post(SUBSCRIPTIONS_PATH, { endpoint, keys })

describe("an endpoint at the push service of", () => {
  it.each([
    [
      "Chrome",
      "https://fcm.googleapis.com/fcm/send/dpH5lCsTSSM:APA91bHqjZxM0VImWWqDRN7U0a3AycjUf4O-byuxb_wJsKRaKvV_iKw",
    ],
    ["Chrome, the newer form", "https://fcm.googleapis.com/wp/dpH5lCsTSSM:APA91bHqjZxM0VImWWqDRN7U0a3AycjUf4O"],
    ["Chrome, a version that is not stable", "https://jmt17.google.com/fcm/send/cXyZ:APA91bHabc"],
    ["Chrome, the newer form of such a version", "https://fcm.googleapis.com/preprod/wp/cXyZ:APA91bHabc"],
    ["Chrome, that form on another host", "https://fcm.google.com/preprod/wp/cXyZ:APA91bHabc"],
    ["an old browser built on Chrome", "https://android.googleapis.com/gcm/send/APA91bHabc-_1"],
    ["Firefox", "https://updates.push.services.mozilla.com/wpush/v2/gAAAAABnV3Xh-x_4yQ"],
    ["Firefox, without a VAPID key", "https://updates.push.services.mozilla.com/wpush/v1/gAAAAABnV3Xh-x_4yQ=="],
    ["Firefox, another node", "https://updates-2.push.services.mozilla.com/wpush/v2/gAAAAA"],
    ["Safari", "https://web.push.apple.com/QGuQyavXutnMH9SmtCYd-XRMBu7ZzbXkvmTgm"],
    ["Safari, another node", "https://api.push.apple.com/3/device/QGuQyavXutnMH9S"],
    ["Edge", "https://wns2-par02p.notify.windows.com/w/?token=BQYAAABlKtN8v%2f4MKH%2bhB%3d%3d"],
    ["Edge, elsewhere", "https://sg2p.notify.windows.com/w/?token=BQYAAABlKtN8v"],
    ["Chrome, of the greatest length", `https://fcm.googleapis.com/fcm/send/${"x".repeat(964)}`],
  ])("%s is accepted", async (_, endpoint) => {
    expect((await register(endpoint)).status).toBe(200)
    expect(await selectRows("SELECT endpoint FROM push_subscriptions")).toEqual([{ endpoint }])
  })
})

const FCM = "fcm.googleapis.com"

const FORBIDDEN: [string, string][] = [
  ["an empty text", ""],
  ["a word", "fcm"],
  ["no scheme", `//${FCM}/fcm/send/x`],
  ["a path", "/fcm/send/x"],
  ["no token", `https://${FCM}`],
  ["no token, with a slash", `https://${FCM}/`],
  ["too long", `https://${FCM}/fcm/send/${"x".repeat(965)}`],

  ["http", `http://${FCM}/fcm/send/x`],
  ["ws", `wss://${FCM}/fcm/send/x`],
  ["ftp", `ftp://${FCM}/fcm/send/x`],
  ["file", `file://${FCM}/etc/passwd`],
  ["data", "data:text/plain,x"],
  ["javascript", `javascript://${FCM}/%0aalert(1)`],
  ["blob", `blob:https://${FCM}/x`],
  ["a scheme within another", `https:https://${FCM}/x`],
  ["a scheme in capitals", `HTTPS://${FCM}/fcm/send/x`],
  ["one slash", `https:/${FCM}/fcm/send/x`],
  ["no slashes", `https:${FCM}/fcm/send/x`],
  ["three slashes", `https:///${FCM}/fcm/send/x`],
  ["backslashes", String.raw`https:\\${FCM}\fcm\send\x`],
  ["a backslash before the host", String.raw`https://evil.test\@${FCM}/x`],
  ["a backslash behind the host", String.raw`https://${FCM}\@evil.test/x`],
  ["a backslash in the path", String.raw`https://${FCM}/fcm\send`],

  ["another host", "https://evil.test/fcm/send/x"],
  ["ours as a part of another", `https://${FCM}.evil.test/x`],
  ["ours as the end of a word", `https://evil${FCM}/x`],
  ["ours as a path", `https://evil.test/${FCM}/x`],
  ["ours as a query", `https://evil.test/?${FCM}/x`],
  ["ours as a fragment", `https://evil.test/#${FCM}/x`],
  ["below ours, where nobody is", `https://evil.${FCM}/x`],
  ["above ours", "https://googleapis.com/fcm/send/x"],
  ["a neighbour of ours", "https://storage.googleapis.com/bucket/x"],
  ["another path at Chrome's host for tests", "https://jmt17.google.com/search?q=x"],
  ["no token at Chrome's host for tests", "https://jmt17.google.com/fcm/send/"],
  ["a way out of the path there", "https://jmt17.google.com/fcm/send/../../search"],
  ["an encoded way out of the path there", "https://jmt17.google.com/fcm/send/%2e%2e"],
  ["a query there", "https://jmt17.google.com/fcm/send/x?y=z"],
  ["a neighbour of that host", "https://mail.google.com/fcm/send/x"],
  ["above that host", "https://google.com/fcm/send/x"],
  ["below that host", "https://evil.jmt17.google.com/fcm/send/x"],
  ["that host as a part of another", "https://jmt17.google.com.evil.test/fcm/send/x"],
  ["that host with a wild dot", "https://jmt17xgoogle.com/fcm/send/x"],
  ["another path at the old host", "https://android.googleapis.com/auth"],
  ["a way out of the path at the old host", "https://android.googleapis.com/gcm/send/../../auth"],
  ["another path at the newer host", "https://fcm.google.com/x"],
  ["Mozilla as a part of another", "https://updates.push.services.mozilla.com.evil.test/x"],
  ["Mozilla as the end of a word", "https://evilpush.services.mozilla.com/x"],
  ["Mozilla itself", "https://push.services.mozilla.com/x"],
  ["Mozilla with a hyphen", "https://updates-push.services.mozilla.com/x"],
  ["Apple as the end of a word", "https://evilpush.apple.com/x"],
  ["Apple as a part of another", "https://web.push.apple.com.evil.test/x"],
  ["Apple with a hyphen", "https://web-push.apple.com/x"],
  ["Apple itself", "https://push.apple.com/x"],
  ["Windows as the end of a word", "https://evilnotify.windows.com/x"],
  ["Windows as a part of another", "https://wns2-par02p.notify.windows.com.evil.test/x"],
  ["Windows itself", "https://notify.windows.com/x"],
  ["an empty label", "https://.notify.windows.com/x"],
  ["two dots", "https://a..notify.windows.com/x"],
  ["a dot at the end", `https://${FCM}./fcm/send/x`],
  ["a host in capitals", "https://FCM.googleapis.com/fcm/send/x"],
  ["a wildcard", "https://*.push.apple.com/x"],
  ["an underscore", "https://a_b.push.apple.com/x"],

  ["a user", `https://user@${FCM}/x`],
  ["a user and a password", `https://user:password@${FCM}/x`],
  ["an empty user", `https://@${FCM}/x`],
  ["ours as a user", `https://${FCM}@evil.test/x`],
  ["ours as a user and a password", `https://${FCM}:443@evil.test/x`],
  ["ours as a user, encoded", `https://${FCM}%40evil.test/x`],
  ["ours before a query", `https://${FCM}?@evil.test/x`],
  ["ours before a fragment", `https://${FCM}#@evil.test/x`],
  ["a port", `https://${FCM}:8443/fcm/send/x`],
  ["the usual port", `https://${FCM}:443/fcm/send/x`],
  ["an empty port", `https://${FCM}:/fcm/send/x`],
  ["port 0", `https://${FCM}:0/fcm/send/x`],
  ["a fragment", `https://${FCM}/fcm/send/x#y`],

  ["localhost", "https://localhost/x"],
  ["localhost with a dot", "https://localhost./x"],
  ["below localhost", `https://${FCM}.localhost/x`],
  ["127.0.0.1", "https://127.0.0.1/x"],
  ["127.0.0.1 in short", "https://127.1/x"],
  ["127.0.0.1 as a number", "https://2130706433/x"],
  ["127.0.0.1 in hex", "https://0x7f000001/x"],
  ["127.0.0.1 in dotted hex", "https://0x7f.0x0.0x0.0x1/x"],
  ["127.0.0.1 in octal", "https://0177.0.0.1/x"],
  ["127.0.0.1 in one octal number", "https://017700000001/x"],
  ["127.0.0.1 with digits in circles", "https://\u2460\u2461\u2466.\u24ea.\u24ea.\u2460/x"],
  ["127.0.0.1 with wide dots", "https://127\u30020\u30020\u30021/x"],
  ["0.0.0.0", "https://0.0.0.0/x"],
  ["0", "https://0/x"],
  ["a cloud's metadata", "https://169.254.169.254/latest/meta-data/"],
  ["a cloud's metadata as a number", "https://2852039166/latest/meta-data/"],
  ["a cloud's metadata by name", "https://metadata.google.internal/x"],
  ["a private network", "https://10.0.0.1/x"],
  ["another private network", "https://192.168.0.1/x"],
  ["::1", "https://[::1]/x"],
  ["::", "https://[::]/x"],
  ["127.0.0.1 in IPv6", "https://[::ffff:127.0.0.1]/x"],
  ["127.0.0.1 in IPv6, in hex", "https://[::ffff:7f00:1]/x"],
  ["127.0.0.1 by NAT64", "https://[64:ff9b::7f00:1]/x"],
  ["a link in IPv6", "https://[fe80::1%25eth0]/x"],
  ["a private network in IPv6", "https://[fd00::1]/x"],
  ["a name that leads to 127.0.0.1", "https://127.0.0.1.nip.io/x"],

  ["a wide dot", "https://fcm\u3002googleapis.com/x"],
  ["a full-width dot", "https://fcm\uff0egoogleapis.com/x"],
  ["a half-width dot", "https://fcm.googleapis\uff61com/x"],
  ["full-width letters", "https://\uff46\uff43\uff4d.googleapis.com/x"],
  ["a Cyrillic letter", "https://fcm.g\u043e\u043egleapis.com/x"],
  ["a letter with its accent apart", "https://fcm.googleapis.com\u0301/x"],
  ["a soft hyphen", "https://fcm.google\u00adapis.com/x"],
  ["a joiner", "https://fcm.google\u200dapis.com/x"],
  ["an encoded dot", "https://fcm%2egoogleapis.com/x"],
  ["an encoded slash", `https://evil.test%2f.${FCM}/x`],
  ["an encoded zero", `https://evil.test%00.${FCM}/x`],
  ["a zero", `https://evil.test\0.${FCM}/x`],
  ["a blank before", ` https://${FCM}/x`],
  ["a blank behind", `https://${FCM}/x `],
  ["a blank within", `https://${FCM} .evil.test/x`],
  ["a tab in the scheme", `ht\ttps://${FCM}/x`],
  ["a line that ends in the host", "https://fcm.google\napis.com/x"],
  ["a line that ends in the path", `https://${FCM}/x\r\nHost: evil.test`],
  ["a line that ends before it", `https://evil.test/\nhttps://${FCM}/x`],
  ["a line that ends behind it", `https://${FCM}/x\n`],
  ["letters beyond ASCII in the path", `https://${FCM}/é`],
]

describe("an endpoint is rejected if it is or has", () => {
  it.each(FORBIDDEN)("%s", async (_, endpoint) => {
    const answer = await register(endpoint)
    expect(answer.status).toBe(422)
    for (const issue of (await answer.json<any>()).detail) expect(issue.loc).toEqual(["body", "endpoint"])
    expect(await selectRows("SELECT * FROM push_subscriptions")).toEqual([])
  })

  it("one of these, also before a message is sent", () => {
    const short = FORBIDDEN.filter(([, endpoint]) => endpoint.length <= 1_000)
    expect(short.filter(([, endpoint]) => isPushEndpoint(endpoint))).toEqual([])
  })

  it.each([null, 1, true, [], {}, ["https://fcm.googleapis.com/x"], undefined])("%j", async (endpoint) => {
    expect((await register(endpoint)).status).toBe(422)
  })
})
