/** `j…@example.org`: it says whose address it is, and no program takes it for one that mail can be sent to. */
export function maskAddress(address: string): string {
  const at = address.lastIndexOf("@")
  const [first = ""] = address.slice(0, Math.max(0, at))
  return `${first}…${address.slice(Math.max(0, at))}`
}

const DOMAIN = "(?:[\\p{L}\\p{N}][\\p{L}\\p{M}\\p{N}-]{0,62}\\.){1,8}\\p{L}[\\p{L}\\p{M}\\p{N}-]{1,62}"
/** Made when it is first used: sets of letters of all scripts take a millisecond, which no start should pay. */
const addressPattern = () =>
  (address ??= new RegExp(
    "(?:(?<![\\p{L}\\p{N}\\p{M}._%+-])([\\p{L}\\p{N}_])[\\p{L}\\p{N}\\p{M}._%+'’-]{0,63}" +
      `|(?<![\\w"])("[^"\\s@])[^"\\n@]{0,62}")(?:[@＠]|%40)(${DOMAIN})`,
    "giu",
  ))
let address: RegExp | undefined
/** `git@github.com:ngo/dbt.git` is a place, not a person. */
const GIT_PLACE = /^git@[\w.-]+$/i

/** Shortens every e-mail address, in any script. */
export const maskAddresses = (text: string): string =>
  text.replace(
    addressPattern(),
    (whole: string, first: string | undefined, quoted: string | undefined, domain: string) =>
      GIT_PLACE.test(whole) ? whole : `${first ?? quoted?.slice(1) ?? ""}…@${domain}`,
  )
