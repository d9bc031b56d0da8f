const MOST_EXAMPLES = 5

/** What is to be said of rows, put together by reason: `{model, reason, count, examples}`, at most five pks each. */
export function createRemarks() {
  const kinds = new Map()
  return {
    add: (model, pk, reason) => {
      const key = `${model} ${reason}`
      const kind = kinds.get(key) ?? { model, reason, count: 0, examples: [] }
      kind.count += 1
      if (kind.examples.length < MOST_EXAMPLES) kind.examples.push(String(pk))
      kinds.set(key, kind)
    },
    all: () => [...kinds.values()],
  }
}
