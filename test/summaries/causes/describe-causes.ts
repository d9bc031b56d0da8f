import { describe, expect, it } from "vitest"
import { findCause } from "../../../src/summaries/causes/find-cause"
import { FORMS } from "../../support/failure-logs"

export type CauseCases = {
  id: string
  /** What programs print when this is the cause. */
  messages: string[]
  /** What looks alike, and the cause that it is; `undefined` where it is none of the table. */
  not: [message: string, id: string | undefined][]
}

/** Each message in each form in which it may reach us. */
export function describeCauses(all: CauseCases[]) {
  describe.each(all.map((cases) => [cases.id, cases] as const))("the cause %s", (id, { messages, not }) => {
    describe.each(Object.entries(FORMS))("%s", (_, form) => {
      it.each(messages)("is found in: %s", (message) => {
        expect(findCause(form(message)).cause?.id).toBe(id)
      })

      it.each(not)("is not found in: %s", (message, other) => {
        expect(findCause(form(message)).cause?.id).toBe(other)
      })
    })
  })
}
