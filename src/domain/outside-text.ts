import { withoutAnsi } from "./ansi"
import { redact } from "./redact"
import { readableText } from "./text"

/**
 * Makes a text from outside safe to store and to show: without control sequences, hidden characters and half
 * characters, then without secrets. Call it once, where the text comes in, and cut the text afterwards: half a secret
 * looks like none. A second time it changes nothing.
 */
export const safeText = (text: string): string => redact(readableText(withoutAnsi(text.toWellFormed())))

/** `safeText` of a name, as one line. */
export const safeName = (text: string): string => safeText(text).replaceAll(/\s+/g, " ")
