import { safeText } from "../domain/outside-text"
import { firstCharacters } from "../domain/text"
import { parseJson } from "../runtime/zod"

const HEADINGS = ["What failed", "Probable cause", "What to try"] as const
const MAX_SECTION_LENGTH = 470
/** More than any model writes with the limit of tokens that summarise.ts sets, thinking included. */
const MAX_ANSWER_LENGTH = 50_000

/** The text of a model's answer. `isCut`: the model stopped at its limit of tokens. */
type Answer = { text: string; isCut: boolean }

/**
 * The three paragraphs of a model's answer, safe to show; `undefined` if it has none that can be used. The thinking of
 * the model is never part of it.
 */
export function parseAnswer(response: unknown): string | undefined {
  const answer = answerIn(response)
  if (!answer) return undefined
  const text = withoutThinking(safeText(answer.text.slice(0, MAX_ANSWER_LENGTH)))
  const sections = text === undefined ? undefined : sectionsOf(withoutMarkdown(textInJson(text) ?? text))
  if (!sections) return undefined
  const paragraphs = sections.map((section, i) =>
    toSentences(section, { isCut: answer.isCut && i === HEADINGS.length - 1 }).replace(COURTESY, ""),
  )
  if (paragraphs.some((paragraph) => !/\p{L}{2}/u.test(paragraph) || isRefusal(paragraph))) return undefined
  if (!isEnglish(paragraphs.join(" "))) return undefined
  return HEADINGS.map((heading, i) => `${heading}: ${withFullStop(paragraphs[i] ?? "")}`).join("\n")
}

// Shapes ---------------------------------------------------------------------------------------------------

type Fields = Record<string, unknown>
const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)
const fieldsIn = (value: unknown): Fields[] => (Array.isArray(value) ? value.filter(isFields) : [])

/**
 * Workers AI answers in the shape of the model: `response` of older models, `choices` of chat completions, `output` of
 * the Responses API. Fields such as `reasoning_content` are not read.
 */
function answerIn(response: unknown): Answer | undefined {
  if (typeof response === "string") return toAnswer(response, undefined)
  if (!isFields(response)) return undefined
  if (isFields(response.result)) return answerIn(response.result)
  const { finish_reason: reason, stop_reason: stopReason, status } = response
  const [choice] = fieldsIn(response.choices)
  if (choice) {
    const message = isFields(choice.message) ? choice.message.content : undefined
    return toAnswer(message ?? choice.text, choice.finish_reason)
  }
  if (Array.isArray(response.output)) {
    const messages = fieldsIn(response.output).filter(({ type }) => type === undefined || type === "message")
    return toAnswer(
      messages.flatMap(({ content }) => content),
      status === "incomplete" ? "length" : reason,
    )
  }
  return toAnswer(response.response ?? response.output_text ?? response.content, reason ?? stopReason)
}

const CUT_REASONS = ["length", "max_tokens", "max_output_tokens", "MAX_TOKENS"]
const REFUSED_REASONS = ["content_filter", "refusal", "safety", "SAFETY"]

function toAnswer(content: unknown, reason: unknown): Answer | undefined {
  if (REFUSED_REASONS.includes(String(reason))) return undefined
  const text = textIn(content)
  return text.trim() === "" ? undefined : { text, isCut: CUT_REASONS.includes(String(reason)) }
}

const TEXT_TYPES: unknown[] = [undefined, "text", "output_text"]

/** The text of a content: a string, parts with a `text`, or an object whose fields are the three paragraphs. */
function textIn(content: unknown): string {
  if (typeof content === "string") return textInJson(content) ?? content
  if (Array.isArray(content))
    return content.map((part) => (isFields(part) || typeof part === "string" ? textIn(part) : "")).join("")
  if (!isFields(content)) return ""
  if (typeof content.text === "string") return TEXT_TYPES.includes(content.type) ? content.text : ""
  return paragraphsIn(content) ?? ""
}

/** A model in JSON mode may write the object as text. */
function textInJson(text: string): string | undefined {
  const [json] = /^\s*(?:```(?:json)?\s*)?(\{[\s\S]*\})\s*(?:```)?\s*$/.exec(text)?.slice(1) ?? []
  if (json === undefined) return undefined
  const value = parseJson(json)
  return isFields(value) ? paragraphsIn(value) : undefined
}

