import type { OptOutCause } from "../../domain/delivery-rules"

const EMAIL_IS_OFF = "E-mail is now turned off for you. Your notifications still come to this inbox."

/** The notice in the inbox of a person whose e-mail was turned off. */
export function optOutMessage({ cause, email }: { cause: OptOutCause; email: string }): string {
  switch (cause) {
    case "bounced":
      return [
        `We could not deliver an e-mail to ${maskAddress(email)}: the mailbox refused it.`,
        EMAIL_IS_OFF,
        "When your mailbox works again, turn e-mail on in your preferences.",
      ].join("\n")
    case "complained":
      return [
        `An e-mail that we sent to ${maskAddress(email)} was marked as spam.`,
        EMAIL_IS_OFF,
        "If that was a mistake, turn e-mail on again in your preferences.",
      ].join("\n")
  }
}

/** `a…@acme.test`: the reader knows the rest. */
const maskAddress = (email: string) => {
  const at = email.lastIndexOf("@")
  return `${Array.from(email)[0] ?? ""}…${email.slice(at)}`
}
