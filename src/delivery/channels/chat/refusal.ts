import { isTransientStatus } from "../../../runtime/http-retry"

/**
 * The effect of a refused message on its webhook and on later messages.
 *
 * - `gone`: no later message can be accepted either. The webhook is switched off.
 * - `wrong_setting`: an admin can mend it there or in the webhook's address. The webhook stays on.
 * - `wait`: the same message may be accepted later.
 * - `message_at_fault`: this message is refused, the next one may be accepted.
 */
export type Refusal = {
  kind: "gone" | "wrong_setting" | "wait" | "message_at_fault"
  /** A clause for the organisation's admins: the reason and, for `wrong_setting`, what to do. Never text of the answer. */
  words?: string | undefined
}

export const gone = (words: string): Refusal => ({ kind: "gone", words })
export const wrongSetting = (words: string): Refusal => ({ kind: "wrong_setting", words })
export const wait = (words: string): Refusal => ({ kind: "wait", words })
export const messageAtFault = (words: string): Refusal => ({ kind: "message_at_fault", words })

/** The meaning of a status, for an answer that names no code that we know. */
export function refusalOfStatus(status: number): Refusal {
  if (status === 404 || status === 410) return gone("the webhook was deleted there")
  return { kind: isTransientStatus(status) ? "wait" : "message_at_fault" }
}

/** A page of a proxy or of maintenance, which is not the product's answer. */
export const isWebPage = (answer: string) => /^\s*<(?:!doctype|html)\b/i.test(answer)
