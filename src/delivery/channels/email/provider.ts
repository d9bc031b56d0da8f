/** One e-mail to one person. The subject and the headers hold no control characters. */
export type Email = {
  to: string
  subject: string
  text: string
  html: string
  headers: Record<string, string>
}

export interface EmailProvider {
  /** Resolves with the provider's own id of the e-mail. Throws `DeliveryError`. */
  send(email: Email): Promise<{ providerId: string }>
}
