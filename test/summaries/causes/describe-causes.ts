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
  describe.each(all)("the cause $id", ({ id, messages, not }) => {
    it("is found in what programs print, in each form", () => {
      const expected = messages.map((message) => [message, id] as const)
      expect(foundIn(messages)).toEqual(inEachForm(expected))
    })

    it("is not found in what looks alike", () => {
      expect(foundIn(not.map(([message]) => message))).toEqual(inEachForm(not))
    })
  })
}

const foundIn = (messages: string[]) =>
  messages.flatMap((message) =>
    Object.entries(FORMS).map(([name, form]) => [name, message, findCause(form(message)).cause?.id]),
  )

const inEachForm = (cases: readonly (readonly [message: string, id: string | undefined])[]) =>
  cases.flatMap(([message, id]) => Object.keys(FORMS).map((name) => [name, message, id]))
