import { describe, expect, it } from "vitest"
import { redact } from "../../src/domain/redact"

describe("hides the secret and keeps the rest of", () => {
  it.each<[string, string]>([
    [
      "GET https://maps.googleapis.com/v1/x?key=AIzaSyB0987654321zyxwvutsrqponmlkjihgfed",
      "GET https://maps.googleapis.com/v1/x?key=[redacted]",
    ],
    [
      "403 for https://acme.blob.core.windows.net/c/f.csv?sv=2023-01-03&sig=abc%2Bdef%3D&sp=r",
      "403 for https://acme.blob.core.windows.net/c/f.csv?sv=2023-01-03&sig=[redacted]&sp=r",
    ],
    [
      "retries exceeded with url: /services/T0ACME000/B0ACME000/zyxwvutsrqponmlkjihgfedc",
      "retries exceeded with url: /services/[redacted]",
    ],
    [
      "https://api.telegram.org/bot987654321:BBFhCPxfjl7be0s_RYNFORkdsHcrDs5L-bc/getMe",
      "https://api.telegram.org/bot[redacted]/getMe",
    ],
    ["mail key 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", "mail key [token]"],
    ["ApiKey sync@acme.test:fedcba9876543210fedcba9876543210 was refused", "ApiKey [redacted] was refused"],
    ["key patZYXWVUTSRQPONM.fedcba9876543210fedcba9876543210", "key [token]"],
    ["Cookie: sessionid=fedcba9876543210; csrftoken=abc", "Cookie: [redacted]"],
    ["postgres://user:p/a's w@host/db", "postgres://[redacted]@host/db"],
    [
      'postgresql+psycopg2://dalgo:p"q@wh.ngo.example:5432/warehouse failed',
      "postgresql+psycopg2://[redacted]@wh.ngo.example:5432/warehouse failed",
    ],
    ["mongodb+srv://u:pa ss@cluster0.abc.mongodb.net/db", "mongodb+srv://[redacted]@cluster0.abc.mongodb.net/db"],
    ["Authorization: ApiKey user@host:0123456789abcdef", "Authorization: [redacted]"],
    ["Authorization: Basic ZGFsZ286aHVudGVyMg==", "Authorization: [redacted]"],
    ["X-Api-Key: hunter2hunter", "X-Api-Key: [redacted]"],
    ["X-Auth-Token: 9f8e7d6c5b4a", "X-Auth-Token: [redacted]"],
    ["Set-Cookie: session=abcdef; Path=/; HttpOnly", "Set-Cookie: [redacted]"],
    ["{'Cookie': 'csrftoken=abc; sessionid=def', 'Accept': '*/*'}", "{'Cookie': '[redacted]', 'Accept': '*/*'}"],
    [
      '"private_key": "-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0\\nabc\\n-----END PRIVATE KEY-----\\n", "client_email": "x@p.iam.gserviceaccount.com"',
      '"private_key": [redacted], "client_email": "x…@p.iam.gserviceaccount.com"',
    ],
    ["-----BEGIN OPENSSH PRIVATE KEY----- b3BlbnNzaC1rZXktdjEAAAA cut off", "[key]"],
    ["-----BEGIN ENCRYPTED PRIVATE KEY-----", "[key]"],
    ["-----BEGIN EC PRIVATE KEY-----\\nMHcCAQEE", "[key]"],
    ["CREATE ROLE dalgo WITH LOGIN PASSWORD 'hunter2';", "CREATE ROLE dalgo WITH LOGIN PASSWORD [redacted];"],
    [
      "ALTER USER dalgo WITH ENCRYPTED PASSWORD 'hun''ter2' VALID UNTIL 'infinity'",
      "ALTER USER dalgo WITH ENCRYPTED PASSWORD [redacted] VALID UNTIL 'infinity'",
    ],
    ["CREATE USER 'dalgo'@'%' IDENTIFIED BY 'hunter2';", "CREATE USER 'dalgo'@'%' IDENTIFIED BY [redacted];"],
    ["CREATE USER scott IDENTIFIED BY tiger;", "CREATE USER scott IDENTIFIED BY [redacted];"],
    [
      "ALTER USER root IDENTIFIED WITH mysql_native_password BY 'hunter2'",
      "ALTER USER root IDENTIFIED WITH mysql_native_password BY [redacted]",
    ],
    [
      "COPY t FROM 's3://b/k' CREDENTIALS 'aws_access_key_id=AKIAIOSFODNN7EXAMPLE;aws_secret_access_key=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'",
      "COPY t FROM 's3://b/k' CREDENTIALS [redacted]",
    ],
    ["connect(host='db', password='x', user='y')", "connect(host='db', password=[redacted], user='y')"],
    ['{"password": "x", "user": "y"}', '{"password": [redacted], "user": "y"}'],
    ["PGPASSWORD=x psql -h db", "PGPASSWORD=[redacted] psql -h db"],
    ["airbyte --password x --user y", "airbyte --password [redacted] --user y"],
    ["mysqldump -p'x' db", "mysqldump -p[redacted] db"],
    ["mysql -u root -phunter2 db", "mysql -u root -p[redacted] db"],
    ["spring.datasource.password=hunter2", "spring.datasource.password=[redacted]"],
    ["host=db password=hunter2 user=dalgo dbname=w", "host=db password=[redacted] user=dalgo dbname=w"],
    ["host=db password='hun ter2' user=dalgo", "host=db password=[redacted] user=dalgo"],
    ["Server=tcp:db;User ID=u;Password={a;b};Encrypt=yes", "Server=tcp:db;User ID=u;Password=[redacted];Encrypt=yes"],
    [
      "DefaultEndpointsProtocol=https;AccountName=ngo;AccountKey=Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYg==;EndpointSuffix=core.windows.net",
      "DefaultEndpointsProtocol=https;AccountName=ngo;AccountKey=[redacted];EndpointSuffix=core.windows.net",
    ],
    ["Token 0123456789abcdef0123456789abcdef01234567 is not valid", "Token [redacted] is not valid"],
    ["Invalid token 9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b", "Invalid token [redacted]"],
    [
      "GET https://s3.amazonaws.com/b/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20261101&X-Amz-Signature=fe5f80f77d5fa3beca038a248ff027d0445342fe2855ddc963176630326f1024",
      "GET https://s3.amazonaws.com/b/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=[redacted]&X-Amz-Signature=[redacted]",
    ],
    [
      "https://storage.googleapis.com/b/o?GoogleAccessId=a@b.iam.gserviceaccount.com&Expires=1&Signature=abcDEF%2B123",
      "https://storage.googleapis.com/b/o?GoogleAccessId=a…@b.iam.gserviceaccount.com&Expires=1&Signature=[redacted]",
    ],
    [
      "https://oauth2.test/callback?code=4/0AY0e-g7abc123DEF&state=xyz9876abc",
      "https://oauth2.test/callback?code=[redacted]&state=[redacted]",
    ],
    [
      "https://hooks.slack.com/services/T01ABCDEF/B01ABCDEF/abcdefghijklmnopqrstuvwx",
      "https://hooks.slack.com/services/[redacted]",
    ],
    [
      "https://discord.com/api/webhooks/123456789012345678/abcDEF-ghi_JKLmnopqrstuvwxyz0123456789",
      "https://discord.com/api/webhooks/[redacted]",
    ],
    [
      "requests.exceptions.ConnectionError: /api/webhooks/123456789012345678/abcDEF-ghi_JKLmnopqrstuvwxyz0123456789",
      "requests.exceptions.ConnectionError: /api/webhooks/[redacted]",
    ],
    [
      "ghp_0123456789abcdefghij github_pat_11ABCDE_0123 glpat-0123456789abcdefghij xoxb-0123456789-abcdef",
      "[token] [token] [token] [token]",
    ],
    ["sk-proj-abc123DEF456ghi789jkl012 sk-ant-api03-AbC123def456GHI", "[token] [token]"],
    ["hf_abcdefghijklmnop0123456789QRST npm_abcdefghijklmnopqrstuvwxyz0123456789", "[token] [token]"],
    [
      "shpat_0123456789abcdef0123456789abcdef rk_live_abc123def456 whsec_abc123def456ghi789jkl",
      "[token] [token] [token]",
    ],
    ["service key: AIzaSyA1234567890abcdefghijklmnopqrstuv", "service key: [token]"],
    ["api key 5d41402abc4b2a76b9719d911017c592 rejected", "api key [redacted] rejected"],
    ['"aws_secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"', '"aws_secret_access_key": [redacted]'],
    ["found wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY9 in log", "found [redacted] in log"],
    ["the value Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9v== was refused", "the value [redacted] was refused"],
    [
      'mail to आशा@उदाहरण.भारत and josé.garcía@münchen.example and "jane doe"@ngo.example',
      "mail to आ…@उदाहरण.भारत and j…@münchen.example and j…@ngo.example",
    ],
    ["user jane%40ngo.example not found", "user j…@ngo.example not found"],
    ["The password is hunter2.", "The password is [redacted]."],
    ['password "hunter2" rejected', 'password "[redacted]" rejected'],
    ["curl -u dalgo:hunter2 https://kc.kobotoolbox.org/api", "curl -u dalgo:[redacted] https://kc.kobotoolbox.org/api"],
    [
      "curl -H 'Authorization: Token 0123456789abcdef' https://kf.kobotoolbox.org",
      "curl -H 'Authorization: [redacted]' https://kf.kobotoolbox.org",
    ],
    ["FATAL: password: hunter2", "FATAL: password: [redacted]"],
    ["password: swordfish", "password: [redacted]"],
    [
      '{\\"access_token\\":\\"abc123\\",\\"token_type\\":\\"bearer\\"}',
      '{\\"access_token\\":[redacted],\\"token_type\\":\\"bearer\\"}',
    ],
    ['client_secret: "GOCSPX-abcdefghijklmnopqrst"', "client_secret: [redacted]"],
    ["DBT_ENV_SECRET_GIT_CREDENTIAL=abc", "DBT_ENV_SECRET_GIT_CREDENTIAL=[redacted]"],
    [
      "jdbc:snowflake://x.snowflakecomputing.com/?user=dalgo&password=hun!ter2&warehouse=WH",
      "jdbc:snowflake://x.snowflakecomputing.com/?user=dalgo&password=[redacted]&warehouse=WH",
    ],
    ["jdbc:oracle:thin:scott/tiger@db:1521:xe", "jdbc:oracle:thin:[redacted]@db:1521:xe"],
    ["dalgo:hunter2@db.internal:5432/w", "[redacted]@db.internal:5432/w"],
    ["dalgo:hunter2@tcp(db:3306)/w", "[redacted]@tcp(db:3306)/w"],
    ["<password>hunter2</password>", "<password>[redacted]</password>"],
    ["auth=('dalgo', 'hunter2')", "auth=[redacted]"],
    ["headers={'api-key': 'hunter2abc', 'x': 1}", "headers={'api-key': [redacted], 'x': 1}"],
    ["redis-cli -a hunter2 ping", "redis-cli -a [redacted] ping"],
    [
      "snowflake.connector.connect(user='d', password=\"hun'ter2\", account='a')",
      "snowflake.connector.connect(user='d', password=[redacted], account='a')",
    ],
    ["password=a&b host=x", "password=[redacted] host=x"],
    ["https://ngo.example/r?token=abc&page=2", "https://ngo.example/r?token=[redacted]&page=2"],
    ["secret_key_base: 0123abcdef", "secret_key_base: [redacted]"],
    ["--token=abc --verbose", "--token=[redacted] --verbose"],
    ["ws://x/socket?ticket=abcdef&org=acme", "ws://x/socket?ticket=[redacted]&org=acme"],
    ["PASSWORD=s3cr3t, USER=x", "PASSWORD=[redacted], USER=x"],
  ])("%s", (text, expected) => {
    expect(redact(text)).toBe(expected)
    expect(redact(expected)).toBe(expected)
  })

  it("a private key of several lines, to its end", () => {
    const key = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\nabc=\n-----END EC PRIVATE KEY-----"
    expect(redact(`before\n${key}\nafter`)).toBe("before\n[key]\nafter")
    expect(redact(`before\n${key.slice(0, 40)}`)).toBe("before\n[key]")
  })
})

