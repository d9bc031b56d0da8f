import { describe, expect, it } from "vitest"
import { emailAddress, isDeliverable, parseEmailAddress, toLookupAddress } from "../../src/domain/email-address"

describe("the canonical form of an address", () => {
  it.each([
    ["blanks and lines around it", " bob@acme.test\r\n", "bob@acme.test"],
    ["capitals", "Bob@ACME.test", "bob@acme.test"],
    ["a tag, an apostrophe", "o'brien+dalgo@acme.test", "o'brien+dalgo@acme.test"],
    ["a domain without a dot", "bob@localhost", "bob@localhost"],
    ["a domain that begins with digits", "bob@163.test", "bob@163.test"],
    ["a domain in Hindi", "priya@दिल्ली.भारत", "priya@xn--j2bya4ch0f.xn--h2brj9c"],
    ["the same domain in ASCII", "priya@xn--j2bya4ch0f.xn--h2brj9c", "priya@xn--j2bya4ch0f.xn--h2brj9c"],
    ["an umlaut", "bob@Bücher.test", "bob@xn--bcher-kva.test"],
    ["the same umlaut as two characters", "bob@bu\u0308cher.test", "bob@xn--bcher-kva.test"],
    ["a sharp s", "bob@straße.test", "bob@xn--strae-oqa.test"],
    ["a joiner that the script needs", "bob@ශ්\u200Dරී.test", "bob@xn--10cl1a0b660p.test"],
    ["full-width letters", "bob@ａｃｍｅ．test", "bob@acme.test"],
    ["the full stop of Japanese", "bob@例え。test", "bob@xn--r8jz45g.test"],
    ["the hyphen of full width", "bob@ＸＮ－－BCHER－KVA.test", "bob@xn--bcher-kva.test"],
    ["an emoji", "bob@💩.la", "bob@xn--ls8h.la"],
    ["an emoji in ASCII", "bob@xn--ls8h.la", "bob@xn--ls8h.la"],
    ["an emoji with its variation selector", "bob@i❤\uFE0F.ws", "bob@xn--i-7iq.ws"],
    ["letters of two alphabets", "bob@аcme.test", "bob@xn--cme-5cd.test"],
    ["other letters before the @", "প্রিয়া@acme.test", "প্রিয়া@acme.test".normalize("NFC")],
    ["an accent before the @, as two characters", "Rene\u0301@acme.test", "rené@acme.test"],
    ["a joiner before the @", "ශ්\u200Dරී@acme.test", "ශ්\u200Dරී@acme.test"],
    ["64 bytes before the @", `${"x".repeat(64)}@acme.test`, `${"x".repeat(64)}@acme.test`],
  ])("of one with %s", (_, text, canonical) => {
    expect(emailAddress(text)).toBe(canonical)
    expect(emailAddress(canonical)).toBe(canonical)
  })
})

it.each([
  ["", "it is empty"],
  ["bob", "it has no @"],
  ["bob@acme.test@globex.test", "it has more than one @"],
  ["bob@acme.test, alice@acme.test", "it has more than one @"],
  ["@acme.test", "there is nothing before the @"],
  ["Bob <bob@acme.test>", "before the @ it has a blank"],
  ['"bob"@acme.test', "before the @ it has a blank"],
  ["bob(admin)@acme.test", "before the @ it has a blank"],
  ["mailto:bob@acme.test", "before the @ it has a blank"],
  ["bo\nb@acme.test", "before the @ it has a blank"],
  ["bo\u0000b@acme.test", "a character that cannot be seen"],
  ["bo\u00adb@acme.test", "a character that cannot be seen"],
  ["bo\u200bb@acme.test", "a character that cannot be seen"],
  ["bo\u200db@acme.test", "a character that cannot be seen"],
  ["\u202ebob@acme.test", "a character that cannot be seen"],
  ["bo\ud800b@acme.test", "a character that cannot be seen"],
  [".bob@acme.test", "a dot at the beginning"],
  ["bob.@acme.test", "a dot at the beginning"],
  ["b..b@acme.test", "two in a row"],
  [`${"x".repeat(65)}@acme.test`, "longer than 64 bytes"],
  [`${"é".repeat(33)}@acme.test`, "longer than 64 bytes"],
  [`bob@${"x".repeat(63)}.${"x".repeat(63)}.${"x".repeat(63)}.${"x".repeat(60)}`, "longer than 254"],
  [`${"x".repeat(30)}@${`${"ü".repeat(50)}.`.repeat(4)}test`, "longer than 254"],
  [`${"é".repeat(32)}@${`${"x".repeat(60)}.`.repeat(3)}testtest`, "longer than 254"],
  ...[
    "",
    ".acme.test",
    "acme..test",
    "acme.test.",
    "-acme.test",
    "acme-.test",
    "ac_me.test",
    `${"x".repeat(64)}.test`,
    "[127.0.0.1]",
    "[IPv6:::1]",
    "127.0.0.1",
    "0x7f.1",
    "acme.123",
    "acme.test:25",
    "acme.test/x",
    "acme%2etest",
    "acme\\test",
    "acme test",
    "acme\ttest",
    "acme.test;globex.test",
    "acme\u200b.test",
    "acme.test\u202e",
    "acme\u200d.test",
    "a⒈test",
    "acme\u2025test",
    "👨‍👩‍👧.test",
    "xn--acme-.test",
    "١٢٧.٠.٠.١",
  ].map((domain) => [`bob@${domain}`, "what is after the @ is not a domain"]),
])("refuses %j: %s", (text, flaw) => {
  expect(parseEmailAddress(text)).toEqual({ flaw: expect.stringContaining(flaw) })
})

it("looks up a text that is no address as it is stored", () => {
  expect(toLookupAddress(" Admin ")).toBe("admin")
  expect(toLookupAddress("Bob@Bücher.test")).toBe("bob@xn--bcher-kva.test")
})

it("knows that providers send to ASCII only", () => {
  expect(isDeliverable("priya@xn--j2bya4ch0f.xn--h2brj9c")).toBe(true)
  expect(isDeliverable("প্রিয়া@acme.test")).toBe(false)
})
