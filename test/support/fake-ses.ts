import type { Handler } from "./fake-fetch"

export type SentEmail = { to: string; subject: string; text: string; html: string; headers: Record<string, string> }

/** The part of SES' SendEmail request that we send. */
type SendEmailRequest = {
  Destination: { ToAddresses: [string] }
  Content: {
    Simple: {
      Subject: { Data: string }
      Body: { Text: { Data: string }; Html: { Data: string } }
      Headers: { Name: string; Value: string }[]
    }
  }
}

/** Amazon SES. It accepts every email, unless `fail` returns another response for the recipient. */
export function fakeSes(fail?: (to: string) => Response | undefined) {
  const mails: SentEmail[] = []
  const handler: Handler = async (request) => {
    if (!request.url.startsWith("https://ses.dalgo.test/")) return undefined
    const sent = await request.json<SendEmailRequest>()
    const [to] = sent.Destination.ToAddresses
    const failure = fail?.(to)
    if (failure) return failure
    const { Subject, Body, Headers } = sent.Content.Simple
    mails.push({
      to,
      subject: Subject.Data,
      text: Body.Text.Data,
      html: Body.Html.Data,
      headers: Object.fromEntries(Headers.map(({ Name, Value }) => [Name, Value])),
    })
    return Response.json({ MessageId: `mail-${mails.length}` })
  }
  return { mails, handler }
}
