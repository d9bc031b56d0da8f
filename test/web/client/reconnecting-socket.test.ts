import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { ReconnectingSocket } from "../../../src/web/client/reconnecting-socket"

const SECOND = 1_000
const MINUTE = 60 * SECOND
const ABNORMAL_CLOSURE = 1006
const FINAL_CODE = 4001

/** The browser's WebSocket, with methods for what the server does. */
class FakeWebSocket extends EventTarget {
  static instances: FakeWebSocket[] = []
  readyState: number = WebSocket.CONNECTING
  sent: string[] = []

  constructor(readonly url: string) {
    super()
    FakeWebSocket.instances.push(this)
  }

  open() {
    this.readyState = WebSocket.OPEN
    this.dispatchEvent(new Event("open"))
  }

  closeWith(code: number) {
    this.readyState = WebSocket.CLOSED
    this.dispatchEvent(new CloseEvent("close", { code }))
  }

  send(text: string) {
    this.sent.push(text)
  }

  close() {
    this.readyState = WebSocket.CLOSED
  }
}

const attempts = () => FakeWebSocket.instances.length
const latest = () => FakeWebSocket.instances.at(-1) as FakeWebSocket

function connect({ random }: { random: number }) {
  vi.spyOn(Math, "random").mockReturnValue(random)
  const handlers = { opened: vi.fn<() => void>(), received: vi.fn<() => void>(), lost: vi.fn<() => void>() }
  return { ...handlers, socket: new ReconnectingSocket("ws://dalgo.test", [FINAL_CODE], handlers) }
}

/** Milliseconds from the loss of a connection to the next attempt. */
function delayAfter(lose: () => void) {
  const before = attempts()
  lose()
  const lostAt = Date.now()
  while (attempts() === before) vi.advanceTimersToNextTimer()
  return Date.now() - lostAt
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal("WebSocket", Object.assign(FakeWebSocket, { CONNECTING: 0, OPEN: 1, CLOSED: 3 }))
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
  FakeWebSocket.instances = []
})

describe("ReconnectingSocket", () => {
  it.each([
    ["a second", 0, 1],
    ["three seconds", 0.5, 3],
    ["five seconds", 1, 5],
  ])("waits between one and five seconds before the first retry: %s", (_, random, seconds) => {
    connect({ random })
    expect(attempts()).toBe(1)
    expect(delayAfter(() => latest().closeWith(ABNORMAL_CLOSURE))).toBe(seconds * SECOND)
  })

  it("increases the delay with each retry, up to a minute", () => {
    connect({ random: 0 })
    const delays = Array.from({ length: 10 }, () => delayAfter(() => latest().closeWith(ABNORMAL_CLOSURE)))
    expect(delays.slice(0, 4)).toEqual([1_000, 1_700, 2_890, 4_913])
    expect(delays.slice(-2)).toEqual([MINUTE, MINUTE])
  })

  it("resets the delay after a connection of ten seconds, but not after a shorter one", () => {
    connect({ random: 0 })
    delayAfter(() => latest().closeWith(ABNORMAL_CLOSURE))
    latest().open()
    vi.advanceTimersByTime(9 * SECOND)
    expect(delayAfter(() => latest().closeWith(ABNORMAL_CLOSURE))).toBe(1_700)
    latest().open()
    vi.advanceTimersByTime(10 * SECOND)
    expect(delayAfter(() => latest().closeWith(ABNORMAL_CLOSURE))).toBe(1_000)
  })

  it("gives up on an attempt that does not open within four seconds", () => {
    const { lost } = connect({ random: 0 })
    const first = latest()
    vi.advanceTimersByTime(4 * SECOND)
    expect(first.readyState).toBe(WebSocket.CLOSED)
    expect(lost).toHaveBeenCalledExactlyOnceWith(ABNORMAL_CLOSURE)
    vi.advanceTimersByTime(SECOND)
    expect(attempts()).toBe(2)
    first.open()
    latest().open()
    vi.advanceTimersByTime(MINUTE)
    expect(attempts()).toBe(2)
  })

  it("sends and receives over the current connection", () => {
    const { socket, opened, received } = connect({ random: 0 })
    delayAfter(() => latest().closeWith(ABNORMAL_CLOSURE))
    latest().open()
    expect(opened).toHaveBeenCalledOnce()
    expect(socket.readyState).toBe(WebSocket.OPEN)
    latest().dispatchEvent(new MessageEvent("message", { data: "pong" }))
    expect(received).toHaveBeenCalledExactlyOnceWith("pong")
    socket.send("ping")
    expect(latest().sent).toEqual(["ping"])
  })

  it("does not reconnect after a final close code", () => {
    const { lost } = connect({ random: 0 })
    latest().open()
    latest().closeWith(FINAL_CODE)
    vi.advanceTimersByTime(10 * MINUTE)
    expect(lost).toHaveBeenCalledExactlyOnceWith(FINAL_CODE)
    expect(attempts()).toBe(1)
  })

  it.each([
    ["while it connects", () => {}],
    ["while it is open", () => latest().open()],
    ["while it waits for the next attempt", () => latest().closeWith(ABNORMAL_CLOSURE)],
  ])("does nothing after it was closed %s", (_, reach) => {
    const { socket, lost } = connect({ random: 0 })
    reach()
    lost.mockClear()
    socket.close()
    latest().closeWith(ABNORMAL_CLOSURE)
    vi.advanceTimersByTime(10 * MINUTE)
    expect(lost).not.toHaveBeenCalled()
    expect(attempts()).toBe(1)
  })
})
