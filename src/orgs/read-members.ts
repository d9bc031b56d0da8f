import { toIssues, unstorableIssue } from "../runtime/validation-issues"
import type { ValidationIssue } from "../runtime/errors"
import { unstorableTexts } from "../runtime/zod"
import { Member } from "./schemas"

/** A row that cannot be taken, and whose it is, as far as the row says. */
export type RefusedRow = {
  index: number
  userId: string | number | null
  email: string | null
  issues: ValidationIssue[]
}

/**
 * Reads a list of members row by row. A person may be named once: the first row that can be taken counts, and each later one
 * is refused. An address may occur several times, since one person may have several accounts.
 */
export function readMembers(rows: unknown[]): { members: Member[]; refused: RefusedRow[] } {
  const members: Member[] = []
  const refused: RefusedRow[] = []
  const seen = new Set<string>()
  for (const [index, row] of rows.entries()) {
    const result = readRow(row, { index, seen })
    if ("member" in result) {
      seen.add(result.member.user_id)
      members.push(result.member)
    } else refused.push({ index, ...personIn(row), issues: result.issues })
  }
  return { members, refused }
}

function readRow(
  row: unknown,
  { index, seen }: { index: number; seen: Set<string> },
): { member: Member } | { issues: ValidationIssue[] } {
  const at = ["body", index]
  const unstorable = unstorableTexts(row)
  if (unstorable.length > 0) return { issues: unstorable.map((path) => unstorableIssue([...at, ...path])) }
  const parsed = Member.safeParse(row)
  if (!parsed.success) return { issues: toIssues(at, parsed.error.issues) }
  if (!seen.has(parsed.data.user_id)) return { member: parsed.data }
  return { issues: [{ loc: [...at, "user_id"], msg: "named twice in this list", type: "custom" }] }
}

const MAX_SHOWN_LENGTH = 254

/** For the report: what is too long to be an id or an address is left out. */
function personIn(row: unknown): { userId: string | number | null; email: string | null } {
  const { user_id: userId, email } = (row ?? {}) as { user_id?: unknown; email?: unknown }
  const shown = (value: unknown) =>
    typeof value === "string" && value.length <= MAX_SHOWN_LENGTH ? value.toWellFormed() : null
  return { userId: Number.isSafeInteger(userId) ? (userId as number) : shown(userId), email: shown(email) }
}