describe("loses no word of", () => {
  it.each([
    "unexpected token: SELECT",
    "token: expected )",
    "Unexpected token: '}'",
    "Unexpected token '<', \"<!doctype \"... is not valid JSON",
    "Unexpected token < in JSON at position 0",
    'password authentication failed for user "dalgo"',
    "secret santa: the list is empty",
    "the token has expired",
    "Invalid password. Try again",
    "Invalid password: try again",
    "tokens: 512",
    "max_tokens=800 total_tokens: 1234 token_count=5 token_type=bearer",
    "api key is missing",
    "API key: missing",
    "Bearer of the news",
    "a bearer certificate-of-deposit",
    "basic information",
    "Basic demographics_2024 was loaded",
    "sk-learn scikit-learn sk-learn-contrib-package-name",
    "--tokenizer fast --password-file /run/x",
    "the option --token is required; --password must be given",
    "UUIDs 11111111-2222-4333-8444-555555555555,66666666-7777-4888-9999-aaaaaaaaaaaa",
    "commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
    "HEAD is now at 9fceb02d0ae598e95dc970b74767f19372d61af8 fix",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "table RCT_BaselineSurveyHousehold2024v3FinalCleanedData does not exist",
    "analytics_production.stg_household_survey_responses_2024_q3_final",
    "SG. is short for Singapore",
    "/home/Dalgo/Projects/RCT2024/target/run/dalgo/models/staging/stg_visits2024.sql",
    "C:\\Users\\Dalgo\\AppData\\Local\\Temp\\tmp1234",
    'duplicate key value violates unique constraint "visits_pkey"',
    "Key (id)=(5) already exists.",
    "Duplicate entry '5d41402abc4b2a76b9719d911017c592' for key 'PRIMARY'",
    "surrogate_key 5d41402abc4b2a76b9719d911017c592 is not unique",
    "primary key: 5d41402abc4b2a76b9719d911017c592",
    "KeyError: 'password'",
    'column "password" of relation "users" does not exist',
    "PASS=10 WARN=0 ERROR=1 SKIP=3 TOTAL=14",
    "Authorization: required for this resource",
    "authorization failed: user is not allowed",
    "Enter PIN code: 411001",
    "function signature: foo(bar, baz)",
    "git clone git@github.com:ngo/dbt.git",
    "npm install left-pad@1.3.0 dbt-core@1.7.0",
    'File "flow.py", line 9, in @task',
    "s3://bucket/key not found, ask jane",
    "http://localhost:8080/api/x failed for jane",
    "could not reach https://kf.kobotoolbox.org:443/api/v2/assets/aBcD.json",
    "https://dbt.test/docs?page=2&state=FAILED&code=404&key=name#top",
    "https://docs.google.com/spreadsheets/d/1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms/edit",
    "cookie: session expired",
    "Cookies are disabled",
    "credentials: invalid",
    "Credentials are missing for source",
    "GOOGLE_APPLICATION_CREDENTIALS=/secrets/key.json",
    "the secret is out",
    "secrets: 3 loaded",
    "secretary: Jane",
    "pod prefect-job-7d9f8b6c5-x2x4z was evicted",
    "dalgo-warehouse-6b8f7c9d5f-q8x2z-airbyte-worker",
    "password: required",
    "passwordless: true",
    "token: null",
    "Password reset for dalgo",
    "keyword argument 'key': 'id'",
    "primary_key=id foreign_key: visit_id",
    "stop token: </s>",
    "ValueError: invalid literal for int() with base 10: 'token'",
    "Error: Failed to get token from https://accounts.google.com/o/oauth2/token",
    "The basic idea: basic/advanced-analysis",
    "compass: north, bypass: yes",
    "author: Jane, authority: none, auth: enabled",
    "token village_code_2 is not a column",
    "Completed task run 'dbt-run-0' with state Completed(message=None, type=COMPLETED)",
    "model_id=dalgo.analytics.HouseholdSurvey_2024_Baseline_Districts_FINAL",
    "http://server:name is unknown",
    "2026-11-20T02:41:17.212585+00:00 token refresh started",
    "monkey: 5, turkey=3, hockey: yes, donkey = 4",
  ])("%s", (text) => {
    expect(redact(text)).toBe(text)
  })
})

describe("takes time in proportion to the length", () => {
  it.each([
    ...["a", "aB1", "aB1/", "-", ".", "://", "a://b:", "a://b:c d@", "a:b@c", "a@a.", "é@", "a'", "%40", "ा"],
    ...["password", "password=", "password: {", "password='\"", "_key_", "token: ", "--token ", "key 0", "x="],
    ...[
      "bearer ",
      "authorization ",
      "Authorization: Bearer ",
      "Cookie: a=",
      "?key=",
      "&token=a1",
      "/webhooks/",
      "/hooks/a/",
    ],
    ...[
      "-----BEGIN ",
      "mysql -p",
      "-u a:",
      "<password ",
      "identified by ",
      "PASSWORD '",
      "password is ",
      "sk-a1",
      "bot1:",
    ],
  ])("%j", (piece) => {
    const time = (length: number) => {
      const text = piece.repeat(Math.ceil(length / piece.length))
      const start = performance.now()
      redact(text)
      return performance.now() - start
    }
    time(1_000)
    // Quadratic time would be 100 times as long.
    expect(time(200_000)).toBeLessThan(Math.max(30 * time(20_000), 1_000))
  })
})
