import { createExecutionContext } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { beforeEach, expect, it, vi } from "vitest"
import { depsFrom } from "../../../src/compose"
import { type IncomingEvent, receiveEvent } from "../../../src/signals/events/receive"
import { MINUTE, NOON } from "../../support/clock"
import { captureQueues } from "../../support/queues"
import { selectRows } from "../../support/select-rows"

let sent: ReturnType<typeof captureQueues>["sent"]
let lose: ReturnType<typeof captureQueues>["lose"]

beforeEach(() => {
  vi.setSystemTime(NOON)
  ;({ sent, lose } = captureQueues())
})

const receive = (changes: Partial<IncomingEvent> = {}) =>
  receiveEvent(depsFrom(env, createExecutionContext()), {
    source: "mail_event",
    body: "a body",
    isReadable: true,
    ...changes,
  })
const events = () => selectRows("SELECT source, body, status, due_at, dedupe_key FROM signal_events")

const stored = { source: "mail_event", body: "a body", status: "received", due_at: NOON + MINUTE, dedupe_key: null }

it("stores the body and enqueues the event", async () => {
  expect(await receive()).toBe("received")
  expect(await events()).toEqual([stored])
  expect(sent).toEqual([{ queue: "dalgo-signals", body: { kind: "mail_event", eventId: 1 }, delaySeconds: 0 }])
})

it("stores an unreadable body and does not enqueue it", async () => {
  expect(await receive({ isReadable: false })).toBe("not_understood")
  expect(await events()).toEqual([{ ...stored, status: "not_understood", due_at: null }])
  expect(sent).toEqual([])
})

it("stores an event once per dedupe key", async () => {
  expect(await receive({ dedupeKey: "sns:1" })).toBe("received")
  expect(await receive({ dedupeKey: "sns:1" })).toBe("duplicate")
  expect(await events()).toEqual([{ ...stored, dedupe_key: "sns:1" }])
  expect(sent).toHaveLength(1)
})

it("leaves the event to the sweep if its message is lost", async () => {
  lose("dalgo-signals")
  expect(await receive()).toBe("received")
  expect(await events()).toEqual([stored])
  expect(sent).toEqual([])
})
