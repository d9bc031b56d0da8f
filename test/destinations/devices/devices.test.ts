import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it, vi } from "vitest"
import { NOON } from "../../support/clock"
import { addDevice, type Device, newDevice, SUBSCRIPTIONS_PATH } from "../../support/devices"
import { ACME, alice, type ApiClient, bob, charlie, cookieOf, GLOBEX, server } from "../../support/people"
import { selectRows } from "../../support/select-rows"
import { workerWithEnv } from "../../support/worker-with-env"

const stored = () =>
  selectRows("SELECT org_user_id, endpoint, org_id FROM push_subscriptions ORDER BY org_user_id, endpoint")
const devicesOf = async (speaker: ApiClient, headers = {}) =>
  (await (await speaker.get(SUBSCRIPTIONS_PATH, headers)).json<any>()).res
const remove = (speaker: ApiClient, { subscription: { endpoint } }: Device, headers = {}) =>
  speaker.delete(SUBSCRIPTIONS_PATH, headers, { endpoint })

beforeEach(() => {
  vi.setSystemTime(NOON)
})

describe("a device", () => {
  it("is added for the caller in the chosen organisation", async () => {
    const phone = await addDevice(bob, "phone")
    const { endpoint, keys } = phone.subscription
    expect(await selectRows("SELECT * FROM push_subscriptions")).toEqual([
      {
        org_user_id: bob.orgUserId,
        org_id: ACME,
        endpoint,
        ...keys,
        created_at: NOON,
        server_key: env.VAPID_PUBLIC_KEY,
      },
    ])
  })

  it("that is added again keeps its one row and the time of its creation", async () => {
    const phone = await addDevice(bob, "phone")
    const before = await selectRows("SELECT * FROM push_subscriptions")
    vi.setSystemTime(NOON + 1)
    for (let i = 0; i < 2; i++) expect((await bob.post(SUBSCRIPTIONS_PATH, phone.subscription)).status).toBe(200)
    expect(await selectRows("SELECT * FROM push_subscriptions")).toEqual(before)
  })

  it("has the keys that were sent last", async () => {
    const phone = await addDevice(bob, "phone")
    const { keys } = (await newDevice("")).subscription
    await bob.post(SUBSCRIPTIONS_PATH, { ...phone.subscription, keys })
    expect(await selectRows("SELECT p256dh, auth FROM push_subscriptions")).toEqual([keys])
  })

  it.each([
    ["an expiration time", { expirationTime: 1.5 }],
    ["an expiration time of another form", { expirationTime: "2026-12-31T00:00:00Z" }],
    ["an encoding", { contentEncoding: "aes128gcm" }],
    ["options", { options: { userVisibleOnly: true, applicationServerKey: {} } }],
    ["what browsers may add", { supportedContentEncodings: ["aes128gcm"], "": 1, constructor: null }],
  ])("may have other fields, which are ignored: %s", async (_, fields) => {
    const { subscription } = await newDevice("https://web.push.apple.com/x")
    const { expirationTime: __, ...rest } = subscription
    const keys = { ...subscription.keys, another: "key" }
    expect((await bob.post(SUBSCRIPTIONS_PATH, { ...rest, keys, ...fields })).status).toBe(200)
    expect(await selectRows("SELECT endpoint, p256dh, auth FROM push_subscriptions")).toEqual([
      { endpoint: subscription.endpoint, ...subscription.keys },
    ])
    expect((await remove(bob, { subscription: { ...subscription, ...fields } } as never)).status).toBe(200)
    expect(await stored()).toEqual([])
  })

  it("names only the field that is missing", async () => {
    const body = { endpoint: "https://fcm.googleapis.com/fcm/send/1", contentEncoding: "aes128gcm" }
    const answer = await bob.post(SUBSCRIPTIONS_PATH, body)
    expect(answer.status).toBe(422)
    expect((await answer.json<any>()).detail.map(({ loc }: any) => loc)).toEqual([["body", "keys"]])
  })

  it("can be removed by its owner, any number of times", async () => {
    const phone = await addDevice(bob, "phone")
    await addDevice(bob, "laptop")
    for (let i = 0; i < 2; i++) expect(await (await remove(bob, phone)).json()).toEqual({ success: true })
    expect(await devicesOf(bob)).toHaveLength(1)
  })

  it("replaces the oldest of ten", async () => {
    for (let i = 0; i < 11; i++) {
      vi.setSystemTime(NOON + i)
      await addDevice(bob, `device-${String(i).padStart(2, "0")}`)
      await addDevice(alice, `hers-${i}`)
      await selectRows(
        "DELETE FROM push_subscriptions WHERE org_user_id = ? AND endpoint NOT LIKE '%hers-0'",
        alice.orgUserId,
      )
    }
    const names = (await stored()).map(({ endpoint }) => endpoint.split("/").at(-1))
    expect(names).toEqual([
      "hers-0",
      ...Array.from({ length: 10 }, (_, i) => `device-${String(i + 1).padStart(2, "0")}`),
    ])
  })

  it("replaces one of ten where all were added at once", async () => {
    for (let i = 0; i < 12; i++) await addDevice(bob, `device-${i}`)
    expect(await stored()).toHaveLength(10)
  })
})

