import type { OptOutCause } from "../../domain/delivery-rules"

const EMAIL_IS_OFF = "E-mail is switched off for you. Your notifications stay in this inbox."

/** What somebody is told whose e-mail was switched off. */
export function optOutMessage({ reason, email }: { reason: OptOutCause; email: string }): string {
  switch (reason) {
    case "bounced":
      return [
        `We could not deliver e-mail to ${maskAddress(email)}: the mailbox did not take it.`,
        EMAIL_IS_OFF,
        "When your mailbox is in order, turn e-mail on again in your preferences.",
      ].join("\n")
    case "complained":
      return [
        `An e-mail that we sent to ${maskAddress(email)} was marked as spam.`,
        EMAIL_IS_OFF,
        "If that was a mistake, turn e-mail on again in your preferences.",
      ].join("\n")
  }
}

/** `a…@acme.test`: its reader knows the rest. */
const maskAddress = (email: string) => {
  const at = email.lastIndexOf("@")
  return `${Array.from(email)[0] ?? ""}…${email.slice(at)}`
}
