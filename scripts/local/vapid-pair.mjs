import { generateKeyPairSync } from "node:crypto"

/** A new pair of keys that signs push messages, as `web-push generate-vapid-keys` prints it. */
export function vapidPair() {
  const { x, y, d } = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" })
  const point = Buffer.concat([Buffer.of(4), Buffer.from(x, "base64url"), Buffer.from(y, "base64url")])
  return { VAPID_PUBLIC_KEY: point.toString("base64url"), VAPID_PRIVATE_KEY: d }
}
