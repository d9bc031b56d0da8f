import type { Cause } from "./cause"

/** Sheets, forms, files and accounts that connections read. */
export const SOURCE_CAUSES: Cause[] = [
  {
    id: "cancelled-by-hand",
    who: "nobody",
    waitingHelps: "no",
    patterns: [
      /^(?!.{0,200}normal if).{0,400}Setting attempt to FAILED because the job was cancelled/,
      /This attempt was cancelled/,
      /\[manual_cancellation\]|"?failureType"?\s{0,3}[:=]\s{0,3}"?manual_cancellation/,
    ],
    says: "Somebody stopped {connection}.",
    meaning: "D1",
    advice: "Nothing to do: it runs again at its next time, or when you start it.",
  },
  {
    id: "google-signin-expired",
    who: "you",
    waitingHelps: "no",
    patterns: [
      /Token has been expired or revoked/,
      /Access to the spreadsheet expired or was revoked/,
      /invalid_grant[\s\S]{0,600}?(?:google|JWT Signature|account not found)/,
      /google[\s\S]{0,600}?invalid_grant/,
      /invalid_grant\W{1,6}(?:Bad Request|Invalid JWT)/,
      /Refresh token is invalid or expired[\s\S]{0,1500}?googleapis/,
      /googleapis[\s\S]{0,1500}?Refresh token is invalid or expired/,
    ],
    unless: /salesforce/,
    says: "Google no longer accepts the sign-in that {source} uses.",
    meaning: "D1",
    advice:
      "The person whose Google account it is signs in again in the source's settings in Dalgo; where a service account is used, your admin puts in a fresh key. A changed Google password also ends old sign-ins.",
  },
]
