import { CATEGORY, type Category } from "../../../domain/categories"
import { oneLine } from "../../../domain/one-line"
import { shortened } from "../../../domain/text"

const LONGEST_FIRST_LINE = 100

type Said = { orgName: string; category: Category; message: string; emailSubject: string | null }

/** The sender's subject, else organisation, category and the first line; as one line that may stand in a header. */
export function subjectOf({ emailSubject, orgName, category, message }: Said): string {
  const [firstLine = ""] = message.trim().split(/[\r\n\u2028\u2029]/, 1)
  return (
    oneLine(emailSubject ?? "") ||
    `[${oneLine(orgName)}] ${CATEGORY[category].label}: ${shortened(oneLine(firstLine), LONGEST_FIRST_LINE)}`
  )
}
