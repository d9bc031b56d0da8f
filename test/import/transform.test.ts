import { describe, expect, it } from "vitest"
import { parseTime } from "../../scripts/import/django-values.mjs"
import { ACME, acmeWith, importOf, row } from "./dump"

describe("an address", () => {
  it.each([
    ["Priya@दिल्ली.भारत", "x", "priya@xn--j2bya4ch0f.xn--h2brj9c", []],
    ["", "Meera@Acme.test", "meera@acme.test", []],
    [
      "meera at acme",
      "meera@acme.test",
      "meera@acme.test",
      ["orguser 9 has no usable e-mail address (it has no @): imported with the username, which is one"],
    ],
    [
      "meera@acme..test",
      "meera",
      "",
      [
        "orguser 9 has no usable e-mail address (what is after the @ is not a domain): imported without, so that it gets no e-mail",
      ],
    ],
    [null, "", "", ["orguser 9 has no e-mail address: imported without, so that it gets no e-mail"]],
  ])("of %j, with the username %j", (email, username, stored, notes) => {
    const { values, noted, skipped } = importOf(acmeWith("auth.user", { email, username }))
    expect(values("members")[0]?.[2]).toBe(stored)
    expect(noted).toEqual(notes)
    expect(skipped).toEqual([])
    expect(values("recipients")).toHaveLength(1)
  })
})

describe("a webhook", () => {
  const GOOD = "https://discord.com/api/webhooks/1/abc"
  const NOT_ONE = "has a webhook that is not one of Discord: imported without it, and with Discord switched off"
  it.each([
    [true, GOOD, [1, GOOD], []],
    [false, ` ${GOOD}/ `, [0, `${GOOD}/`], []],
    [true, "https://discord.test/hook", [], [NOT_ONE]],
    [true, "discord", [], [NOT_ONE]],
    [true, "", [], ["has Discord switched on without a webhook: imported with Discord switched off"]],
    [false, null, [], []],
  ])("switched on: %j, with %j", (isOn, webhook, stored, notes) => {
    const fields = { org: 7, enable_discord_notifications: isOn, discord_webhook: webhook }
    const { values, noted } = importOf([...ACME, row("ddpui.orgpreferences", 6, fields)])
    expect((values("chatWebhooks")[0] ?? []).slice(2, 4)).toEqual(stored)
    expect(noted).toEqual(notes.map((note) => `orgpreferences 6 ${note}`))
    expect(values("orgPreferences")).toHaveLength(1)
  })
})

describe("a key", () => {
  it("beyond 2^53 stays exact, so that two of them stay different", () => {
    const text = JSON.stringify(ACME)
      .replaceAll(/\b90\b/g, "9007199254740993")
      .replace(/\]$/, `,${JSON.stringify(ACME[4]).replace(/\b90\b/, "9007199254740992")}]`)
    const { values, skipped } = importOf(text)
    expect(skipped).toEqual([])
    expect(values("notifications").map(([id]) => id)).toEqual(["dalgo:9007199254740993", "dalgo:9007199254740992"])
    expect(values("recipients")[0]?.[2]).toBe("dalgo:9007199254740993")
  })

  it.each([2_147_483_648, "2b1c7d2e-0000-4000-8000-000000000000"])("may be %j", (pk) => {
    const rows = ACME.map((each) => (each.model === "auth.user" ? { ...each, pk } : each))
    const members = rows.map((each) =>
      each.model === "ddpui.orguser" ? { ...each, fields: { ...each.fields, user: pk } } : each,
    )
    expect(importOf(members).values("members")[0]?.[1]).toBe(String(pk))
  })

  it("of a user must be a user id", () => {
    const { skipped } = importOf([
      ...ACME,
      row("auth.user", "a b", { username: "x@acme.test" }),
      row("ddpui.orguser", 10, { user: "a b", org: 7, new_role: 3 }),
    ])
    expect(skipped).toContain("orguser 10 has a user whose pk is no user id: 1 to 100 printable ASCII characters")
  })

  it.each([true, null, { id: 1 }, [1]])("cannot be %j", (pk) => {
    const { skipped } = importOf([...ACME, { ...ACME[5], pk } as any])
    expect(skipped).toEqual(["notificationrecipient none has no pk (dump without --natural-primary)"])
  })

  it("that occurs twice is taken once", () => {
    const { dump, skipped, values } = importOf([...ACME, ACME[5] as any])
    expect(skipped).toEqual(["notificationrecipient 900 is a duplicate: the pk occurs twice"])
    expect(dump.counts.notificationrecipient).toBe(2)
    expect(values("recipients")).toHaveLength(1)
  })

  it("that leads nowhere skips its row, and names it", () => {
    const { skipped } = importOf([
      ...ACME,
      row("ddpui.notificationrecipient", 901, { notification: 1, recipient: 9 }),
      row("ddpui.orguser", 10, { user: 1, org: 7, new_role: 3 }),
    ])
    expect(skipped).toEqual([
      "orguser 10 refers to a user that is not in the dump",
      "notificationrecipient 901 refers to a notification that is not in the dump",
    ])
  })
})

