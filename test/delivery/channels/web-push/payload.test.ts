import { describe, expect, it } from "vitest"
import { encodePayload, PAYLOAD_BYTES, toPayload } from "../../../../src/delivery/channels/web-push/payload"
import { CATEGORIES } from "../../../../src/domain/categories"

describe("a push payload", () => {
  const notification = {
    id: 7,
    author: "alice@acme.test",
    category: "job_failure" as const,
    urgent: false,
    message: "The pipeline failed",
  }
  const acme = { orgName: "Acme", orgSlug: "acme" }

  it("has the category and the organisation in its title, and opens the inbox", () => {
    expect(toPayload(notification, acme)).toEqual({
      title: "Job failure · Acme",
      body: "The pipeline failed",
      url: "/?org=acme",
      tag: "7",
      category: "job_failure",
      urgent: false,
    })
    expect(toPayload({ ...notification, urgent: true }, acme).title).toBe("Urgent · Job failure · Acme")
  })

  it.each([
    ["keeps line breaks", " one\r\ntwo\u2028three\n\n- four ", "one\ntwo\nthree\n\n- four"],
    ["drops control and invisible characters", "a\u0000b\u202egpj\u200b\ud800", "a bgpj\ufffd"],
    ["keeps markup as text", "<b>&amp;</b>", "<b>&amp;</b>"],
    ["cuts a text of 301 characters", "x".repeat(301), `${"x".repeat(299)}…`],
    ["keeps a text of 300 characters", "x".repeat(300), "x".repeat(300)],
    ["cuts no character in two", "😀".repeat(400), `${"😀".repeat(299)}…`],
    [
      "drops white space before the ellipsis",
      `${"x".repeat(290)}${" \n".repeat(20)}${"y".repeat(20)}`,
      `${"x".repeat(290)}…`,
    ],
  ])("%s", (_, message, body) => {
    expect(toPayload({ ...notification, message }, acme).body).toBe(body)
  })

  it("leaves out the technical lines of what the service itself says", () => {
    const message =
      "Survey was not updated.\nDashboards show the data of before.\nTechnical details: boom\nFrom the log: x"
    expect(toPayload({ ...notification, author: "Dalgo", message }, acme).body).toBe(
      "Survey was not updated.\nDashboards show the data of before.",
    )
  })

  it("opens no other site, whatever the slug of the organisation", () => {
    const { url } = toPayload(notification, { orgName: "Acme", orgSlug: "//evil.test/?&#" })
    expect(new URL(url, "https://notifications.dalgo.test").href).toBe(
      "https://notifications.dalgo.test/?org=%2F%2Fevil.test%2F%3F%26%23",
    )
  })

  it("is padded to one length, which every push service takes", () => {
    const longest = { orgName: "😀".repeat(200), orgSlug: "x".repeat(100) }
    for (const category of CATEGORIES) {
      for (const message of ["", "short", "😀".repeat(9_000), '"\\\n'.repeat(9_000), "\u0001\u007f".repeat(9_000)]) {
        for (const org of [acme, longest]) {
          const bytes = encodePayload(
            toPayload({ ...notification, id: 2 ** 53 - 1, category, urgent: true, message }, org),
          )
          expect(bytes).toHaveLength(PAYLOAD_BYTES)
          expect(JSON.parse(new TextDecoder().decode(bytes))).toMatchObject({ category })
        }
      }
    }
  })
})
