import { describe, expect, it } from "vitest"
import { parseAnswer } from "../../src/summaries/answer"

const A = "What failed: the sync.\nProbable cause: a changed password.\nWhat to try: sign in again."
const ch = (c: unknown, x: { message?: object; finish?: string } = {}) => ({
  choices: [{ message: { content: c, ...x.message }, finish_reason: x.finish ?? "stop" }],
})
const U = undefined

describe("of the answer of a model is shown", () => {
  it.each<[string, unknown, string | undefined]>([
    ["think", { response: `<think>\nThe user wants three paragraphs.\n</think>\n\n${A}` }, A],
    ["cut think", ch("<think>\nLet me look at the log. The user is staff", { finish: "length" }), U],
    ["lone close", { response: `Let me see. What failed: x\n</think>\n${A}` }, A],
    ["several", { response: `<think>a</think><think>b</think>${A}` }, A],
    ["unclosed later", { response: `${A}\n<think>hm` }, A],
    [
      "harmony",
      {
        response: `<|channel|>analysis<|message|>What failed: no<|end|><|start|>assistant<|channel|>final<|message|>${A}<|return|>`,
      },
      A,
    ],
    ["harmony no final", { response: "<|channel|>analysis<|message|>thinking" }, U],
    ["plain harmony", { response: `analysisWe need to explain.assistantfinal${A}` }, A],
    ["reasoning tag", { response: `<reasoning>x</reasoning>${A}` }, A],
    ["THINK", { response: `[THINK]x[/THINK]${A}` }, A],
    ["kimi", { response: `◁think▷x◁/think▷${A}` }, A],
    ["reasoning_content only", ch(null, { message: { reasoning_content: A } }), U],
    ["reasoning content beside", ch(A, { message: { reasoning_content: "hmm" } }), A],
    [
      "length whole",
      ch("What failed: the sync.\nProbable cause: a changed password.\nWhat to try: sign in again. Then run the pipe", {
        finish: "length",
      }),
      A,
    ],
    ["length no try", ch("What failed: the sync.\nProbable cause: a cha", { finish: "length" }), U],
    [
      "length try half",
      ch("What failed: the sync.\nProbable cause: a changed password.\nWhat to try: sign in ag", { finish: "length" }),
      U,
    ],
    ["empty", { response: "" }, U],
    ["nothing", {}, U],
    ["null", null, U],
    ["no choice", { choices: [] }, U],
    ["refusal", { response: "I'm sorry, but I can't help with that." }, U],
    ["refusal field", ch(null, { message: { refusal: "no" } }), U],
    [
      "hindi",
      { response: "What failed: सिंक विफल रहा।\nProbable cause: पासवर्ड बदल गया है।\nWhat to try: फिर से साइन इन करें।" },
      U,
    ],
    ["chinese", { response: "什么失败了：同步失败。\n可能的原因：密码已更改。\n尝试：重新登录。" }, U],
    [
      "spanish",
      {
        response:
          "What failed: La sincronización nocturna falló porque la fuente rechazó la contraseña.\nProbable cause: Alguien cambió la contraseña ayer.\nWhat to try: Inicie sesión otra vez.",
      },
      U,
    ],
    [
      "bold",
      {
        response:
          "**What failed:** the sync.\n\n**Probable cause:** a changed password.\n\n**What to try:** sign in again.",
      },
      A,
    ],
    [
      "bold2",
      {
        response:
          "**What failed**: the sync.\n**Probable cause**: a changed password.\n**What to try**: sign in again.",
      },
      A,
    ],
    [
      "headings",
      {
        response:
          "## What failed:\nthe sync.\n## Probable cause:\na changed password.\n## What to try:\nsign in again.",
      },
      A,
    ],
    [
      "headings no colon",
      {
        response:
          "### What failed\nthe sync.\n### Probable cause\na changed password.\n### What to try\nsign in again.",
      },
      A,
    ],
    [
      "list",
      {
        response:
          "What failed: the sync.\nProbable cause: a changed password.\nWhat to try:\n1. sign in again\n2. Run it",
      },
      A.replace("again.", "again. Run it."),
    ],
    [
      "bullets",
      { response: "- What failed: the sync.\n- Probable cause: a changed password.\n- What to try: sign in again." },
      A,
    ],
    [
      "numbered",
      {
        response:
          "1. **What failed:** the sync.\n2. **Probable cause:** a changed password.\n3. **What to try:** sign in again.",
      },
      A,
    ],
    ["fence", { response: "```text\n" + A + "\n```" }, A],
    ["one line", { response: A.replaceAll("\n", " ") }, A],
    ["preamble", { response: "Sure! Here is the explanation.\n\n" + A + "\n" }, A],
    [
      "echo",
      {
        response:
          'exactly three short paragraphs that begin with "What failed:", "Probable cause:" and "What to try:".\n\n' +
          A,
      },
      A,
    ],
    [
      "object",
      { response: { what_failed: "the sync.", probable_cause: "a changed password.", what_to_try: "sign in again." } },
      A,
    ],
    [
      "object headings",
      {
        response: {
          "What failed": "the sync.",
          "Probable cause": "a changed password.",
          "What to try": ["sign in again."],
        },
      },
      A,
    ],
    [
      "json text",
      { response: '{"what_failed":"the sync.","probable_cause":"a changed password.","what_to_try":"sign in again."}' },
      A,
    ],
    ["object other", { response: { summary: "the sync" } }, U],
    [
      "responses",
      {
        status: "completed",
        output: [
          { type: "reasoning", content: [{ type: "reasoning_text", text: "hm" }] },
          { type: "message", content: [{ type: "output_text", text: A }] },
        ],
      },
      A,
    ],
    [
      "responses cut",
      { status: "incomplete", output: [{ type: "message", content: [{ type: "output_text", text: A + " Then" }] }] },
      A,
    ],
    ["text", { choices: [{ text: A }] }, A],
    ["parts", ch([{ type: "text", text: A }]), A],
    [
      "parts w thinking",
      ch([
        { type: "thinking", thinking: "x" },
        { type: "text", text: A },
      ]),
      A,
    ],
    ["string", A, A],
    ["result", { result: { response: A } }, A],
    ["output_text", { output_text: A }, A],
    [
      "link",
      {
        response: A.replace(
          "sign in again.",
          "sign in at [Dalgo](https://evil.test/x) or https://evil.test/y or call +91 98765 43210.",
        ),
      },
      A.replace("sign in again.", "sign in at Dalgo or [link] or call [number]."),
    ],
    [
      "html",
      {
        response: A.replace(
          "sign in again.",
          '<a href="https://evil.test">sign in</a> <b>again</b>.<script>x</script>',
        ),
      },
      A.replace("sign in again.", "sign in again.x."),
    ],
    [
      "secret",
      { response: A.replace("a changed password.", "password=hunter2 of jane@acme.test.") },
      A.replace("a changed password.", "password=[redacted] of j…@acme.test."),
    ],
    [
      "names",
      { response: A.replace("the sync.", "the model stg_visits_raw in models/stg_visits.sql.") },
      A.replace("the sync.", "the model stg_visits_raw in models/stg_visits.sql."),
    ],
    ["no headings", { response: "The sync failed since the password changed." }, U],
    ["placeholder", { response: "What failed: ...\nProbable cause: ...\nWhat to try: ..." }, U],
    ["content filter", ch(A, { finish: "content_filter" }), U],
    ["x", { response: "x".repeat(20000) }, U],
    ["array", ["?"], U],
    ["thinking heading inside", { response: `<think>What failed: a.\nProbable cause: b.\nWhat to try: c.</think>` }, U],
    ["zwsp in think", { response: `<th\u200Bink>x</think>${A}` }, A],
    [
      "no colon bold",
      {
        response:
          "**What failed**\nthe sync.\n\n**Probable cause**\na changed password.\n\n**What to try**\nsign in again.",
      },
      A,
    ],
    [
      "an object after thinking",
      {
        response:
          '<think>x</think>\n```json\n{"what_failed":"the sync.","probable_cause":"a changed password.","what_to_try":"sign in again."}\n```',
      },
      A,
    ],
    ["a courtesy at the end", { response: `${A}\n\nLet me know if you need anything else!` }, A],
    ["no full stops", { response: A.replaceAll(/\.$/gm, "") }, A],
    ["pictures before headings", { response: `❌ ${A.replaceAll("\n", "\n🛠️ ")}` }, A],
    ["likely cause", { response: A.replace("Probable", "Likely") }, A],
  ])("the three paragraphs alone, or nothing: %s", (_, response, expected) => {
    expect(parseAnswer(response)).toBe(expected)
  })

  it("at most some whole sentences of each paragraph", () => {
    const shown = parseAnswer({
      response: A.replace("the sync.", "The sync stopped at a table of visits. ".repeat(60)),
    })
    expect(shown?.length).toBeLessThan(600)
    expect(shown).toMatch(/^What failed: (The sync stopped at a table of visits\. ?)+\nProbable cause: a changed/)
  })

  it("a cut before a half character, where a paragraph has no sentence", () => {
    const shown = parseAnswer({ response: A.replace("the sync.", `the ${"😀".repeat(400)}`) })
    expect(shown?.isWellFormed()).toBe(true)
    expect(shown).not.toContain("\uFFFD")
  })
})
