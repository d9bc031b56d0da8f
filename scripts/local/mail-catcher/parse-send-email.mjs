const MAX_RECIPIENTS = 50
const isText = (value) => typeof value === "string" && value.length > 0
const isLine = (value) => isText(value) && !/[\r\n\0]/.test(value)
const isAddress = (value) => isLine(value) && /[^\s@<>]+@[^\s@<>]+/.test(value)

function findError({ FromEmailAddress, ReplyToAddresses = [], Destination, Content }) {
  const simple = Content?.Simple
  const { ToAddresses, CcAddresses = [], BccAddresses = [] } = Destination ?? {}
  if (!isAddress(FromEmailAddress)) return "FromEmailAddress is missing or invalid."
  if (![ToAddresses, CcAddresses, BccAddresses, ReplyToAddresses].every(Array.isArray))
    return "The addresses in Destination and ReplyToAddresses must be lists."
  const recipients = [...ToAddresses, ...CcAddresses, ...BccAddresses]
  if (recipients.length === 0 || !recipients.every(isAddress)) return "Destination is empty or has an invalid address."
  if (recipients.length > MAX_RECIPIENTS) return `Recipient count exceeds ${MAX_RECIPIENTS}.`
  if (!simple) return "The mail catcher supports Content.Simple only."
  if (!isLine(simple.Subject?.Data)) return "Content.Simple.Subject.Data must be one line of text."
  if (!isText(simple.Body?.Text?.Data) && !isText(simple.Body?.Html?.Data))
    return "Content.Simple.Body has neither Text nor Html."
  const headers = simple.Headers ?? []
  const isHeader = (header) => isText(header?.Name) && /^[!-9;-~]{1,126}$/.test(header.Name) && isLine(header.Value)
  if (!Array.isArray(headers) || !headers.every(isHeader)) return "Content.Simple.Headers has an invalid header."
  return undefined
}

/** The e-mail in the body of a SendEmail request as `{email}`, or `{error}`: a sentence that says why the body is invalid. */
export function parseSendEmail(request) {
  const error = request ? findError(request) : "The body is not a JSON object."
  if (error) return { error }
  const { FromEmailAddress, ReplyToAddresses = [], Destination, Content } = request
  const { Subject, Body, Headers = [] } = Content.Simple
  const headers = [
    ["From", FromEmailAddress],
    ...(ReplyToAddresses.length > 0 ? [["Reply-To", ReplyToAddresses.join(", ")]] : []),
    ...Headers.map(({ Name, Value }) => [Name, Value]),
  ]
  const to = [Destination.ToAddresses, Destination.CcAddresses ?? [], Destination.BccAddresses ?? []].flat().join(", ")
  const email = { to, subject: Subject.Data, headers: Object.fromEntries(headers) }
  return { email: { ...email, text: Body.Text?.Data ?? "", html: Body.Html?.Data ?? "" } }
}
