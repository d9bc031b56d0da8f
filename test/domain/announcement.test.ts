import { describe, expect, it } from "vitest"
import { announcementSubject, splitDetails } from "../../src/domain/announcement"

describe("the subject of an announcement", () => {
  it.each([
    ["Acme", "Household survey was not updated. Google no longer …", "[Acme] Household survey was not updated"],
    ["Acme", "Discord takes no more messages: it was switched off", "[Acme] Discord takes no more messages"],
    ["Acme", "Survey v1.2 at 10:30 was not updated.\nMore", "[Acme] Survey v1.2 at 10:30 was not updated"],
    ["A\nB", "x\r", "[A B] x"],
    ["नीला", "पाइपलाइन", "[नीला] पाइपलाइन"],
  ])("is the first sentence, after the organisation: %j, %j", (orgName, message, expected) => {
    expect(announcementSubject({ orgName, message })).toBe(expected)
  })

  it("has at most 60 characters, of which most are left to the sentence", () => {
    const subject = announcementSubject({ orgName: "o".repeat(200), message: "Household survey was not updated." })
    expect(Array.from(subject).length).toBeLessThanOrEqual(60)
    expect(subject).toContain("] Household survey was not update")
    expect(Array.from(announcementSubject({ orgName: "😀", message: "😀".repeat(99) }))).toHaveLength(60)
  })
})

describe("the technical lines of an announcement", () => {
  it.each([
    ["One.\nTwo.", "One.\nTwo.", []],
    ["One.\nTechnical details: x\nFrom the log: y", "One.", ["Technical details: x", "From the log: y"]],
    ["One.\nFrom the log: y", "One.", ["From the log: y"]],
    ["One. From the log: y", "One. From the log: y", []],
  ])("stand at its end: %j", (message, main, details) => {
    expect(splitDetails(message)).toEqual({ main, details })
  })
})
