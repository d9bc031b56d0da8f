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

function unpack(file) {
  if (file[0] === 0x50 && file[1] === 0x4b) throw new Error("is a ZIP archive: unpack it first.")
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
