import { describe, expect, it } from "vitest"
import { CHAT_PRODUCTS, type ChatProduct } from "../../../src/domain/channels"
import { alice } from "../../support/people"
import { selectRows } from "../../support/select-rows"

// An admin who stores a webhook chooses the URL that the service calls: only URLs of Discord and Slack are accepted,
// however another one is spelled.

const PATH: Record<ChatProduct, string> = { discord: "/api/webhooks/1/token", slack: "/services/T1/B1/token" }
const HOST: Record<ChatProduct, string> = { discord: "discord.com", slack: "hooks.slack.com" }

/** `HOST` is the product's own host, and `PATH` the rest of a webhook there. */
const FORBIDDEN = [
  // Loopback, private and link-local, by name and number.
  "https://localhostPATH",
  "https://localhost.PATH",
  "https://127.0.0.1PATH",
  "https://127.1PATH",
  "https://2130706433PATH",
  "https://0x7f000001PATH",
  "https://0x7f.0.0.1PATH",
  "https://0177.0.0.1PATH",
  "https://017700000001PATH",
  "https://0PATH",
  "https://[::1]PATH",
  "https://[::]PATH",
  "https://[::ffff:127.0.0.1]PATH",
  "https://[::ffff:7f00:1]PATH",
  "https://[fe80::1%25eth0]PATH",
  "https://10.0.0.1PATH",
  "https://169.254.169.254PATH",
  "https://metadata.google.internalPATH",
  "https://①②⑦.⓪.⓪.①PATH",
  // Another host behind the right name.
  "https://HOST@evil.testPATH",
  "https://HOST:443@evil.testPATH",
  "https://HOST%40evil.testPATH",
  "https://HOST%2f@evil.testPATH",
  "https://me:pass@HOSTPATH",
  "https://@HOSTPATH",
  "https://HOST.evil.testPATH",
  "https://evil-HOSTPATH",
  "https://evil.HOSTPATH",
  "https://HOST.PATH",
  "https://evil.test/HOSTPATH",
  "https://evil.test/https://HOSTPATH",
  "https://evil.test?https://HOSTPATH",
  "https://evil.test#https://HOSTPATH",
  "https://evil.test\\@HOSTPATH",
  // Other ports and schemes.
  "https://HOST:443PATH",
  "https://HOST:8443PATH",
  "https://HOST:PATH",
  "http://HOSTPATH",
  "ftp://HOSTPATH",
  "ws://HOSTPATH",
  "file://HOSTPATH",
  "javascript:https://HOSTPATH",
  "data:text/plain,https://HOSTPATH",
  "//HOSTPATH",
  "HOSTPATH",
  "https:HOSTPATH",
  "https:/HOSTPATH",
  "https:///HOSTPATH",
  "https://////HOSTPATH",
  "https:\\\\HOSTPATH",
  "https://HOST\\PATH",
  // The right host in other letters.
  "https://HOST。PATH",
  "https://dіscord.comPATH",
  "https://hooks。slack。comPATH",
  "https://discord。comPATH",
  "https://%64iscord.comPATH",
  "https://%68ooks.slack.comPATH",
  "https://\u00ADHOSTPATH",
  "https://\u200BHOSTPATH",
  // After the webhook, or within it.
  "https://HOSTPATH?to=https://evil.test",
  "https://HOSTPATH?",
  "https://HOSTPATH?wait=",
  "https://HOSTPATH?wait=true&",
  "https://HOSTPATH?wait=true&wait=true",
  "https://HOSTPATH?thread_id=",
  "https://HOSTPATH?thread_id=x",
  "https://HOSTPATH?thread_id=1x",
  "https://HOSTPATH?thread_id=-1",
  "https://HOSTPATH?thread_id=1&",
  "https://HOSTPATH?thread_id=1&thread_id=2",
  "https://HOSTPATH?thread_id=1&to=https://evil.test",
  "https://HOSTPATH?to=2&thread_id=1",
  "https://HOSTPATH?thread_id=1#here",
  "https://HOSTPATH?thread_id=1/../../users",
  "https://HOSTPATH?thread_id=1@evil.test",
  "https://HOSTPATH?thread_id=1%0d%0aHost:evil.test",
  "https://HOSTPATH?thread_id=1\r\nHost: evil.test",
  "https://HOSTPATH?thread_id=１",
  "https://HOSTPATH/?thread_id=1&",
  "https://HOSTPATH//?thread_id=1",
  "https://HOSTPATH?THREAD_ID=1",
  "https://HOSTPATH#here",
  "https://HOSTPATH#",
  "https://HOSTPATH//",
  "https://HOSTPATH/#",
  "https://HOST/api/v/webhooks/1/token",
  "https://HOST/api/v10/../users",
  "https://HOST/api/v10/users/1/token",
  "https://HOST/api/v100/webhooks/1/token",
  "https://HOSTPATH/github",
  "https://HOSTPATH/../../../users",
  "https://HOST/PATH",
  "https://HOST/.PATH",
  "https://HOST/x/..PATH",
  "https://HOSTPATH%00",
  "https://HOSTPATH%2e%2e",
  "https://HOSTPATH%0d%0aHost:evil.test",
  "https://HOSTPATH\r\nHost: evil.test",
  "https://HOSTPATH\nhttps://evil.test",
  "https://HOST PATH",
  "https://\tHOSTPATH",
  "https://HOST\u2028PATH",
  "https://HOST",
  "https://HOST/",
  "https://",
  "a word",
]

describe.each(CHAT_PRODUCTS)("as a webhook of %s", (product) => {
  it.each(FORBIDDEN.map((form) => form.replaceAll("HOST", HOST[product]).replaceAll("PATH", PATH[product])))(
    "%j is rejected, with the name of its field",
    async (webhook) => {
      const answer = await alice.put(`/api/orgpreferences/enable-${product}-notifications`, {
        [`enable_${product}_notifications`]: true,
        [`${product}_webhook`]: webhook,
      })
      expect(answer.status).toBe(422)
      expect(await answer.json()).toEqual({
        detail: [
          {
            loc: ["body", `${product}_webhook`],
            msg: expect.stringContaining("must be https://"),
            type: "invalid_format",
          },
        ],
      })
      expect(await selectRows("SELECT * FROM chat_webhooks")).toEqual([])
    },
  )

  it("accepts the webhook that all of these imitate", async () => {
    const answer = await alice.put(`/api/orgpreferences/enable-${product}-notifications`, {
      [`enable_${product}_notifications`]: true,
      [`${product}_webhook`]: `https://${HOST[product]}${PATH[product]}`,
    })
    expect(answer.status).toBe(200)
  })
})
