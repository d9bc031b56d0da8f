/**
 * Log lines may be of any length, so every pattern takes linear time: a run of characters is tried only from its
 * beginning (by a lookbehind), or its length is bounded.
 */
const SECRET_PATTERNS: [RegExp, string][] = [
  // user:password@ or token@ in a URL
  [/(:\/\/)[^\s/"'<>]*@/g, "$1[redacted]@"],
  [/(?<![\w-])eyJ[\w-]+\.[\w-]+\.[\w-]*/g, "[token]"],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, "[key]"],
  [/\b(?:gh[pousr]_|github_pat_|glpat-|xox[abprs]-|sk-|pnu_|pnb_|ya29\.)[\w-]{8,}/g, "[token]"],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, "[key]"],
  [/\b(authorization\\*["']?\s*[:=]\s*\\*["']?)(?:(?:bearer|basic|token)\s+)?[^\s"',;]+/gi, "$1[redacted]"],
  [/\b(bearer|basic)\s+[\w+/=.~-]{8,}/gi, "$1 [redacted]"],
  [
    /((?:password|passwd|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential)[\w-]{0,40}\\*["']?\s*[:=]\s*)(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s,;&}]+)/gi,
    "$1[redacted]",
  ],
  [/(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g, "[e-mail]"],
]

/** Replaces what looks like a token, key, password or email address. */
export const redact = (text: string) =>
  SECRET_PATTERNS.reduce((redacted, [pattern, replacement]) => redacted.replace(pattern, replacement), text)
