import { describe, expect, it } from "vitest"
import { redact } from "../../src/domain/redact"

describe("redacts", () => {
  it.each<[string, string, string]>([
    ["a password in a URL", "postgres://dalgo:hunter2@db.internal:5432/w", "postgres://[redacted]@db.internal:5432/w"],
    ["one with an @ in it", "mysql+pymysql://dalgo:hun@ter2@db/w", "mysql+pymysql://[redacted]@db/w"],
    ["one without a user", "redis://:hunter2@cache:6379", "redis://[redacted]@cache:6379"],
    [
      "a token in a URL",
      "git clone https://6f1c0ffee@github.test/ngo/dbt.git",
      "git clone https://[redacted]@github.test/ngo/dbt.git",
    ],
    ["every one of several", "a://b:c@d and e://f:g@h", "a://[redacted]@d and e://[redacted]@h"],
    ["a bearer token", "sent Bearer abc.DEF-123_45~6/7+8=", "sent Bearer [redacted]"],
    ["basic credentials", "with basic ZGFsZ286aHVudGVyMg==", "with basic [redacted]"],
    ["an Authorization header", "Authorization: Bearer abcdef", "Authorization: [redacted]"],
    ["one of another scheme", "authorization: Token 0123456789", "authorization: [redacted]"],
    [
      "one in JSON",
      '{"Authorization": "Basic abcdefgh", "Accept": "*/*"}',
      '{"Authorization": "[redacted]", "Accept": "*/*"}',
    ],
    ["an AWS key id", "denied for AKIAIOSFODNN7EXAMPLE.", "denied for [key]."],
    ["a temporary one", "ASIAIOSFODNN7EXAMPLE", "[key]"],
    ["a JWT", "token is eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl!", "token is [token]!"],
    ["a JWT without a signature", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0. ", "[token] "],
    ["a GitHub token", "ghp_0123456789abcdefghij", "[token]"],
    ["a GitLab token", "glpat-0123456789abcdefghij", "[token]"],
    ["a Slack token", "xoxb-0123456789-abcdefghij", "[token]"],
    ["a Prefect key", "key pnu_0123456789abcdef.", "key [token]."],
    ["an e-mail address", "mailed jane.doe+dbt@mail.ngo.example, and", "mailed j…@mail.ngo.example, and"],
    [
      "a private key",
      "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc=\n-----END RSA PRIVATE KEY-----\nnext",
      "[key]\nnext",
    ],
    ["a private key that was cut off", "-----BEGIN PRIVATE KEY-----\nMIIE\nabc=", "[key]"],
    ["key=value", "password=hunter2", "password=[redacted]"],
    ["key: value", "Password: hunter2, user: dalgo", "Password: [redacted], user: dalgo"],
    [
      "a longer name",
      "DBT_ENV_SECRET_GIT_TOKEN=hunter2;PGUSER=dalgo",
      "DBT_ENV_SECRET_GIT_TOKEN=[redacted];PGUSER=dalgo",
    ],
    ["an option", "--client-secret=hunter2 --verbose", "--client-secret=[redacted] --verbose"],
    [
      "a parameter of a URL",
      "https://api.test/v1?api_key=hunter2&page=2",
      "https://api.test/v1?api_key=[redacted]&page=2",
    ],
    ["JSON", '{"access_key": "hun ter2", "user": "dalgo"}', '{"access_key": [redacted], "user": "dalgo"}'],
    [
      "JSON with an escaped quote",
      '{"secret": "hun\\"ter2", "user": "dalgo"}',
      '{"secret": [redacted], "user": "dalgo"}',
    ],
    [
      "JSON within JSON",
      '"{\\"password\\": \\"hunter2\\", \\"user\\": \\"dalgo\\"}"',
      '"{\\"password\\": [redacted], \\"user\\": \\"dalgo\\"}"',
    ],
    ["a Python dict", "{'private_key': 'hun,ter2', 'user': 'dalgo'}", "{'private_key': [redacted], 'user': 'dalgo'}"],
    ["a value up to the end of the line", "token: hunter2\nnext", "token: [redacted]\nnext"],
  ])("%s", (_, text, expected) => {
    expect(redact(text)).toBe(expected)
  })
})

describe("does not redact", () => {
  it.each([
    ["nothing", ""],
    ["an address without a password", "https://dbt.test/docs?page=2#top"],
    ["a port", "could not reach db.internal:5432"],
    ["words about a password", 'password authentication failed for user "dalgo"'],
    ["a decorator", 'File "flow.py", line 9, in @task'],
    ["a count", "Done. PASS=10 WARN=0 ERROR=1 SKIP=3 TOTAL=14"],
    ["names of relations", 'relation "analytics.stg_survey" does not exist'],
    ["an id", "flow run 11111111-2222-4333-8444-555555555555"],
  ])("%s", (_, text) => {
    expect(redact(text)).toBe(text)
  })
})

describe("takes linear time", () => {
  const LONG = 200_000

  it.each([
    "a",
    "a.",
    "a-",
    "-",
    "+",
    ".",
    " ",
    "\n",
    "eyJ",
    "eyJ-",
    "eyJa.",
    "://",
    "a://b:",
    "@",
    "a@",
    "@a.",
    "a@a.",
    "a@a-",
    "password",
    "password ",
    "token_",
    "secret-",
    'password="',
    "password='\"",
    "password=\\",
    "basic ",
    "authorization ",
    "Authorization: Bearer ",
    "-----BEGIN ",
    "-----BEGIN PRIVATE KEY-----",
    "AKIA",
    "ghp_",
  ])("for nothing but %j", (piece) => {
    const start = performance.now()
    redact(piece.repeat(Math.ceil(LONG / piece.length)))
    redact(`password="${piece.repeat(Math.ceil(LONG / piece.length))}`)
    redact(`x-----BEGIN PRIVATE KEY-----${piece.repeat(Math.ceil(LONG / piece.length))}`)
    expect(performance.now() - start).toBeLessThan(1_000)
  })
})