const lettersOf = (name: string) => name.toLowerCase().replaceAll(/[^a-z]/g, "")

function paragraphsIn(fields: Fields): string | undefined {
  const byName = new Map(Object.entries(fields).map(([name, value]) => [lettersOf(name), value]))
  const values = HEADINGS.map((heading) => byName.get(lettersOf(heading)))
  const texts = values.map((value) => (Array.isArray(value) ? value.join(" ") : value))
  return texts.every((each) => typeof each === "string")
    ? HEADINGS.map((heading, i) => `${heading}: ${texts[i]}`).join("\n")
    : undefined
}

// Thinking -------------------------------------------------------------------------------------------------

const THINKING =
  "think|thinking|thought|thoughts|reason|reasoning|reflection|analysis|scratchpad|seed:think|inner_monologue"
/** `<think>`, `<|think|>`, `[THINK]`, `◁think▷`. */
const OPENED = new RegExp(`(?:<\\|?|\\[|◁)(?:${THINKING})(?:\\s[^>\\n]{0,100})?(?:\\|?>|\\]|▷)`, "i")
const CLOSED = new RegExp(`(?:<\\|?|\\[|◁)/(?:${THINKING})(?:\\|?>|\\]|▷)`, "gi")

/** What follows the thinking; `undefined` if the model did not come to its answer. */
function withoutThinking(text: string): string | undefined {
  const harmony = afterHarmony(text)
  if (harmony === undefined) return undefined
  const end = [...harmony.matchAll(CLOSED)].at(-1)
  const answer = end ? harmony.slice(end.index + end[0].length) : harmony
  const [before = "", ...unclosed] = answer.split(OPENED)
  if (unclosed.length > 0 && before.trim() === "") return undefined
  return before.replaceAll(/<\/?(?:answer|final|response|output)>/gi, "")
}

/** gpt-oss writes to channels: `<|channel|>analysis<|message|>…<|channel|>final<|message|>…`. */
function afterHarmony(text: string): string | undefined {
  const plain = /^(?:assistant)?analysis[\s\S]*assistantfinal/.exec(text)
  if (plain) return text.slice(plain[0].length)
  if (!text.includes("<|channel|>") && !/^(?:assistant)?analysis(?=[A-Z])/.test(text))
    return text.replaceAll(/<\|\w{1,20}\|>/g, "")
  const final = [...text.matchAll(/<\|channel\|>\s*final[^<]{0,40}<\|message\|>/g)].at(-1)
  if (!final) return undefined
  return text.slice(final.index + final[0].length).split(/<\|(?:end|return|start|channel|call)\|>/, 1)[0]
}

// Text -----------------------------------------------------------------------------------------------------

