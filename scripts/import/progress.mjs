const WIDTH = 30
const LINE_EVERY_MS = 5_000

const number = new Intl.NumberFormat("en")

/** Draws a progress bar on a terminal. Elsewhere, prints one line per finished task, and one every 5 seconds. */
export function createProgress(out = process.stdout) {
  let isDrawn = false
  let nextLineAt = Date.now() + LINE_EVERY_MS

  function draw(task, done, total) {
    const full = Math.round((WIDTH * done) / total)
    const bar = "█".repeat(full) + "░".repeat(WIDTH - full)
    out.write(`\r\x1b[2K${bar} ${task} ${number.format(done)} of ${number.format(total)}`)
    isDrawn = true
  }

  function print(task, done, total) {
    if (done < total && Date.now() < nextLineAt) return
    nextLineAt = Date.now() + LINE_EVERY_MS
    out.write(`${task}: ${number.format(done)} of ${number.format(total)}\n`)
  }

  return {
    update: out.isTTY ? draw : print,
    end() {
      if (isDrawn) out.write("\r\x1b[2K")
    },
  }
}
