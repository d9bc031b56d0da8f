import type { OptOutCause } from "../../domain/delivery-rules"
import { maskAddress } from "../../domain/mask-address"

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
        "An e-mail that we sent you was marked as spam.",
        EMAIL_IS_OFF,
        "If that was a mistake, turn e-mail on again in your preferences.",
      ].join("\n")
  }
}

/** For the organisation's admins. Who it was is nobody's concern but theirs. */
export const COMPLAINT_MESSAGE = [
  "One member's mailbox reported a mail as spam.",
  "E-mail is now turned off for that member, who was told so in their inbox.",
  "To do: Nothing. If it happens often, look whether all of your announcements need an e-mail.",
].join("\n")
