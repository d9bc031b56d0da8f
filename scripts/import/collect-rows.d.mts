export type Dump = {
  models: Record<string, Map<string, Record<string, unknown>>>
  counts: Record<string, number>
  ignored: Map<string, number>
  invalid: { model: string; pk: unknown; reason: string }[]
  mended: { model: string; pk: unknown; reason: string }[]
  isCut: boolean
  hasBrokenRows: boolean
}
export declare function collectRows(bytes: Uint8Array): Dump
