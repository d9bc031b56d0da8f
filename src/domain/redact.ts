import { maskAddresses } from "./mask-address"
import { hideAssigned } from "./secrets/assignments"
import { hideByForm, hidePrivateKeys } from "./secrets/forms"
import { hideByPlace } from "./secrets/places"

/**
 * Hides tokens, keys and passwords, and shortens e-mail addresses. A second time it changes nothing. It must see the
 * whole text: half a secret may look like none.
 */
export const redact = (text: string): string =>
  maskAddresses(hideByForm(hideAssigned(hideByPlace(hidePrivateKeys(text)))))
