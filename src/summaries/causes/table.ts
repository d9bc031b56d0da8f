import type { Cause } from "./cause"
import { SOURCE_CAUSES } from "./sources"

/**
 * The known causes in order of precedence within one text: what somebody must mend before what passes by itself, before
 * what only stopped, before what only wraps another error.
 */
export const CAUSES: readonly Cause[] = [...SOURCE_CAUSES]
