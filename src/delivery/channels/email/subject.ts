import { CATEGORY, type Category } from "../../../domain/categories"
import { shortOrgNames } from "../../../domain/org-names"
import { oneLine, truncate } from "../../../domain/text"

const MAX_FIRST_LINE_LENGTH = 100

/** Of an e-mail for several organisations, whose names take much of what a list of e-mails shows. */
const MAX_SUBJECT_LENGTH = 60
const MAX_ORGS_LENGTH = 30

type SubjectInput = {
  orgNames: [string, ...string[]]
  category: Category
  message: string
  emailSubject: string | null
}

/** The sender's own subject, else organisations, category and first line. One line that may stand in a header. */
export function emailSubject(input: SubjectInput): string {
  const { orgNames, category, message } = input
  const [firstLine = ""] = message.trim().split(/[\r\n\u2028\u2029]/, 1)
  const own = oneLine(input.emailSubject ?? "")
  if (own) return own
  const about = `${CATEGORY[category].label}: ${truncate(oneLine(firstLine), MAX_FIRST_LINE_LENGTH)}`
  return orgNames.length === 1
    ? `[${oneLine(orgNames[0])}] ${about}`
    : truncate(`[${shortOrgNames(orgNames, MAX_ORGS_LENGTH)}] ${about}`, MAX_SUBJECT_LENGTH)
}
