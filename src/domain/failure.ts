/** A run stops while data arrives, while tables are made from it, or nobody saw where. */
export type Reach = "sync" | "transformation" | "unknown"

/**
 * The facts of a failed run at its publication. They are stored, since its message is composed from them a second time
 * when the log has been read. Texts are without secrets.
 */
export type Failure = {
  orgName: string
  /** The organisation's zone. */
  timeZone: string
  /** The name by which people know the pipeline; `null` if nobody told it. */
  pipeline: string | null
  /** The step at which it stopped, in words. */
  step: string | null
  /** How far it came, as far as the step tells. */
  reach: Reach
  stateMessage: string | null
  failedAt: number | null
  /** When the pipeline's last run went through. */
  lastCompletedAt: number | null
  /** The page of the web app where the run can be looked at. */
  link: string | null
  /** Whether the platform admins are told of it as well. */
  isTeamTold: boolean
  /** Whether AI may summarise the log. */
  usesAi: boolean
  publishedAt: number
}
