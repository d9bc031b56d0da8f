/** A pseudo-random number generator (mulberry32): the same seed gives the same numbers. */
export function prng(seed: number) {
  let state = seed
  /** In [0, 1). */
  const random = () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  /** An integer in [0, limit). */
  const intBelow = (limit: number) => Math.floor(random() * limit)
  const pick = <T>(choices: readonly T[]): T => choices[intBelow(choices.length)] as T
  const chance = (probability: number) => random() < probability
  const shuffled = <T>(items: T[]): T[] => {
    const rest = [...items]
    return items.map(() => rest.splice(intBelow(rest.length), 1)[0] as T)
  }
  return { random, intBelow, pick, chance, shuffled }
}
