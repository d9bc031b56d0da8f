import { encodeBase64Url } from "hono/utils/encode"
import { commit } from "../../db/client"
import type { Deps } from "../../deps"
import { AppError } from "../../runtime/errors"
import type { Membership } from "../../auth/membership"
import { vapidFrom } from "./vapid"
import type { Device } from "./docs"
import * as queries from "./queries"
import type { NewDevice } from "./schemas"

/** For each membership. One more replaces the oldest, which is most likely a browser that is not used any more. */
export const MAX_DEVICES = 10

/** The VAPID public key, for `PushManager.subscribe()`. Throws `unavailable` where push is not configured. */
export function getPublicKey({ config }: Deps): string {
  const vapid = vapidFrom(config)
  if (!vapid) throw new AppError("unavailable", "push messages are not configured")
  return vapid.publicKey
}

export async function listDevices({ db, config }: Deps, { me }: { me: Membership }): Promise<Device[]> {
  const serverKey = vapidFrom(config)?.publicKey
  if (!serverKey) return []
  const devices = await queries.selectDevices(db, { orgUserId: me.orgUserId, serverKey })
  return Promise.all(
    devices.map(async ({ endpoint, createdAt }) => ({
      id: await deviceId(endpoint),
      created_at: new Date(createdAt).toISOString(),
    })),
  )
}

/**
 * Adds a device, and removes it from anybody else who had it. With `replaces`, it takes the place of that device in all
 * organisations of the person and is added to none: a browser that renews its subscription does so by itself, perhaps
 * long after the person switched the device off. Throws `unavailable` where push is not configured.
 */
export async function addDevice(deps: Deps, { me, device }: { me: Membership; device: NewDevice }): Promise<void> {
  const serverKey = getPublicKey(deps)
  const { db } = deps
  const { replaces, endpoint, keys } = device
  const { orgUserId, orgId } = me
  const subscription = { orgUserId, endpoint, ...keys, serverKey }
  const writes =
    replaces === undefined
      ? [
          queries.upsertDevice(db, { ...subscription, orgId, createdAt: deps.now() }),
          queries.deleteOldestDevices(db, { orgUserId, keep: MAX_DEVICES }),
        ]
      : [queries.updateDeviceKeys(db, { ...subscription, from: replaces })]
  await commit(db, [queries.deleteOtherOwners(db, { orgUserId, endpoint, ...keys }), ...writes])
}

export async function removeDevice({ db }: Deps, { me, endpoint }: { me: Membership; endpoint: string }) {
  await queries.deleteDevice(db, { orgUserId: me.orgUserId, endpoint })
}

/**
 * A hash of the endpoint, with which a browser finds itself in the list. The endpoint itself is a secret: its holder can
 * send pushes there.
 */
async function deviceId(endpoint: string): Promise<string> {
  return encodeBase64Url(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(endpoint))).replace(/=+$/, "")
}
