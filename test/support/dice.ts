/** The same numbers for the same seed. */
export function dice(seed: number) {
  let state = seed
  /** In [0, 1). */
  const random = () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const roll = (sides: number) => Math.floor(random() * sides)
  const pick = <T>(choices: readonly T[]): T => choices[roll(choices.length)] as T
  const chance = (probability: number) => random() < probability
  const shuffled = <T>(items: T[]): T[] => {
    const rest = [...items]
    return items.map(() => rest.splice(roll(rest.length), 1)[0] as T)
  }
  return { random, roll, pick, chance, shuffled }
}
