import { readFile } from "node:fs/promises"
import { runInNewContext } from "node:vm"
import { describe, expect, it } from "vitest"

const script = await readFile("dist/web/push-worker.js", "utf8")
const HERE = "https://notifications.dalgo.test"

type Tab = { url: string; canBeLed?: boolean }

/** The built service worker in a browser that has these tabs open, and what it has done there. */
function workerWith({ tabs = [], org = "" }: { tabs?: Tab[]; org?: string } = {}) {
  const done: unknown[] = []
  const requests: { url: string; init: any }[] = []
  const listeners = new Map<string, (event: object) => void>()
  const tabOf = ({ url, canBeLed = true }: Tab): object => ({
    url,
    focus: async () => done.push(["focus", url]),
    navigate: async (to: string) => {
      if (!canBeLed) throw new TypeError("not controlled")
      done.push(["navigate", url, to])
      return tabOf({ url: to })
    },
  })
  const self = {
    location: new URL(`${HERE}/push-worker.js?org=${org}`),
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
  it.each([true, false])("is shown as text, and stays where it is urgent: %s", async (urgent) => {
    const { done, dispatch } = workerWith()
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

  it.each([null, "", "not JSON", "[]", "null", "7"])("that cannot be read is shown nevertheless: %j", async (text) => {
    const { done, dispatch } = workerWith()
    await dispatch("push", push(text))
    expect(done).toMatchObject([{ title: "Dalgo", body: "There is something new.", data: { url: "/" } }])
  })
})

describe("a click", () => {
  const PAGE = `${HERE}/?org=acme`

  it.each<[string, Tab[], unknown[]]>([
    ["opens the inbox", [], ["open", PAGE]],
    ["finds the tab that shows it", [{ url: `${HERE}/api/docs` }, { url: PAGE }], ["focus", PAGE]],
    ["finds it with a fragment", [{ url: `${PAGE}#main` }], ["focus", `${PAGE}#main`]],
    ["leaves the tab of another organisation alone", [{ url: `${HERE}/?org=globex` }], ["open", PAGE]],
    ["leaves other pages alone", [{ url: `${HERE}/api/docs?org=acme` }], ["open", PAGE]],
    ["opens another where a tab cannot be led", [{ url: `${HERE}/`, canBeLed: false }], ["open", PAGE]],
  ])("%s", async (_, tabs, expected) => {
    const { done, click } = workerWith({ tabs })
    await click("/?org=acme")
    expect(done).toEqual(["close", expected])
  })

  it("leads a tab there that may show any organisation", async () => {
    const { done, click } = workerWith({ tabs: [{ url: `${HERE}/` }] })
    await click("/?org=acme")
    expect(done).toEqual(["close", ["navigate", `${HERE}/`, PAGE], ["focus", PAGE]])
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
  ])("leads nowhere else: %s", async (url) => {
    const { done, click } = workerWith()
    await click(url)
    expect(done).toEqual(["close", ["open", `${HERE}/`]])
  })
})

describe("a subscription that the browser has replaced", () => {
  const made = { endpoint: "new", userVisibleOnly: true, applicationServerKey: "our key" }

  it("says which it replaces", async () => {
    const { requests, dispatch } = workerWith({ org: "acme" })
    await dispatch("pushsubscriptionchange", { oldSubscription: { endpoint: "old" } })
    expect(JSON.parse(requests[1]?.init.body)).toEqual({ ...made, replaces: "old" })
  })

  it.each([
    ["acme", { "content-type": "application/json", "x-dalgo-org": "acme" }],
    ["", { "content-type": "application/json" }],
  ])("is made known, where it was for the organisation %j", async (org, headers) => {
    const { requests, dispatch } = workerWith({ org })
    await dispatch("pushsubscriptionchange", { oldSubscription: null })
    expect(requests).toMatchObject([
      { url: "/api/notifications/push-key", init: { headers } },
      { url: "/api/notifications/push-subscriptions", init: { method: "POST", headers } },
    ])
    expect(JSON.parse(requests[1]?.init.body)).toEqual(made)
  })
})
