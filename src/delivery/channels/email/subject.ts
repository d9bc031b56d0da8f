import { CATEGORY, type Category } from "../../../domain/categories"
import { oneLine, truncate } from "../../../domain/text"

const MAX_FIRST_LINE_LENGTH = 100

type SubjectInput = { orgName: string; category: Category; message: string; emailSubject: string | null }

/** The sender's own subject, else organisation, category and first line. One line that may stand in a header. */
export function emailSubject(input: SubjectInput): string {
  const { orgName, category, message } = input
  const [firstLine = ""] = message.trim().split(/[\r\n\u2028\u2029]/, 1)
  return (
    oneLine(input.emailSubject ?? "") ||
    `[${oneLine(orgName)}] ${CATEGORY[category].label}: ${truncate(oneLine(firstLine), MAX_FIRST_LINE_LENGTH)}`
  )
}
