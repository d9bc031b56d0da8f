const MAX_EXAMPLES = 5

/** Collects what the report says about single rows, grouped by reason: `{model, reason, count, examples, pks}`, five examples each. */
export function createIssueList() {
  const groups = new Map()
  return {
    add: (model, pk, reason) => {
      const key = `${model} ${reason}`
      const group = groups.get(key) ?? { model, reason, count: 0, examples: [], pks: [] }
      group.count += 1
      group.pks.push(String(pk))
      if (group.examples.length < MAX_EXAMPLES) group.examples.push(String(pk))
      groups.set(key, group)
    },
    all: () => [...groups.values()],
  }
}
