/** What a sentence of the table may name. `last_good` is the time of the last run that went through, as people read it. */
export type Slot =
  | "connection"
  | "source"
  | "warehouse"
  | "pipeline"
  | "table"
  | "column"
  | "value"
  | "model"
  | "tests"
  | "number"
  | "duration"
  | "last_good"

export type Slots = Partial<Record<Slot, string>>

/** May be personal data: shown to members in the details, and never in chat, push or a mail's first lines. */
export const PERSONAL_SLOT = "value" satisfies Slot

/**
 * Who can mend it: programme staff who own the sheet, form or account; the organisation's admin in Dalgo; the owner of
 * the source or warehouse; the author of the dbt models; Dalgo's team; nobody, since it passes by itself.
 */
export type Who = "you" | "admin" | "owner" | "modeller" | "dalgo" | "nobody"

/** Which side of a connection failed, in Airbyte's words; `undefined` where the log does not say. */
export type Origin = "source" | "destination"

/** What a failure means for the data; the sentences stand in explain.ts. */
export type Meaning = "D1" | "D2" | "D3" | "D4" | "D5" | "D6"

/** `{slot}`s are filled by explain.ts. `{system}` is the source or the warehouse, by the origin of the failure. */
export type Template = string | ((slots: Slots) => string)

export type Cause = {
  id: string
  who: Who
  waitingHelps: "yes" | "maybe" | "no"
  /** One match suffices. Each has the flags `im` and sees one line or a short block of at most 4,000 characters. */
  patterns: RegExp[]
  /** Must match in the same text. */
  needs?: RegExp
  /** Must match the log's last line about an Airbyte job. */
  needsJobLine?: RegExp
  /** Must not match in the same text. */
  unless?: RegExp
  /** Say only that something else failed: a match of `patterns`, of any cause and in any voice, wins over them. */
  wrappingPatterns?: RegExp[]
  /** A traceback in the log says more than `wrappingPatterns` do. */
  wrapsTracebacks?: true
  /** Names a fault of the network, not the party at its other end: an outer exception that names the party wins. */
  namesNoParty?: true
  says: Template
  meaning: Meaning
  advice: Template
}
