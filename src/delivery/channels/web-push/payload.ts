import { SERVICE_AUTHOR, splitDetails } from "../../../domain/announcement"
import type { Category } from "../../../domain/categories"
import { notificationHeading } from "../heading"
import { oneLine, truncate } from "../../../domain/text"

/** The JSON that `web/push-worker` gets and shows. */
export type Payload = {
  title: string
  body: string
  /** Opened by a click: a path of this service. */
  url: string
  /** A message replaces a shown one of the same tag. */
  tag: string
  category: Category
  urgent: boolean
}

type PushInput = { id: number; author: string; category: Category; urgent: boolean; message: string }

const MAX_TITLE_LENGTH = 100
const MAX_BODY_LENGTH = 300

export function toPayload(
  { id, author, category, urgent, message }: PushInput,
  org: { orgName: string; orgSlug: string },
): Payload {
  const shown = author === SERVICE_AUTHOR ? splitDetails(message).main : message
  const lines = shown.trim().split(/\r\n|[\r\n\u2028\u2029]/)
  return {
    title: truncate(notificationHeading({ category, urgent, orgName: org.orgName }), MAX_TITLE_LENGTH),
    body: truncate(lines.map(oneLine).join("\n"), MAX_BODY_LENGTH),
    url: `/?org=${encodeURIComponent(org.orgSlug)}`,
    tag: String(id),
    category,
    urgent,
  }
}

/**
 * Messages are padded to one length, so that their length tells a push service nothing. Firefox on Android takes about
 * 2.8 kB at most, and encryption adds about 100 bytes.
 */
export const PAYLOAD_BYTES = 2_500

export function encodePayload(payload: Payload): Uint8Array {
  const bytes = new TextEncoder().encode(JSON.stringify(payload))
  const padded = new Uint8Array(Math.max(bytes.length, PAYLOAD_BYTES)).fill(0x20)
  padded.set(bytes)
  return padded
}
