import type { MailTrouble } from "../../preferences/decide"

const KEPT = "E-mail is switched off for you. Your notifications stay in this inbox."

/** What somebody is told whose e-mail was switched off. */
export function mailTroubleWords({ reason, email }: { reason: MailTrouble; email: string }): string {
  switch (reason) {
    case "bounced":
      return [
        `We could not deliver e-mail to ${hinted(email)}: the mailbox did not take it.`,
        KEPT,
        "When your mailbox is in order, turn e-mail on again in your preferences.",
      ].join("\n")
    case "complained":
      return [
        `An e-mail that we sent to ${hinted(email)} was marked as spam.`,
        KEPT,
        "If that was a mistake, turn e-mail on again in your preferences.",
      ].join("\n")
  }
}

/** `a…@acme.test`: its reader knows the rest. */
const hinted = (email: string) => {
  const at = email.lastIndexOf("@")
  return `${Array.from(email)[0] ?? ""}…${email.slice(at)}`
}
