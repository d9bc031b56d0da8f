const WIDTH = 30
const LINE_EVERY_MS = 5_000

const number = new Intl.NumberFormat("en")

/** A bar on a terminal; elsewhere a line for what is finished, and one every few seconds for what takes longer. */
export function showProgress(out = process.stdout) {
  let isDrawn = false
  let nextLineAt = Date.now() + LINE_EVERY_MS

  function draw(what, done, total) {
    const full = Math.round((WIDTH * done) / total)
    const bar = "█".repeat(full) + "░".repeat(WIDTH - full)
    out.write(`\r\x1b[2K${bar} ${what} ${number.format(done)} of ${number.format(total)}`)
    isDrawn = true
  }

  function print(what, done, total) {
    if (done < total && Date.now() < nextLineAt) return
    nextLineAt = Date.now() + LINE_EVERY_MS
    out.write(`${what}: ${number.format(done)} of ${number.format(total)}\n`)
  }

  return {
    at: out.isTTY ? draw : print,
    end() {
      if (isDrawn) out.write("\r\x1b[2K")
    },
  }
}
