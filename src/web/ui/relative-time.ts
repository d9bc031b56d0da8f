import { html } from "lit"

const MINUTE_MS = 60_000

const STEPS = [
  { unit: "day", ms: 24 * 60 * MINUTE_MS },
  { unit: "hour", ms: 60 * MINUTE_MS },
  { unit: "minute", ms: MINUTE_MS },
] as const

const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" })

/** "5 minutes ago". Both times are in milliseconds. */
export function relativeTime(at: number, now: number): string {
  const elapsedMs = at - now
  const step = STEPS.find(({ ms }) => Math.abs(elapsedMs) >= ms)
  return step ? words.format(Math.trunc(elapsedMs / step.ms), step.unit) : "just now"
}

export const timeTag = (timestamp: string) => {
  const at = new Date(timestamp)
  return html`<time datetime=${timestamp} title=${at.toLocaleString()}>${relativeTime(at.getTime(), Date.now())}</time>`
}
