type OptOut = { reason: string; orgUserId: number; since: number }

/** The dedupe key of the notice to a person whose e-mail was turned off. */
export const optOutNoticeKey = ({ reason, orgUserId, since }: OptOut) => `mail:${reason}:${orgUserId}:${since}`

/** Whether a notification is the notice to somebody who reported spam. Nobody else may learn who that is. */
export const isComplaintNotice = (dedupeKey: string | null) => dedupeKey?.startsWith("mail:complained:") ?? false