describe("a shared computer", () => {
  it("belongs to the last user who added it", async () => {
    const computer = await addDevice(alice, "shared")
    await addDevice(alice, "hers")
    await bob.post(SUBSCRIPTIONS_PATH, computer.subscription)
    expect(await stored()).toMatchObject([
      { org_user_id: alice.orgUserId, endpoint: expect.stringMatching(/hers$/) },
      { org_user_id: bob.orgUserId, endpoint: expect.stringMatching(/shared$/) },
    ])
    await charlie.post(SUBSCRIPTIONS_PATH, computer.subscription)
    expect(await stored()).toMatchObject([
      { org_user_id: alice.orgUserId },
      { org_user_id: charlie.orgUserId, org_id: GLOBEX, endpoint: computer.subscription.endpoint },
    ])
  })

  it("cannot be taken from its owner by another user who knows the endpoint", async () => {
    const computer = await addDevice(alice, "hers")
    for (const stranger of [bob, charlie]) {
      const answer = await remove(stranger, computer)
      expect(await answer.json()).toEqual({ success: true })
      const { keys } = (await newDevice("")).subscription
      expect((await stranger.post(SUBSCRIPTIONS_PATH, { ...computer.subscription, keys })).status).toBe(200)
    }
    expect(await devicesOf(alice)).toHaveLength(1)
  })

  it("can belong to one user in several organisations", async () => {
    await selectRows(
      "INSERT INTO org_users (id, org_id, user_id, email, role) VALUES (9, 2, '2', 'bob@globex.test', 'member')",
    )
    const inGlobex = { "x-dalgo-org": "globex" }
    const { subscription } = await addDevice(bob, "phone")
    await bob.post(SUBSCRIPTIONS_PATH, subscription, inGlobex)
    expect(await stored()).toMatchObject([
      { org_user_id: bob.orgUserId, org_id: ACME },
      { org_user_id: 9, org_id: GLOBEX },
    ])
    await bob.delete(SUBSCRIPTIONS_PATH, inGlobex, { endpoint: subscription.endpoint })
    expect(await stored()).toMatchObject([{ org_user_id: bob.orgUserId }])
    await bob.post(SUBSCRIPTIONS_PATH, subscription, inGlobex)
    await alice.post(SUBSCRIPTIONS_PATH, subscription)
    expect(await stored()).toMatchObject([{ org_user_id: alice.orgUserId }])
  })
})

describe("a browser with a renewed subscription", () => {
  const inGlobex = { "x-dalgo-org": "globex" }
  beforeEach(async () => {
    await selectRows(
      "INSERT INTO org_users (id, org_id, user_id, email, role) VALUES (9, 2, '2', 'bob@globex.test', 'member')",
    )
  })
  const replace = async (speaker: ApiClient, { subscription }: Device, headers = {}) => {
    const renewed = (await newDevice("https://web.push.apple.com/renewed")).subscription
    const answer = await speaker.post(SUBSCRIPTIONS_PATH, { ...renewed, replaces: subscription.endpoint }, headers)
    expect(answer.status).toBe(200)
    return renewed
  }

  it("replaces its old subscription in all organisations of its user", async () => {
    const phone = await addDevice(bob, "phone")
    await addDevice(bob, "laptop")
    await bob.post(SUBSCRIPTIONS_PATH, phone.subscription, inGlobex)
    vi.setSystemTime(NOON + 1)
    const { endpoint, keys } = await replace(bob, phone)
    const columns = { endpoint, ...keys, created_at: NOON, server_key: env.VAPID_PUBLIC_KEY }
    expect(await selectRows("SELECT * FROM push_subscriptions WHERE endpoint = ? ORDER BY org_id", endpoint)).toEqual([
      { org_user_id: bob.orgUserId, org_id: ACME, ...columns },
      { org_user_id: 9, org_id: GLOBEX, ...columns },
    ])
    expect(await stored()).toHaveLength(3)
  })

  it("is added to no organisation where it was off, whatever the header says", async () => {
    const phone = await addDevice(bob, "phone")
    const { endpoint } = await replace(bob, phone, inGlobex)
    expect(await stored()).toEqual([{ org_user_id: bob.orgUserId, org_id: ACME, endpoint }])
  })

  it("may be sent twice, and after it was added", async () => {
    const phone = await addDevice(bob, "phone")
    await bob.post(SUBSCRIPTIONS_PATH, phone.subscription, inGlobex)
    await bob.post(SUBSCRIPTIONS_PATH, (await newDevice("https://web.push.apple.com/renewed")).subscription)
    for (let i = 0; i < 2; i++) await replace(bob, phone)
    expect(await stored()).toMatchObject([
      { org_user_id: bob.orgUserId, endpoint: phone.subscription.endpoint },
      { org_user_id: bob.orgUserId, endpoint: "https://web.push.apple.com/renewed" },
      { org_user_id: 9, endpoint: "https://web.push.apple.com/renewed" },
    ])
  })

  it("replaces no device of another user", async () => {
    const hers = await addDevice(alice, "hers")
    for (const stranger of [bob, charlie]) await replace(stranger, hers)
    expect(await stored()).toEqual([
      { org_user_id: alice.orgUserId, org_id: ACME, endpoint: hers.subscription.endpoint },
    ])
  })

  it("replaces only its user's row on a shared computer", async () => {
    const shared = await addDevice(alice, "shared")
    await selectRows(
      `INSERT INTO push_subscriptions (org_user_id, endpoint, org_id, p256dh, auth, created_at, server_key)
       SELECT ?, endpoint, org_id, p256dh, auth, created_at, server_key FROM push_subscriptions`,
      bob.orgUserId,
    )
    const { endpoint } = await replace(bob, shared)
    expect(await stored()).toMatchObject([
      { org_user_id: alice.orgUserId, endpoint: shared.subscription.endpoint },
      { org_user_id: bob.orgUserId, endpoint },
    ])
  })
})

