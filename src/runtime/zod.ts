import * as z from "zod/mini"
import { isTimeZone } from "../domain/time"

/** Text of 1 to `maxLength` characters, trimmed. */
export const requiredText = (maxLength: number) => z.string().check(z.trim(), z.minLength(1), z.maxLength(maxLength))

/** An IANA name, for example `Asia/Kolkata`. */
export const TimeZone = z.string().check(z.refine(isTimeZone, "not the name of a time zone, such as Asia/Kolkata"))

/** The parsed JSON, for a schema to check; `undefined` if the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
