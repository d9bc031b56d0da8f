const SECRETS: [RegExp, string][] = [
  // user:password@ in a URL
  [/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@:]*:[^\s/@]+@/gi, "$1[redacted]@"],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, "[token]"],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, "[key]"],
  [/\b(?:gh[pousr]_|github_pat_|glpat-|xox[abprs]-|sk-|pnu_|pnb_|ya29\.)[\w-]{8,}/g, "[token]"],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, "[key]"],
  [/\b(authorization["']?\s*[:=]\s*["']?)(?:(bearer|basic)\s+)?[^\s"',;]+/gi, "$1[redacted]"],
  [/\b(bearer|basic)\s+[\w+/=.-]{8,}/gi, "$1 [redacted]"],
  [
    /\b([\w-]*(?:password|passwd|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential)[\w-]*["']?\s*[:=]\s*)(?:"[^"]*"|'[^']*'|[^\s,;&}]+)/gi,
    "$1[redacted]",
  ],
  [/[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g, "[e-mail]"],
]

/** The same text without what looks like a token, a key, a password or an e-mail address. */
export const redact = (text: string) => SECRETS.reduce((kept, [secret, instead]) => kept.replace(secret, instead), text)
