import { describe, expect, it } from "vitest"
import { toUrlBelow, usableLink } from "../../src/domain/notification-link"

const ROOT = "https://app.dalgo.test"
const FOLDER = "https://dalgo.test/app"

describe("a link below the web app", () => {
  it.each([
    [ROOT, "https://app.dalgo.test/reports/7", "https://app.dalgo.test/reports/7"],
    [ROOT, "/reports/7?comment=3#c3", "https://app.dalgo.test/reports/7?comment=3#c3"],
    [ROOT, "/", "https://app.dalgo.test/"],
    [ROOT, "https://app.dalgo.test", "https://app.dalgo.test/"],
    [ROOT, "HTTPS://App.Dalgo.Test:443/reports", "https://app.dalgo.test/reports"],
    [ROOT, "/r?next=https://x.test//y", "https://app.dalgo.test/r?next=https://x.test//y"],
    [ROOT, "/रिपोर्ट", `https://app.dalgo.test/${encodeURIComponent("रिपोर्ट")}`],
    [FOLDER, "/reports", "https://dalgo.test/app/reports"],
    [FOLDER, "https://dalgo.test/app", "https://dalgo.test/app"],
    [FOLDER, "https://dalgo.test/app/x/../reports", "https://dalgo.test/app/reports"],
    [`${FOLDER}/`, "https://dalgo.test/app/reports", "https://dalgo.test/app/reports"],
    ["http://localhost:3001", "/reports", "http://localhost:3001/reports"],
  ])("is taken in its normal form: %s, %s", (base, address, url) => {
    expect(toUrlBelow(base, address)).toBe(url)
  })

  it.each([
    [ROOT, "https://evil.test/reports"],
    [ROOT, "http://app.dalgo.test/reports"],
    [ROOT, "https://app.dalgo.test:8443/"],
    [ROOT, "https://app.dalgo.test.evil.test/"],
    [ROOT, "https://app.dalgo.testevil.test/"],
    [ROOT, "https://evil.test/https://app.dalgo.test/"],
    [ROOT, "https://app.dalgo.test@evil.test/"],
    [ROOT, "https://alice@app.dalgo.test/"],
    [ROOT, "https://alice:secret@app.dalgo.test/"],
    [ROOT, "https://:secret@app.dalgo.test/"],
    [ROOT, "https://app.dalgo.test\\@evil.test/"],
    [ROOT, "https:\\\\app.dalgo.test\\"],
    [ROOT, "https://\u0430pp.dalgo.test/"],
    [ROOT, "//evil.test"],
    [ROOT, "//app.dalgo.test/reports"],
    [ROOT, "/\\evil.test"],
    [ROOT, "\\/evil.test"],
    [ROOT, "/\t/evil.test"],
    [ROOT, "/\n/evil.test"],
    [ROOT, "/..//evil.test"],
    [ROOT, "/x//evil.test"],
    [ROOT, "https://app.dalgo.test//evil.test"],
    [ROOT, "/%2F/evil.test"],
    [ROOT, "/%5cevil.test"],
    [ROOT, "@evil.test"],
    [ROOT, ".evil.test"],
    [ROOT, ":8443/"],
    [ROOT, "javascript:alert(1)"],
    [ROOT, "JAVASCRIPT:alert(1)"],
    [ROOT, "java\nscript:alert(1)"],
    [ROOT, " javascript:alert(1)"],
    [ROOT, "javascript://app.dalgo.test/%0Aalert(1)"],
    [ROOT, "data:text/html,<script>"],
    [ROOT, "blob:https://app.dalgo.test/x"],
    [ROOT, "view-source:https://app.dalgo.test/"],
    [ROOT, "mailto:bob@acme.test"],
    [ROOT, "reports/7"],
    [ROOT, "?x"],
    [ROOT, "#x"],
    [ROOT, ""],
    [ROOT, "https://"],
    [ROOT, "/\u202Ereports"],
    [ROOT, `/${"x".repeat(500)}`],
    [FOLDER, "https://dalgo.test/"],
    [FOLDER, "https://dalgo.test/application"],
    [FOLDER, "https://dalgo.test/app/../admin"],
    [FOLDER, "/../admin"],
    [FOLDER, "/%2e%2e/admin"],
    [FOLDER, "/..%2fadmin"],
    [FOLDER, "/.%2E/admin"],
    ["not a url", "/x"],
  ])("is not %s, %j", (base, address) => {
    expect(toUrlBelow(base, address)).toBeUndefined()
  })

  it("is checked again when it is used", () => {
    const link = { url: "https://app.dalgo.test/reports", label: "See the report" }
    expect(usableLink(ROOT, link)).toEqual(link)
    expect(usableLink("https://elsewhere.test", link)).toBeUndefined()
    expect(usableLink(undefined, link)).toBeUndefined()
    expect(usableLink(ROOT, null)).toBeUndefined()
  })
})
