import { readFile } from "node:fs/promises"
import { runInNewContext } from "node:vm"
import { describe, expect, it } from "vitest"

const script = await readFile("dist/web/push-worker.js", "utf8")
const ORIGIN = "https://notifications.dalgo.test"

type Tab = { url: string; canNavigate?: boolean }

/** Runs the built service worker in a fake browser with these tabs. `done` lists its actions, `requests` its requests. */
function runWorker({ tabs = [], org = "" }: { tabs?: Tab[]; org?: string } = {}) {
  const done: unknown[] = []
  const requests: { url: string; init: any }[] = []
  const listeners = new Map<string, (event: object) => void>()
  const tabOf = ({ url, canNavigate = true }: Tab): object => ({
    url,
    focus: async () => done.push(["focus", url]),
    navigate: async (to: string) => {
      if (!canNavigate) throw new TypeError("not controlled")
      done.push(["navigate", url, to])
      return tabOf({ url: to })
    },
  })
  const self = {
    location: new URL(`${ORIGIN}/push-worker.js?org=${org}`),
    addEventListener: (type: string, listener: (event: object) => void) => listeners.set(type, listener),
    skipWaiting: async () => undefined,
    registration: {
      showNotification: async (title: string, options: object) => done.push({ title, ...options }),
      pushManager: {
        subscribe: async (options: object) => ({ toJSON: () => ({ endpoint: "new", ...options }) }),
      },
    },
    clients: {
      matchAll: async () => tabs.map(tabOf),
      openWindow: async (url: string) => void done.push(["open", url]),
    },
  }
  const fetch = async (url: string, init: object) => {
    requests.push({ url, init })
    return Response.json({ success: true, res: { public_key: "our key" } })
  }
  runInNewContext(script, { self, URL, fetch })

  async function dispatch(type: string, event: object = {}): Promise<void> {
    const waits: Promise<unknown>[] = []
    listeners.get(type)?.({ ...event, waitUntil: (promise: Promise<unknown>) => waits.push(promise) })
    await Promise.all(waits)
  }
  const click = (url: unknown) => {
    const close = () => done.push("close")
    return dispatch("notificationclick", { notification: { close, data: { url } } })
  }
  return { done, requests, dispatch, click }
}

const push = (text: string | null) => ({ data: text === null ? null : { json: () => JSON.parse(text) } })

describe("a push message", () => {
  it.each([true, false])("is shown as text, and stays on screen if it is urgent: %s", async (urgent) => {
    const { done, dispatch } = runWorker()
    const payload = { title: "Incident · Acme", body: "<b>down</b>", url: "/?org=acme", tag: "7", urgent }
    await dispatch("push", push(`${JSON.stringify(payload)}    `))
    expect(done).toEqual([
      {
        title: "Incident · Acme",
        body: "<b>down</b>",
        tag: "7",
        data: { url: "/?org=acme" },
        requireInteraction: urgent,
        lang: "en",
      },
    ])
  })

  it.each([null, "", "not JSON", "[]", "null", "7"])(
    "that cannot be parsed is shown with a default text: %j",
    async (text) => {
      const { done, dispatch } = runWorker()
      await dispatch("push", push(text))
      expect(done).toMatchObject([{ title: "Dalgo", body: "There is something new.", data: { url: "/" } }])
    },
  )
})

describe("a click", () => {
  const PAGE = `${ORIGIN}/?org=acme`

  it.each<[string, Tab[], unknown[]]>([
    ["opens the inbox", [], ["open", PAGE]],
    ["focuses the tab that shows the inbox", [{ url: `${ORIGIN}/api/docs` }, { url: PAGE }], ["focus", PAGE]],
    ["focuses that tab if its address has a fragment", [{ url: `${PAGE}#main` }], ["focus", `${PAGE}#main`]],
    ["ignores the tab of another organisation", [{ url: `${ORIGIN}/?org=globex` }], ["open", PAGE]],
    ["ignores other pages", [{ url: `${ORIGIN}/api/docs?org=acme` }], ["open", PAGE]],
    [
      "opens a new tab if the existing one cannot navigate",
      [{ url: `${ORIGIN}/`, canNavigate: false }],
      ["open", PAGE],
    ],
  ])("%s", async (_, tabs, expected) => {
    const { done, click } = runWorker({ tabs })
    await click("/?org=acme")
    expect(done).toEqual(["close", expected])
  })

  it("navigates a tab without an organisation", async () => {
    const { done, click } = runWorker({ tabs: [{ url: `${ORIGIN}/` }] })
    await click("/?org=acme")
    expect(done).toEqual(["close", ["navigate", `${ORIGIN}/`, PAGE], ["focus", PAGE]])
  })

  it.each([
    "https://evil.test/",
    "//evil.test/",
    String.raw`\\evil.test\x`,
    "javascript:alert(1)",
    "data:text/html,x",
    "https://notifications.dalgo.test@evil.test/",
    "https://notifications.dalgo.test:8443/",
    "http://notifications.dalgo.test/",
    "http://[",
  ])("does not open another origin: %s", async (url) => {
    const { done, click } = runWorker()
    await click(url)
    expect(done).toEqual(["close", ["open", `${ORIGIN}/`]])
  })
})

describe("a subscription that the browser replaced", () => {
  const replacement = { endpoint: "new", userVisibleOnly: true, applicationServerKey: "our key" }

  it("is sent to the service with the old endpoint", async () => {
    const { requests, dispatch } = runWorker({ org: "acme" })
    await dispatch("pushsubscriptionchange", { oldSubscription: { endpoint: "old" } })
    expect(JSON.parse(requests[1]?.init.body)).toEqual({ ...replacement, replaces: "old" })
  })

  it.each([
    ["acme", { "content-type": "application/json", "x-dalgo-org": "acme" }],
    ["", { "content-type": "application/json" }],
  ])("is sent to the service for the organisation %j", async (org, headers) => {
    const { requests, dispatch } = runWorker({ org })
    await dispatch("pushsubscriptionchange", { oldSubscription: null })
    expect(requests).toMatchObject([
      { url: "/api/notifications/push-key", init: { headers } },
      { url: "/api/notifications/push-subscriptions", init: { method: "POST", headers } },
    ])
    expect(JSON.parse(requests[1]?.init.body)).toEqual(replacement)
  })
})
