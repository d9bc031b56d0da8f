import { AIRBYTE_CAUSES } from "./airbyte"
import type { Cause } from "./cause"
import { CONNECTION_CAUSES } from "./connections-between"
import { DATABASE_CAUSES } from "./databases"
import { RUN_CAUSES } from "./run"
import { SOURCE_CAUSES } from "./sources"
import { TRANSFORMATION_CAUSES } from "./transformations"

/**
 * The known causes in order of precedence within one text: what somebody must mend before what passes by itself, before
 * what only stopped.
 */
export const CAUSES: readonly Cause[] = [
  ...SOURCE_CAUSES,
  ...DATABASE_CAUSES,
  ...TRANSFORMATION_CAUSES,
  ...CONNECTION_CAUSES,
  ...AIRBYTE_CAUSES,
  ...RUN_CAUSES,
]
