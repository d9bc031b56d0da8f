import type { Cause } from "./cause"

/** The run itself, in Prefect's, Python's and Docker's words. */
export const RUN_CAUSES: Cause[] = [
  {
    id: "run-timed-out",
    who: "admin",
    waitingHelps: "maybe",
    patterns: [/run exceeded timeout of [\d.]{1,20} second/im, /\bTimedOut\(/im],
    says: "{pipeline} took longer than the {duration} it is allowed, and was stopped.",
    meaning: "D5",
    advice:
      "If it is the first time, your admin runs it again. If the data has grown, ask Dalgo's team for more time, or split the pipeline.",
  },
  {
    id: "run-stopped",
    who: "nobody",
    waitingHelps: "yes",
    patterns: [
      /aborted by a termination signal/im,
      /cancelled by the runtime environment/im,
      /\bSIGTERM\b/im,
      /\b(?:status|exit|return) (?:code|status)[:=]? ?(?:143|-15)\b|\bexited with (?:code |status )?(?:143|-15)\b|signal: terminated/im,
      /aborted by Python system exit call/im,
    ],
    says: "{pipeline} was stopped midway, most likely because the computer it runs on was restarted or shut down.",
    meaning: "D2",
    advice: "Nothing to do: the next run starts afresh. If Dalgo announced maintenance, that was it.",
  },
  {
    id: "run-not-started",
    who: "nobody",
    waitingHelps: "yes",
    patterns: [
      /Deployment concurrency limit reached/im,
      /Concurrency limit for the [^\n]{1,80}tag has been reached/im,
      /AwaitingConcurrencySlot/im,
      /^Late$/im,
    ],
    says: "{pipeline} has not started: others are ahead of it, or the computer that runs it does not answer.",
    meaning: "D1",
    advice:
      "Nothing to do for an hour; then tell Dalgo's team. Pipelines at the same minute wait for each other, so different times help.",
  },
  {
    id: "pipeline-setup-broken",
    who: "dalgo",
    waitingHelps: "no",
    patterns: [
      /No module named '?\w/im,
      /Flow could not be retrieved from deployment|\bScriptError\b|MissingFlowError/im,
      /Unable to find block document named/im,
      /Deployment (?:not found|with id \S{1,100} not found)/im,
      /PermissionError: \[Errno 13\]/im,
      /\bFileNotFoundError\b/im,
    ],
    says: "A piece of {pipeline} itself is missing on Dalgo's computer, or may not be used there.",
    meaning: "D3",
    advice: "Nothing to do on your side: Dalgo's team must mend it.",
  },
  {
    id: "run-could-not-start",
    who: "dalgo",
    waitingHelps: "maybe",
    patterns: [
      /could not be submitted to infrastructure/im,
      /process could not be started/im,
      /ImagePullBackOff|ErrImagePull|CannotPullContainerError|pull access denied for|manifest unknown|docker\.errors\.(?:ImageNotFound|NotFound)|pull rate limit/im,
      /Cannot connect to the Docker daemon/im,
      /CreateContainer(?:Config)?Error|CrashLoopBackOff|FailedScheduling|Pod never started|nodes are available: \d/im,
    ],
    wrappingPatterns: [/exited with non-zero status code:? (?:1|12[567])\b/im],
    wrapsTracebacks: true,
    says: "{pipeline} could not be started on Dalgo's computer.",
    meaning: "D1",
    advice:
      "Nothing to do on your side: Dalgo's team must look at it. Running it again helps only if the fault was brief.",
  },
]
