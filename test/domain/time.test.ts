import { describe, expect, it } from "vitest"
import { formatClock, formatDate, formatDay, formatTime, inZoneOf, isTimeZone } from "../../src/domain/time"

const NOW = Date.UTC(2026, 10, 28, 6, 0)
const WINTER = Date.UTC(2026, 0, 15, 15, 5)
const SUMMER = Date.UTC(2026, 6, 15, 15, 5)

describe("a time in words", () => {
  it.each<[string, number, string, string]>([
    [
      "is named by its weekday in the days around now",
      Date.UTC(2026, 10, 23, 2, 42),
      "Asia/Kolkata",
      "Monday, 8:12 am IST",
    ],
    [
      "is named by its weekday when it is yet to come",
      Date.UTC(2026, 11, 1, 2, 42),
      "Asia/Kolkata",
      "Tuesday, 8:12 am IST",
    ],
    ["has the day of the reader's zone", Date.UTC(2026, 10, 27, 23, 0), "Asia/Kolkata", "Saturday, 4:30 am IST"],
    ["is named by its date from six days on", NOW - 6 * 86_400_000, "UTC", "22 November, 6:00 am UTC"],
    ["has its year in another year", Date.UTC(2025, 11, 31, 18, 29), "Asia/Kolkata", "31 December 2025, 11:59 pm IST"],
    ["is in the year of the reader's zone", Date.UTC(2025, 11, 31, 18, 30), "Asia/Kolkata", "1 January, 12:00 am IST"],
    ["is UTC in a zone that nobody knows", NOW - 86_400_000, "Mars/Olympus", "Friday, 6:00 am UTC"],
  ])("%s", (_, at, zone, expected) => {
    expect(formatTime(at, { zone, now: NOW })).toBe(expected)
  })

  it("is named by its date in a text that is kept, however near it is", () => {
    expect(formatDate(Date.UTC(2026, 10, 27, 16, 0), { zone: "Asia/Kolkata", now: NOW })).toBe(
      "27 November, 9:30 pm IST",
    )
    expect(formatDay(Date.UTC(2026, 10, 27, 20, 0), { zone: "Asia/Kolkata", now: NOW })).toBe("28 November")
  })

  it.each([
    ["Asia/Kolkata", "8:35 pm IST", "8:35 pm IST"],
    ["Asia/Calcutta", "8:35 pm IST", "8:35 pm IST"],
    ["Asia/Kathmandu", "8:50 pm NPT", "8:50 pm NPT"],
    ["Asia/Dhaka", "9:05 pm Dhaka time", "9:05 pm Dhaka time"],
    ["Africa/Nairobi", "6:05 pm EAT", "6:05 pm EAT"],
    ["Africa/Lagos", "4:05 pm WAT", "4:05 pm WAT"],
    ["Africa/Johannesburg", "5:05 pm SAST", "5:05 pm SAST"],
    ["Europe/London", "3:05 pm GMT", "4:05 pm BST"],
    ["Europe/Berlin", "4:05 pm CET", "5:05 pm CEST"],
    ["Europe/Dublin", "3:05 pm GMT", "4:05 pm Dublin time"],
    ["America/New_York", "10:05 am EST", "11:05 am EDT"],
    ["America/Sao_Paulo", "12:05 pm Sao Paulo time", "12:05 pm Sao Paulo time"],
    ["Etc/GMT+5", "10:05 am GMT-5", "10:05 am GMT-5"],
    ["UTC", "3:05 pm UTC", "3:05 pm UTC"],
  ])("has the name of the zone: %s", (zone, inWinter, inSummer) => {
    expect(formatClock(WINTER, { zone })).toBe(inWinter)
    expect(formatClock(SUMMER, { zone })).toBe(inSummer)
  })
})

describe("a time zone", () => {
  it.each(["Asia/Kolkata", "UTC", "America/Argentina/Buenos_Aires", "Etc/GMT+5"])("may be %s", (name) => {
    expect(isTimeZone(name)).toBe(true)
  })

  it.each(["", "IST?", "India", "Asia/Nowhere", "+05:30", "GMT+5:30", "Asia/Kolkata\n", "x".repeat(100)])(
    "may not be %j",
    (name) => {
      expect(isTimeZone(name)).toBe(false)
    },
  )
})

describe("a message with times", () => {
  const EARLY = Date.UTC(2026, 10, 1, 16, 0)
  const LATE = Date.UTC(2026, 10, 21, 16, 0)
  const message = "Stopped on 21 November, 9:30 pm IST. Dashboards show the data of 1 November, 9:30 pm IST."

  it("has each time in the reader's zone, also where one's words end in another's", () => {
    const times: [number, string][] = [
      [EARLY, "1 November, 9:30 pm IST"],
      [LATE, "21 November, 9:30 pm IST"],
    ]
    expect(inZoneOf(message, { times, zone: "Africa/Nairobi", now: NOW })).toBe(
      "Stopped on 21 November, 7:00 pm EAT. Dashboards show the data of 1 November, 7:00 pm EAT.",
    )
  })

  it.each([[null], [[]]])("stays as it is where it names %j", (times) => {
    expect(inZoneOf(message, { times, zone: "Africa/Nairobi", now: NOW })).toBe(message)
  })
})