describe("the list of devices", () => {
  it("has the caller's own devices, without their endpoints", async () => {
    await addDevice(alice, "hers")
    const { subscription } = await addDevice(bob, "his")
    const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(subscription.endpoint))
    const id = btoa(String.fromCharCode(...new Uint8Array(hash)))
    const expected = id.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")
    expect(await devicesOf(bob)).toEqual([{ id: expected, created_at: "2050-11-20T12:00:00.000Z" }])
    expect(await devicesOf(charlie)).toEqual([])
  })
})

describe("a device that subscribed with an earlier VAPID key", () => {
  it("is not listed until it is added again", async () => {
    const { subscription } = await addDevice(bob, "phone")
    await addDevice(bob, "laptop")
    await selectRows("UPDATE push_subscriptions SET server_key = 'before' WHERE endpoint = ?", subscription.endpoint)
    expect(await devicesOf(bob)).toHaveLength(1)
    await bob.post(SUBSCRIPTIONS_PATH, subscription)
    expect(await devicesOf(bob)).toHaveLength(2)
  })
})

describe("the devices of acme", () => {
  it("cannot be seen or changed by Charlie", async () => {
    const { subscription } = await addDevice(alice, "hers")
    const before = await stored()
    const inAcme = { "x-dalgo-org": "acme" }
    const answers = [
      charlie.get(SUBSCRIPTIONS_PATH, inAcme),
      charlie.post(SUBSCRIPTIONS_PATH, subscription, inAcme),
      charlie.delete(SUBSCRIPTIONS_PATH, inAcme, { endpoint: subscription.endpoint }),
    ]
    for (const answer of await Promise.all(answers)) {
      expect([answer.status, await answer.json()]).toEqual([404, { detail: "organisation not found" }])
    }
    expect(await stored()).toEqual(before)
  })

  it("cannot be seen or changed by a server, which has no devices", async () => {
    const { subscription } = await newDevice("https://web.push.apple.com/x")
    expect((await server.post(SUBSCRIPTIONS_PATH, subscription)).status).toBe(403)
    expect((await server.get("/api/notifications/push-key")).status).toBe(403)
  })
})

describe("the VAPID public key", () => {
  it("is for every member of an organisation", async () => {
    for (const speaker of [alice, bob, charlie]) {
      const answer = await speaker.get("/api/notifications/push-key")
      expect(await answer.json()).toEqual({ success: true, res: { public_key: env.VAPID_PUBLIC_KEY } })
    }
  })

  it.each(["VAPID_PUBLIC_KEY", "VAPID_PRIVATE_KEY", "VAPID_SUBJECT"])(
    "is unavailable without %s, and so is adding a device",
    async (name) => {
      const through = workerWithEnv({ [name]: " " })
      const headers = { ...(await cookieOf("2")), "content-type": "application/json" }
      const body = JSON.stringify((await newDevice("https://web.push.apple.com/x")).subscription)
      for (const answer of [
        await through("/api/notifications/push-key", { headers }),
        await through(SUBSCRIPTIONS_PATH, { method: "POST", headers, body }),
      ]) {
        expect([answer.status, await answer.json()]).toEqual([503, { detail: "push messages are not configured" }])
      }
      expect(await stored()).toEqual([])
      const { endpoint } = JSON.parse(body)
      const off = await through(SUBSCRIPTIONS_PATH, { method: "DELETE", headers, body: JSON.stringify({ endpoint }) })
      expect(off.status).toBe(200)
    },
  )
})
