import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { ReconnectingSocket } from "../../../src/web/client/reconnecting-socket"

const SECOND = 1_000
const MINUTE = 60 * SECOND
const LOST = 1006
const FINAL = 4001

/** Stands in for the browser's: what the server does to it, the test does. */
class FakeWebSocket extends EventTarget {
  static made: FakeWebSocket[] = []
  readyState: number = WebSocket.CONNECTING
  sent: string[] = []

  constructor(readonly url: string) {
    super()
    FakeWebSocket.made.push(this)
  }

  open() {
    this.readyState = WebSocket.OPEN
    this.dispatchEvent(new Event("open"))
  }

  lose(code: number) {
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

const attempts = () => FakeWebSocket.made.length
const latest = () => FakeWebSocket.made.at(-1) as FakeWebSocket

function connect({ random }: { random: number }) {
  vi.spyOn(Math, "random").mockReturnValue(random)
  const ends = { opened: vi.fn<() => void>(), received: vi.fn<() => void>(), lost: vi.fn<() => void>() }
  return { ...ends, socket: new ReconnectingSocket("ws://dalgo.test", [FINAL], ends) }
}

/** How long after a loss the next attempt comes. */
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
  FakeWebSocket.made = []
})

describe("a reconnecting socket", () => {
  it.each([
    ["a second", 0, 1],
    ["three seconds", 0.5, 3],
    ["five seconds", 1, 5],
  ])("waits %s at first, by chance", (_, random, seconds) => {
    connect({ random })
    expect(attempts()).toBe(1)
    expect(delayAfter(() => latest().lose(LOST))).toBe(seconds * SECOND)
  })

  it("waits longer each time, and at most a minute", () => {
    connect({ random: 0 })
    const delays = Array.from({ length: 10 }, () => delayAfter(() => latest().lose(LOST)))
    expect(delays.slice(0, 4)).toEqual([1_000, 1_700, 2_890, 4_913])
    expect(delays.slice(-2)).toEqual([MINUTE, MINUTE])
  })

  it("starts over after a connection that lasted ten seconds, and not after a shorter one", () => {
    connect({ random: 0 })
    delayAfter(() => latest().lose(LOST))
    latest().open()
    vi.advanceTimersByTime(9 * SECOND)
    expect(delayAfter(() => latest().lose(LOST))).toBe(1_700)
    latest().open()
    vi.advanceTimersByTime(10 * SECOND)
    expect(delayAfter(() => latest().lose(LOST))).toBe(1_000)
  })

  it("gives an attempt four seconds to open", () => {
    const { lost } = connect({ random: 0 })
    const first = latest()
    vi.advanceTimersByTime(4 * SECOND)
    expect(first.readyState).toBe(WebSocket.CLOSED)
    expect(lost).toHaveBeenCalledExactlyOnceWith(LOST)
    vi.advanceTimersByTime(SECOND)
    expect(attempts()).toBe(2)
    first.open()
    latest().open()
    vi.advanceTimersByTime(MINUTE)
    expect(attempts()).toBe(2)
  })

  it("hears and says over whichever connection there is", () => {
    const { socket, opened, received } = connect({ random: 0 })
    delayAfter(() => latest().lose(LOST))
    latest().open()
    expect(opened).toHaveBeenCalledOnce()
    expect(socket.readyState).toBe(WebSocket.OPEN)
    latest().dispatchEvent(new MessageEvent("message", { data: "pong" }))
    expect(received).toHaveBeenCalledExactlyOnceWith("pong")
    socket.send("ping")
    expect(latest().sent).toEqual(["ping"])
  })

  it("stays away after a final close code", () => {
    const { lost } = connect({ random: 0 })
    latest().open()
    latest().lose(FINAL)
    vi.advanceTimersByTime(10 * MINUTE)
    expect(lost).toHaveBeenCalledExactlyOnceWith(FINAL)
    expect(attempts()).toBe(1)
  })

  it.each([
    ["while it opens", () => {}],
    ["while it is open", () => latest().open()],
    ["while it waits", () => latest().lose(LOST)],
  ])("is silent once it is closed %s", (_, reach) => {
    const { socket, lost } = connect({ random: 0 })
    reach()
    lost.mockClear()
    socket.close()
    latest().lose(LOST)
    vi.advanceTimersByTime(10 * MINUTE)
    expect(lost).not.toHaveBeenCalled()
    expect(attempts()).toBe(1)
  })
})
