import { describeCauses } from "./describe-causes"

describeCauses([
  {
    id: "cancelled-by-hand",
    messages: [
      "Setting attempt to FAILED because the job was cancelled",
      "[manual_cancellation] Setting attempt to FAILED because the job was cancelled",
      "Job 512 attempt 0: This attempt was cancelled",
    ],
    not: [
      ["Could not read the job's output. This warning is normal if the job was cancelled.", undefined],
      ["Process for flow run 'teal-owl' exited with status code: 143; SIGTERM received", "run-stopped"],
    ],
  },
  {
    id: "google-signin-expired",
    messages: [
      "google.auth.exceptions.RefreshError: ('invalid_grant: Token has been expired or revoked.', {'error': 'invalid_grant', 'error_description': 'Token has been expired or revoked.'})",
      "Access to the spreadsheet expired or was revoked. Re-authenticate to restore access.",
      "('invalid_grant: Invalid JWT Signature.', {'error': 'invalid_grant'})",
      "invalid_grant: Invalid grant: account not found",
      "Refresh token is invalid or expired. Please re-authenticate from Sources/Survey sheet/Settings. Request to https://oauth2.googleapis.com/[redacted] failed",
      "google.auth.exceptions.RefreshError: ('invalid_grant: Bad Request', {'error': 'invalid_grant', 'error_description': 'Bad Request'})",
    ],
    not: [
      [
        "The authenticated Google user does not have permissions to view the spreadsheet with id abc. Please ensure it is shared.",
        "sheet-not-shared",
      ],
      [
        '{"error":"invalid_grant","error_description":"expired access/refresh token"} from https://acme.my.salesforce.com',
        "source-signin-refused",
      ],
    ],
  },
  {
    id: "sheet-not-shared",
    messages: [
      "The authenticated Google user does not have permissions to view the spreadsheet with id 1AbC. Please ensure the authenticated user has access to the Spreadsheet and reauthenticate.",
      'googleapiclient.errors.HttpError: <HttpError 403 when requesting https://sheets.googleapis.com/v4/spreadsheets/x returned "The caller does not have permission">',
      "PERMISSION_DENIED: The caller does not have right permissions",
    ],
    not: [
      [
        "The requested Google Sheets spreadsheet with id 1AbC does not exist. Please ensure the Spreadsheet Link you have set is valid.",
        "source-not-found",
      ],
      ["Unable to parse range: Visits 2026!A1:Z1", "stream-gone"],
      [
        "403 Access Denied: Table acme:raw.visits: User does not have bigquery.tables.getData permission for table acme:raw.visits",
        "db-permission",
      ],
      ["BigQuery: 403 The caller does not have permission", undefined],
    ],
  },
  {
    id: "stream-gone",
    messages: [
      "The stream 'Visits 2025' in your connection configuration was not found in the source. Refresh the schema in your replication settings and remove this stream from future sync attempts.",
      "The stream Visits no longer exists in the configuration. Refresh the schema in replication settings and remove this stream from future sync attempts.",
      "400 Client error. Unable to parse range: Baseline!A1:AZ1",
    ],
    not: [
      [
        "404 Client Error: Not Found for url: https://kf.kobotoolbox.org/api/v2/assets/abc/data.json",
        "source-not-found",
      ],
      ['column "village_code" does not exist', "column-missing"],
      ["[refresh_schema] The schema has a breaking change", "structure-changed"],
    ],
  },
  {
    id: "source-daily-limit",
    messages: [
      '[{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]',
      "The API Call limit is exceeded. Please wait for the next day.",
      "You have reached your daily limit.",
      "Max bulk v2 query jobs (10000) per 24 hrs has been reached",
      "Quota exceeded for quota metric 'Read requests' and limit 'Read requests per day' of service 'sheets.googleapis.com'",
    ],
    not: [
      [
        "Quota exceeded for quota metric 'Read requests' and limit 'Read requests per minute per user' of service 'sheets.googleapis.com'",
        "source-rate-limit",
      ],
      ["HTTP Status Code: 429. Error: Too many requests.", "source-rate-limit"],
    ],
  },
  {
    id: "source-rate-limit",
    messages: [
      "HTTP Status Code: 429. Error: Too many requests.",
      "429 Client Error: Too Many Requests for url: https://api.airtable.com/v0/app1/Visits",
      "Rate limit exceeded. Try decreasing the number of requests by raising the batch size.",
      "Rate limit has been reached. Please try later.",
      "417 Client Error: Expectation Failed for url: https://acme.surveycto.com/api/v2/forms/data/wide/json/visits",
      "errorCode RATE_LIMIT_REACHED",
    ],
    not: [
      ["Exceeded rate limits: too many table update operations for this table", "db-conflict"],
      ["403 Quota exceeded: Your project exceeded quota for free query bytes scanned.", "bigquery-quota"],
      ["toomanyrequests: You have reached your pull rate limit. 429 Too Many Requests", "run-could-not-start"],
      ["Client error '429 Too Many Requests' for url 'https://prefect.example.org/api/logs/'", undefined],
      [
        'Backing off get(...) for 4.2s (HTTP Status Code: 429. Error: Too many requests.)\npassword authentication failed for user "dalgo"',
        "db-signin-refused",
      ],
    ],
  },
  {
    id: "source-signin-refused",
    messages: [
      "Error: Checking source connection failed: Invalid username or password",
      "Error: Discover schema failed: source-surveycto: Invalid username or password",
      "Error: {'detail': 'Invalid token.'}",
      "HTTP Status Code: 401. Error: Unauthorized. Please ensure you are authenticated correctly.",
      "401 Client Error: Unauthorized for url: https://kf.kobotoolbox.org/api/v2/assets.json",
      "401 Client Error:  for url: https://acme.surveycto.com/api/v2/forms/ids",
      '{"detail":"Invalid token."}',
      '{"detail": "Invalid username/password."}',
      "SurveyCTO answered: Invalid username or password",
      "Invalid apikey, project_space or app_id",
      "INVALID_LOGIN: Invalid username, password, security token; or user locked out.",
      "INVALID_SESSION_ID: Session expired or invalid",
      "An error occurred (InvalidAccessKeyId) when calling the ListObjectsV2 operation: The AWS Access Key Id you provided does not exist in our records.",
      "An error occurred (SignatureDoesNotMatch) when calling the GetObject operation",
      "The security token included in the request is expired",
      '{"error":"invalid_client","error_description":"invalid client credentials"}',
      "Refresh token is invalid or expired. Please re-authenticate from Sources/Salesforce/Settings.",
      '{"error":{"type":"AUTHENTICATION_REQUIRED","message":"Authentication required"}}',
    ],
    not: [
      ["403 Client Error: Forbidden for url: https://kf.kobotoolbox.org/api/v2/assets/abc", "source-forbidden"],
      ['FATAL: password authentication failed for user "reader"', "db-signin-refused"],
      [
        "remote: Invalid username or password.\nfatal: Authentication failed for 'https://github.com/acme/dbt.git/'",
        "git-access",
      ],
      [
        "401 Client Error: Unauthorized for url: http://airbyte.internal:8000/api/v1/connections/sync",
        "dalgo-part-unreachable",
      ],
    ],
  },
  {
    id: "source-forbidden",
    messages: [
      "HTTP Status Code: 403. Error: Forbidden. You don't have permission to access this resource.",
      "403 Client Error: Forbidden for url: https://www.commcarehq.org/a/acme/api/v0.5/case/",
      "Invalid permissions for contacts. Please ensure the all scopes are authorized for.",
      "API_DISABLED_FOR_ORG: API is not enabled for this Organization or Partner",
      "INSUFFICIENT_ACCESS: insufficient access rights on object id",
      "Request had insufficient authentication scopes.",
      "An error occurred (AccessDenied) when calling the ListObjectsV2 operation: Access Denied",
      "Error listing files. Please check the credentials provided in the config and verify that they provide permission to list files.",
      '{"detail":"You do not have permission to perform this action."}',
      "This stream is not available due to insufficient permissions on the credentials in use",
    ],
    not: [
      ["does not have permissions to view the spreadsheet", "sheet-not-shared"],
      ['permission denied for table "visits"', "db-permission"],
      ["403 Access Denied: BigQuery BigQuery: Permission denied while getting Drive credentials.", "db-permission"],
    ],
  },
  {
    id: "source-not-found",
    messages: [
      "Error: File not found: 1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms",
      "HTTP Status Code: 404. Error: Not found. The requested resource was not found on the server.",
      "404 Client Error: Not Found for url: https://kf.kobotoolbox.org/api/v2/assets/aXyZ/data.json",
      "The requested Google Sheets spreadsheet with id 1AbCdEf does not exist. Please ensure the Spreadsheet Link is valid.",
      '<HttpError 404 when requesting https://sheets.googleapis.com returned "Requested entity was not found.">',
      "File not found: 1AbCdEfGhIjKlMnOpQrStUvWxYz.",
      "An error occurred (NoSuchBucket) when calling the ListObjectsV2 operation: The specified bucket does not exist",
    ],
    not: [
      ["The stream 'Visits' in your connection configuration was not found in the source.", "stream-gone"],
      ['relation "raw.visits" does not exist', "relation-missing"],
      ["404 Not found: Table acme:raw.visits was not found in location asia-south1", "relation-missing"],
      ["docker: manifest unknown, HTTP Status Code: 404", "run-could-not-start"],
    ],
  },
  {
    id: "source-down",
    messages: [
      "HTTP Status Code: 503. Error: Service unavailable.",
      "502 Server Error: Bad Gateway for url: https://kf.kobotoolbox.org/api/v2/assets.json",
      "500 Server Error: Internal Server Error for url: https://www.commcarehq.org/a/acme/api/v0.5/form/",
      "The service is unavailable, this is usually a temporary issue from Google's side.",
      "requests.exceptions.JSONDecodeError: Expecting value: line 1 column 1 (char 0)",
      "SERVER_UNAVAILABLE",
      "HTTPSConnectionPool(host='www.commcarehq.org', port=443): Read timed out. (read timeout=60)",
    ],
    not: [
      [
        "Server error '503 Service Unavailable' for url 'http://airbyte:8000/api/v1/jobs/get'",
        "dalgo-part-unreachable",
      ],
      [
        "500 Server Error: Internal Server Error for url: http://airbyte:8000/api/v1/connections/sync",
        "dalgo-part-unreachable",
      ],
      [
        "HTTPSConnectionPool(host='kc.example.org', port=443): Max retries exceeded with url: /forms (Caused by NewConnectionError('[Errno 111] Connection refused'))",
        "unreachable",
      ],
    ],
  },
  {
    id: "files-none",
    messages: [
      "No files were identified in the stream. This may be because there are no files on the specified container, or because your glob patterns did not match any files.",
      "Error: No files were identified in the stream visits",
    ],
    not: [
      ["Error listing files. Please check the credentials provided in the config", "source-forbidden"],
      ["FileNotFoundError: [Errno 2] No such file or directory: '/app/visits.py'", "pipeline-setup-broken"],
    ],
  },
  {
    id: "file-unreadable",
    messages: [
      "Error parsing record. This could be due to a mismatch between the config's file type and the actual file type, or because the file or record is not parseable. filename=visits.csv lineno=12",
      "pandas.errors.ParserError: Error tokenizing data. C error: Expected 14 fields in line 212, saw 15",
      "UnicodeDecodeError: 'utf-8' codec can't decode byte 0x92 in position 12: invalid start byte",
      "File encoding error. The configured encoding must match file encoding.",
      "ValueError: Excel file format cannot be determined, you must specify an engine manually.",
      "zipfile.BadZipFile: File is not a zip file",
      "Error inferring schema from files. Are the files valid?",
      "CSV has more columns than its header row",
      "pandas.errors.EmptyDataError: No columns to parse from file",
    ],
    not: [['invalid input syntax for type integer: "twelve"', "value-unreadable"]],
  },
])