it("ignores models of other apps, and counts them", () => {
  const { dump, skipped } = importOf([
    ...ACME,
    row("notifications.notification", 90, { message: "of another app" }),
    row("authtools.user", 41, { email: "x@acme.test" }),
    row("ddpui.orgwarehouse", 1, {}),
  ])
  expect(skipped).toEqual([])
  expect([...dump.ignored]).toEqual([
    ["notifications.notification", 1],
    ["authtools.user", 1],
    ["ddpui.orgwarehouse", 1],
  ])
  expect(dump.counts.notification).toBe(1)
})

describe("a time", () => {
  it.each([
    ["2026-10-01T10:00:00.123456+05:30", "2026-10-01T04:30:00.123Z"],
    ["2026-10-01 10:00:00.5+0530", "2026-10-01T04:30:00.500Z"],
    ["2026-10-01 10:00:00+05", "2026-10-01T05:00:00.000Z"],
    ["1906-01-01 00:00:00+05:53:28", "1905-12-31T18:06:32.000Z"],
    ["2026-10-01T10:00:00-03:30", "2026-10-01T13:30:00.000Z"],
    ["2026-10-01T10:00", "2026-10-01T10:00:00.000Z"],
    ["2026-10-01t10:00:00z", "2026-10-01T10:00:00.000Z"],
    ["2026-10-01 10:00:00,57", "2026-10-01T10:00:00.570Z"],
    [" 2026-10-01 ", "2026-10-01T00:00:00.000Z"],
  ])("may be written as %s", (text, time) => {
    expect(new Date(parseTime(text) ?? Number.NaN).toISOString()).toBe(time)
  })

  it.each([
    "yesterday",
    "2026-02-30T10:00:00Z",
    "2026-13-01T10:00:00Z",
    "2026-00-10",
    "2026-10-01T24:00:00Z",
    "2026-10-01T10:60:00Z",
    "01/10/2026 10:00",
    "2026-10-01T10:00:00+99:00",
    "",
    1_790_000_000,
    null,
  ])("is not %j", (value) => {
    expect(parseTime(value)).toBe(undefined)
  })

  it.each([
    ["timestamp", "yesterday", "has no valid timestamp"],
    ["sent_time", "2026-02-30T10:00:00Z", "has an invalid sent_time"],
    ["scheduled_time", 5, "has an invalid scheduled_time"],
  ])("that is none skips a notification: %s", (field, value, reason) => {
    const { skipped } = importOf(acmeWith("ddpui.notification", { [field]: value }))
    expect(skipped).toEqual([`notification 90 ${reason}`, "notificationrecipient 900 refers to a skipped notification"])
  })

  it("that is none in preferences is noted", () => {
    const { noted, values } = importOf(acmeWith("ddpui.userpreferences", { created_at: "once" }))
    expect(noted).toEqual(["userpreferences 5 has a created_at that is not a time: imported with another time"])
    expect(values("userPreferences")[0]?.slice(-2)).toEqual(["2026-01-02T00:00:00Z", "2026-01-02T00:00:00Z"])
  })
})

describe("a boolean", () => {
  const optOuts = (value: unknown) =>
    importOf(acmeWith("ddpui.userpreferences", { enable_email_notifications: value })).values("optOuts").length
  const removedAt = (value: unknown) => importOf(acmeWith("auth.user", { is_active: value })).values("members")[0]?.[5]
  const isRead = (value: unknown) =>
    importOf(acmeWith("ddpui.notificationrecipient", { read_status: value })).values("recipients")[0]?.[3]

  it("may be a number or a word", () => {
    for (const value of [false, 0, "false", "False", "f", "0", " no "]) expect(optOuts(value)).toBe(1)
    for (const value of [true, 1, "true", "t", "1", null, ""]) expect(optOuts(value)).toBe(0)
    for (const value of ["True", "t", 1, null]) expect(removedAt(value)).toBe(null)
    for (const value of ["False", "f", 0]) expect(removedAt(value)).not.toBe(null)
    for (const value of ["true", 1]) expect(isRead(value)).toBe(1)
    for (const value of ["f", 0, null]) expect(isRead(value)).toBe(0)
  })

  it.each([
    ["ddpui.userpreferences", "enable_email_notifications", "userpreferences 5", "true"],
    ["auth.user", "is_active", "orguser 9", "active"],
    ["ddpui.notificationrecipient", "read_status", "notificationrecipient 900", "unread"],
    ["ddpui.notification", "urgent", "notification 90", "not urgent"],
  ])("that is none is noted: %s %s", (model, field, named, taken) => {
    for (const value of ["maybe", 2, [true], {}]) {
      expect(importOf(acmeWith(model, { [field]: value })).noted).toEqual([
        expect.stringMatching(
          new RegExp(`^${named} has an? ${field} that is neither true nor false: imported as ${taken}$`),
        ),
      ])
    }
  })
})

describe("a slug", () => {
  it("is taken without the blanks around it", () => {
    expect(importOf(acmeWith("ddpui.org", { slug: " acme\n" })).values("orgs")).toEqual([["acme", "Acme"]])
  })

  it.each(["Acme Org", "एक्मे", "acme/x", "x".repeat(101)])("that no other door takes is refused: %j", (slug) => {
    const { skipped, values } = importOf(acmeWith("ddpui.org", { slug }))
    expect(skipped).toContain("org 7 has a slug that is none here: 1 to 100 letters, digits, _ or -")
    expect(values("orgs")).toEqual([])
  })
})