/** A link or a number to call would be the log's advice, not ours: a log may hold text that somebody planted. */
const URLS = /(?:[a-z][a-z0-9+.-]{1,20}:\/\/|\bwww\.|\b(?:mailto|tel|javascript|data):)[^\s<>"')\]]+/gi
const BARE_LINKS = /(?<![\w@./-])(?:[a-z0-9-]{1,63}\.){1,5}[a-z]{2,24}\/[^\s<>"')\]]*/gi
const PHONE_NUMBERS = /\+\d[\d ().-]{6,20}\d/g
const FILE_PATH = /\.(?:sql|py|ya?ml|json|csv|log|md)$/i

const withoutLinks = (text: string) =>
  text
    .replaceAll(URLS, "[link]")
    .replaceAll(BARE_LINKS, (link) => (FILE_PATH.test(link) ? link : "[link]"))
    .replaceAll(PHONE_NUMBERS, "[number]")

/** The words without Markdown and HTML. */
const withoutMarkdown = (text: string) =>
  withoutLinks(
    text
      .replaceAll(/!?\[([^[\]\n]{0,300})\]\([^()\n]{0,500}\)/g, "$1")
      .replaceAll(/^[ \t]*(?:```|~~~)[^\n]*$/gm, "")
      .replaceAll(/<(?:br|\/p|\/li|\/div)\s?\/?>/gi, "\n")
      .replaceAll(/<\/?[a-z][a-z0-9]{0,20}(?:\s[^<>]{0,2000})?\/?>/gi, "")
      .replaceAll(/^[ \t]*(?:#{1,6}[ \t]+|>[ \t]?|(?:[-*_][ \t]?){3,}$)/gm, "")
      .replaceAll(/\*\*\*|\*\*|__(?=\S)|(?<=\S)__|`/g, "")
      .replaceAll(/(?<![\w*])[*_](?=\S)([^*_\n]{1,300})(?<=\S)[*_](?![\w*])/g, "$1"),
  )

const HEADING =
  /(?:^|(?<=[\n.!?]\s{0,3}))[ \t]*(?:[-*•]|\d[.)]|\p{Extended_Pictographic}\uFE0F?)?[ \t]*(What failed|(?:The )?(?:most )?(?:Probable|Likely) cause|What to (?:try|do))[ \t]*(?:[:：–—]|-(?=\s)|\n)/giu

const headingIndex = (heading: string) => (/failed/i.test(heading) ? 0 : /cause/i.test(heading) ? 1 : 2)

/** The three paragraphs after their headings, of the last such answer: a model may repeat its task first. */
function sectionsOf(text: string): string[] | undefined {
  const found = [...text.matchAll(HEADING)].map(({ 0: whole, 1: heading = "", index }) => ({
    heading: headingIndex(heading),
    start: index,
    end: index + whole.length,
  }))
  const first = found.findLastIndex((_, i) => [0, 1, 2].every((each) => found[i + each]?.heading === each))
  if (first < 0) return undefined
  return [0, 1, 2].map((i) => text.slice(found[first + i]?.end, found[first + i + 1]?.start))
}

const SENTENCE_END = /[.!?…](?=["')\]]?(?:\s|$))["')\]]?/g
const LIST_ITEM = /^\s*(?:[-*•+]|\d{1,2}[.)])\s+/

/** A paragraph of whole sentences, as one line. A list becomes its sentences. */
function toSentences(section: string, { isCut }: { isCut: boolean }): string {
  const lines = section
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => /[\p{L}\p{N}]/u.test(line))
  const text = lines
    .map((line, i) => {
      const isBeforeItem = LIST_ITEM.test(lines[i + 1] ?? "") || LIST_ITEM.test(line)
      const item = line.replace(LIST_ITEM, "")
      return isBeforeItem && i < lines.length - 1 && !/[.!?:;,…]$/.test(item) ? `${item}.` : item
    })
    .join(" ")
    .replaceAll(/\s{2,}/g, " ")
  if (text.length <= MAX_SECTION_LENGTH && !isCut) return text
  const start = firstCharacters(text, MAX_SECTION_LENGTH)
  const end = [...start.matchAll(SENTENCE_END)].at(-1)
  if (end) return start.slice(0, end.index + end[0].length)
  return isCut ? "" : `${start.slice(0, Math.max(start.lastIndexOf(" "), 0))}…`
}

/** What an assistant says to the person that it talks with. */
const COURTESY =
  /(?<=[.!?]["')]?)\s{1,3}(?:(?:Please )?let (?:me|us) know|I hope (?:this|that)|Feel free|If you (?:need|have) (?:any|more|further)|Is there anything)\b[^.!?]{0,200}[.!?]$/i

/** The paragraphs are shown as one. */
const withFullStop = (text: string) =>
  /[\p{L}\p{N})\]"']$/u.test(text) && !/[.!?…]["')\]]$/.test(text) ? `${text}.` : text

const isRefusal = (text: string) =>
  /^(?:(?:I['’]?m|I am) (?:sorry|unable|not able)|(?:I['’]m |I am )?sorry\b|I (?:cannot|can['’]t|could not|won['’]t)|As an AI|\[[^\]]*\]$|\.{3}|…|n\/?a\b|unknown\.?$)/i.test(
    text,
  )

const ENGLISH =
  /^(?:the|is|was|to|of|and|for|with|not|it|that|be|been|on|by|this|from|has|have|had|are|were|an|or|if|its|you|your|which|could|check|failed|because|again|when|at|in|did)$/i

/** Most letters are Latin, and of a longer text some words are the frequent ones of English. */
function isEnglish(text: string): boolean {
  const letters = text.match(/\p{L}/gu) ?? []
  const latin = letters.filter((letter) => /\p{Script=Latin}/u.test(letter))
  if (latin.length < letters.length * 0.7) return false
  const words = text.match(/[\p{L}’']+/gu) ?? []
  return words.length < 12 || words.filter((word) => ENGLISH.test(word)).length >= words.length * 0.08
}
