import { createExecutionContext } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { afterEach, beforeEach, expect, it, vi } from "vitest"
import { depsFrom } from "../../../src/compose"
import { MisconfiguredError } from "../../../src/runtime/errors"
import { handleEvent } from "../../../src/signals/events/handle"
import type { EventResult, SignalSource } from "../../../src/signals/events/source"
import { MINUTE, NOON, SECOND } from "../../support/clock"
import { captureQueues } from "../../support/queues"
import { selectRows } from "../../support/select-rows"

let sent: ReturnType<typeof captureQueues>["sent"]
let lose: ReturnType<typeof captureQueues>["lose"]

beforeEach(async () => {
  vi.setSystemTime(NOON)
  ;({ sent, lose } = captureQueues())
  await selectRows(
    `INSERT INTO signal_events (id, source, body, status, received_at, updated_at, due_at)
     VALUES (1, 'prefect', 'a body', 'received', 1, 1, 1)`,
  )
  // Records each write that ends an event.
  await selectRows("CREATE TABLE ends (reason TEXT)")
  await selectRows(`CREATE TRIGGER ends_written AFTER UPDATE OF status ON signal_events
              BEGIN INSERT INTO ends VALUES (new.reason); END`)
})

afterEach(async () => {
  await selectRows("DROP TRIGGER ends_written")
  await selectRows("DROP TABLE ends")
})

/** A source whose events have this result. */
const sourceOf = (result: EventResult | Error) => ({
  parse: vi.fn<SignalSource["parse"]>((body) => `parsed: ${body}`),
  process: vi.fn<SignalSource["process"]>(async () => {
    if (result instanceof Error) throw result
    return result
  }),
})

function handle(source: SignalSource): Promise<void> {
  const deps = depsFrom(env, createExecutionContext())
  return handleEvent(
    deps,
    { prefect: source, room_gone: source, mail_event: source, push_key_refused: source },
    { eventId: 1 },
  )
}

const event = async () => (await selectRows("SELECT status, reason, attempts, due_at FROM signal_events"))[0]
const ends = () => selectRows("SELECT reason FROM ends")

it("parses the body once and passes it on", async () => {
  const source = sourceOf({ kind: "done", status: "processed", reason: "published" })
  await handle(source)
  expect(source.parse).toHaveBeenCalledExactlyOnceWith("a body")
  expect(source.process).toHaveBeenCalledExactlyOnceWith(expect.anything(), {
    event: expect.objectContaining({ id: 1, attempts: 1 }),
    signal: "parsed: a body",
  })
})

it.each(["processed", "ignored", "failed"] as const)(
  "finishes an event that is done as %s, with one write",
  async (status) => {
    await handle(sourceOf({ kind: "done", status, reason: "a_reason" }))
    expect(await event()).toEqual({ status, reason: "a_reason", attempts: 1, due_at: null })
    expect(await ends()).toEqual([{ reason: "a_reason" }])
    expect(sent).toEqual([])
  },
)

it("does not finish an event whose end the source has committed", async () => {
  await handle(sourceOf({ kind: "committed", status: "processed", reason: "published" }))
  expect(await ends()).toEqual([])
})

it("postpones an event that is for later, and enqueues it for that time", async () => {
  await handle(sourceOf({ kind: "later", dueAt: NOON + 90 * SECOND, reason: "will_be_retried" }))
  expect(await event()).toEqual({
    status: "received",
    reason: "will_be_retried",
    attempts: 1,
    due_at: NOON + 90 * SECOND,
  })
  expect(sent).toEqual([{ queue: "dalgo-signals", body: { kind: "prefect", eventId: 1 }, delaySeconds: 90 }])
  expect(await ends()).toEqual([])
})

it("postpones an event though its message is lost", async () => {
  lose("dalgo-signals")
  await handle(sourceOf({ kind: "later", dueAt: NOON + MINUTE, reason: "will_be_retried" }))
  expect(await event()).toMatchObject({ status: "received", due_at: NOON + MINUTE })
  expect(sent).toEqual([])
})

it("enqueues an event that is due in days with the longest delay that a queue allows", async () => {
  const dueAt = NOON + 48 * 60 * MINUTE
  await handle(sourceOf({ kind: "later", dueAt, reason: "will_be_retried" }))
  expect(await event()).toMatchObject({ due_at: dueAt })
  expect(sent.map(({ delaySeconds }) => delaySeconds)).toEqual([12 * 60 * 60])
})

it("postpones an event whose processing throws, and throws on", async () => {
  await expect(handle(sourceOf(new RangeError("a bug")))).rejects.toThrow("a bug")
  expect(await event()).toEqual({ status: "received", reason: "RangeError", attempts: 1, due_at: NOON + 30 * SECOND })
})

it.each([0, 1, 4, 11])(
  "lets an event wait for a variable after %i attempts, and counts that as a wait",
  async (before) => {
    await selectRows("UPDATE signal_events SET attempts = ?", before)
    await handle(sourceOf(new MisconfiguredError("PREFECT_API_URL is not usable")))
    const dueAt = NOON + 5 * MINUTE
    expect(await event()).toEqual({
      status: "received",
      reason: "PREFECT_API_URL is not usable",
      attempts: before + 1,
      due_at: dueAt,
    })
    expect(await selectRows("SELECT waits FROM signal_events")).toEqual([{ waits: 1 }])
    expect(sent).toEqual([{ queue: "dalgo-signals", body: { kind: "prefect", eventId: 1 }, delaySeconds: 300 }])
    // A second message finds nothing to claim before the time.
    await handle(sourceOf({ kind: "done", status: "processed", reason: "published" }))
    expect(await event()).toMatchObject({ status: "received", due_at: dueAt })
  },
)

it("keeps an event that is not readable any more as failed", async () => {
  const source = sourceOf(new Error("never called"))
  source.parse.mockReturnValue(undefined)
  await handle(source)
  expect(await event()).toMatchObject({ status: "failed", reason: "not_understood", due_at: null })
  expect(source.process).not.toHaveBeenCalled()
})

it("gives up after twelve attempts, without reading the body again", async () => {
  await selectRows("UPDATE signal_events SET attempts = 12")
  const source = sourceOf(new Error("never called"))
  await handle(source)
  expect(await event()).toEqual({ status: "failed", reason: "given_up", attempts: 13, due_at: null })
  expect(source.parse).not.toHaveBeenCalled()
})
