import { findInstance } from "./local/running-instances.mjs"

try {
  console.log(findInstance().worker.url)
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
