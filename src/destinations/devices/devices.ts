import { encodeBase64Url } from "hono/utils/encode"
import { commit } from "../../db/client"
import type { Deps } from "../../deps"
import { AppError } from "../../runtime/errors"
import type { Membership } from "../../auth/membership"
import { vapidFrom } from "./vapid"
import type { Device } from "./docs"
import * as queries from "./queries"
import type { NewDevice } from "./schemas"

/** Beyond so many the oldest goes: most likely a browser that is not used any more. */
export const MAX_DEVICES = 10

/** By what a browser knows our pushes. Throws `unavailable` where push is not set up. */
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
 * Tells this person on this device from now on, and nobody else. One that replaces another takes its place wherever
 * that was switched on, and is switched on nowhere else: a browser does it by itself, perhaps long after. Throws
 * `unavailable` where push is not set up.
 */
export async function addDevice(deps: Deps, { me, device }: { me: Membership; device: NewDevice }): Promise<void> {
  const serverKey = getPublicKey(deps)
  const { db } = deps
  const { replaces, endpoint, keys } = device
  const { orgUserId, orgId } = me
  const known = { orgUserId, endpoint, ...keys, serverKey }
  const itsRows =
    replaces === undefined
      ? [
          queries.upsertDevice(db, { ...known, orgId, createdAt: deps.now() }),
          queries.deleteOldestDevices(db, { orgUserId, most: MAX_DEVICES }),
        ]
      : [queries.updateDeviceKeys(db, { ...known, from: replaces })]
  await commit(db, [queries.deleteOtherOwners(db, { orgUserId, endpoint, ...keys }), ...itsRows])
}

export async function removeDevice({ db }: Deps, { me, endpoint }: { me: Membership; endpoint: string }) {
  await queries.deleteDevice(db, { orgUserId: me.orgUserId, endpoint })
}

/** Whoever knows an endpoint can push to it; by this, a browser that knows its own finds itself. */
async function deviceId(endpoint: string): Promise<string> {
  return encodeBase64Url(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(endpoint))).replace(/=+$/, "")
}
