import { describe, expect, it } from "vitest"
import { safeName, safeText } from "../../src/domain/outside-text"

const E = "\x1B"

describe("a text from outside", () => {
  it.each<[string, string]>([
    [
      `ShellFailed: ${E}[31mDatabase Error in model stg_visits${E}[0m (models/stg_visits.sql)\n  ${E}[1;33mrelation "raw.visits"${E}[0m does not exist`,
      'ShellFailed: Database Error in model stg_visits (models/stg_visits.sql)\n  relation "raw.visits" does not exist',
    ],
    [`${E}[38;5;208mWARN${E}[m ok`, "WARN ok"],
    [`${E}[38;2;255;0;10mred${E}[39m`, "red"],
    [`${E}[38:2::255:0:10mred`, "red"],
    [`${E}]8;;https://evil.test/x${E}\\docs${E}]8;;${E}\\ end`, "docs end"],
    [`${E}]8;id=1;https://evil.test\x07docs${E}]8;;\x07`, "docs"],
    [`${E}]0;title\x07text`, "text"],
    [`${E}]2;title\x9ctext`, "text"],
    ["\x9b31mred\x9b0m", "red"],
    ["\x9d0;title\x07x", "x"],
    [`${E}(Bplain${E}[m`, "plain"],
    [`\\u001b[31mred\\u001b[0m`, "red"],
    [`\\x1b[31mred\\x1b[0m`, "red"],
    [`^[[31mred^[[0m`, "red"],
    [`\\033[31mred\\033[0m`, "red"],
    [`\\e[1;31mred\\e[0m`, "red"],
    [`\\\\u001b[31mred\\\\u001b[0m`, "red"],
    [`\\x1b]8;;https://evil.test\\x07docs\\x1b]8;;\\x07 end`, "docs end"],
    [`\\u001b]8;;https://evil.test\\u001b\\\\docs\\u001b]8;;\\u001b\\\\ end`, "docs end"],
    [`[31mDatabase Error in model stg_visits[0m …`, "Database Error in model stg_visits …"],
    [`[1;31mred`, "red"],
    [`[0m07:12:01  [31mERROR[0m creating`, "07:12:01  ERROR creating"],
    ["rate[5m]", "rate[5m]"],
    ["[1m ago] it broke", "[1m ago] it broke"],
    ["rows[31] and [0]", "rows[31] and [0]"],
    ["[3months]", "[3months]"],
    ["[10m]", "[10m]"],
    ["from [5m] to [0m]", "from [5m] to [0m]"],
    ["[30m window] closed", "[30m window] closed"],
    ["array[0] [1min]", "array[0] [1min]"],
    ["WHERE x[1m", "WHERE x[1m"],
    ["Downloading 10%\rDownloading 50%\rDownloading 100%\nDone", "Downloading 100%\nDone"],
    ["10%\b\b\b20%\b\b\b30%", "30%"],
    ["a\r\nb\r\r\nc", "a\nb\nc"],
    ["50%\r   \r", "50%"],
    [`10%\r${E}[K20%`, "20%"],
    [`${E}[2K${E}[1Gdone`, "done"],
    ["[[33mWARN[0m] slow", "[WARN] slow"],
    ["a\0b\u202Eevil\u202C\u200B", "abevil"],
    ["bad \ud83d end", "bad \uFFFD end"],
    [`${E}[31`, ""],
    [`x${E}`, "x"],
    ["C:\\e[1]", "C:\\e[1]"],
    ["C:\\x1bfoo", "C:\\x1bfoo"],
    [`${E}[1Aup${E}[?25l${E}[?25h`, "up"],
    ["[?25lhidden[?25h", "hidden"],
    [`${E}P1$r0m${E}\\x`, "x"],
    [`${E}=${E}>${E}7${E}8x`, "x"],
    [`a${E}[5Cb`, "a b"],
    ["\u241b[31mred\u241b[0m", "red"],
    [`pass${E}[0mword=hun${E}[31mter2`, "password=[redacted]"],
    ["p\u200Bassword=hunter2", "password=[redacted]"],
    ["tab\tkept\n\nline", "tab\tkept\n\nline"],
    ["[31m[ERROR][0m x", "[ERROR] x"],
    ["[INFO] [32msuccess[0m", "[INFO] success"],
    ["step [2m 30s] done [0m 10s]", "step [2m 30s] done [0m 10s]"],
  ])("%j is safe as %j", (text, expected) => {
    expect(safeText(text)).toBe(expected)
    expect(safeText(expected)).toBe(expected)
  })

  it("is one line where it is a name", () => {
    expect(safeName(` nightly\n${E}[1msurvey${E}[0m\t`)).toBe("nightly survey")
  })

  it.each([
    `${E}[`,
    `${E}]`,
    "\x9D",
    "\x9B",
    "[31m",
    "[0m",
    "[1;",
    "\b",
    "a\b",
    "\r",
    "\\u001b",
    "^[[",
    "[",
    `${E}]8;;`,
  ])("of nothing but %j takes time in proportion to its length", (piece) => {
    const time = (length: number) => {
      const text = piece.repeat(Math.ceil(length / piece.length))
      const start = performance.now()
      safeText(text)
      return performance.now() - start
    }
    time(1_000)
    // Quadratic time would be 100 times as long.
    expect(time(200_000)).toBeLessThan(Math.max(30 * time(20_000), 1_000))
  })
})
