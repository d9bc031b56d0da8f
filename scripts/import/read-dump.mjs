import { createHash } from "node:crypto"
import { readFile } from "node:fs/promises"
import { gunzipSync } from "node:zlib"
import { collectRows } from "./collect-rows.mjs"
import { toUtf8 } from "./parse-rows.mjs"

/**
 * Reads the output of `manage.py dumpdata`, also one that was compressed by gzip.
 * @returns what `collectRows` returns, and `hash`, the SHA-256 of the file
 */
export async function readDump(path) {
  const file = await readBytes(path)
  try {
    return { hash: createHash("sha256").update(file).digest("hex"), ...collectRows(toUtf8(unpack(file))) }
  } catch (error) {
    if (error.code === "ERR_STRING_TOO_LONG" || error.code === "ERR_BUFFER_TOO_LARGE")
      throw new Error(`${path} is too large in this form. Save it as UTF-8, not compressed.`, { cause: error })
    throw new Error(`${path} ${error.message}`, { cause: error })
  }
}

/** Forms in which manage.py dumpdata and people pack a dump, by their first bytes. Node unpacks gzip alone. */
const PACKED = [
  { bytes: "504b", form: "a ZIP archive" },
  { bytes: "425a68", form: "compressed by bzip2" },
  { bytes: "fd377a585a00", form: "compressed by xz" },
  { bytes: "5d0000", form: "compressed by LZMA" },
  { bytes: "28b52ffd", form: "compressed by Zstandard" },
  { bytes: "377abcaf271c", form: "a 7-Zip archive" },
]

function unpack(file) {
  const begin = file.subarray(0, 6).toString("hex")
  const packed = PACKED.find(({ bytes }) => begin.startsWith(bytes))
  if (packed) throw new Error(`is ${packed.form}: unpack it first.`)
  if (file[0] !== 0x1f || file[1] !== 0x8b) return file
  try {
    return gunzipSync(file)
  } catch (error) {
    if (error.code === "ERR_BUFFER_TOO_LARGE") throw error
    throw new Error("is compressed by gzip, and damaged: it may be incomplete.", { cause: error })
  }
}

async function readBytes(path) {
  try {
    return await readFile(path)
  } catch (error) {
    if (error.code === "ENOENT") throw new Error(`There is no file ${path}.`, { cause: error })
    if (error.code === "ERR_FS_FILE_TOO_LARGE")
      throw new Error(`${path} is larger than 2 GiB. Dump only the models that the import needs.`, { cause: error })
    throw new Error(`${path} cannot be read (${error.code}).`, { cause: error })
  }
}
