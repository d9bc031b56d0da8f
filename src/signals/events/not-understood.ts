import { AppError } from "../../runtime/errors"

/** What we say to whoever sent what we cannot read. */
export const notUnderstood = () =>
  new AppError("invalid", "kept, but not understood", {
    issues: [{ loc: ["body"], msg: "kept, but not understood", type: "not_understood" }],
  })
