const MOST_RECIPIENTS = 50
const isText = (value) => typeof value === "string" && value.length > 0
const isLine = (value) => isText(value) && !/[\r\n\0]/.test(value)
const isAddress = (value) => isLine(value) && /[^\s@<>]+@[^\s@<>]+/.test(value)

function faultIn({ FromEmailAddress, ReplyToAddresses = [], Destination, Content }) {
  const simple = Content?.Simple
  const { ToAddresses, CcAddresses = [], BccAddresses = [] } = Destination ?? {}
  if (!isAddress(FromEmailAddress)) return "FromEmailAddress is missing or not an address."
  if (![ToAddresses, CcAddresses, BccAddresses, ReplyToAddresses].every(Array.isArray))
    return "Destination and ReplyToAddresses must hold lists."
  const recipients = [...ToAddresses, ...CcAddresses, ...BccAddresses]
  if (recipients.length === 0 || !recipients.every(isAddress))
    return "Destination is empty, or holds what is not an address."
  if (recipients.length > MOST_RECIPIENTS) return `Recipient count exceeds ${MOST_RECIPIENTS}.`
  if (!simple) return "Only Content.Simple is understood here."
  if (!isLine(simple.Subject?.Data)) return "Content.Simple.Subject.Data must be one line of text."
  if (!isText(simple.Body?.Text?.Data) && !isText(simple.Body?.Html?.Data)) return "Content.Simple.Body has no text."
  const headers = simple.Headers ?? []
  const isHeader = (header) => isText(header?.Name) && /^[!-9;-~]{1,126}$/.test(header.Name) && isLine(header.Value)
  if (!Array.isArray(headers) || !headers.every(isHeader)) return "Content.Simple.Headers holds a malformed header."
  return undefined
}

/** The mail in a body of SendEmail as `{mail}`, or what is wrong with it as `{fault}`. */
export function mailIn(request) {
  const fault = request ? faultIn(request) : "The body is not a JSON object."
  if (fault) return { fault }
  const { FromEmailAddress, ReplyToAddresses = [], Destination, Content } = request
  const { Subject, Body, Headers = [] } = Content.Simple
  const headers = [
    ["From", FromEmailAddress],
    ...(ReplyToAddresses.length > 0 ? [["Reply-To", ReplyToAddresses.join(", ")]] : []),
    ...Headers.map(({ Name, Value }) => [Name, Value]),
  ]
  const to = [Destination.ToAddresses, Destination.CcAddresses ?? [], Destination.BccAddresses ?? []].flat().join(", ")
  const mail = { to, subject: Subject.Data, headers: Object.fromEntries(headers) }
  return { mail: { ...mail, text: Body.Text?.Data ?? "", html: Body.Html?.Data ?? "" } }
}
