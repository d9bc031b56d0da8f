import { AppError } from "../../runtime/errors"

/** The 422 for a body that was stored, but could not be read. */
export const notUnderstood = () =>
  new AppError("invalid", "kept, but not understood", {
    issues: [{ loc: ["body"], msg: "kept, but not understood", type: "not_understood" }],
  })
