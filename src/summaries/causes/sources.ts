import type { Cause } from "./cause"

/** Paths of Airbyte's and Prefect's own interfaces: an answer from there says nothing about a source. */
const OWN_PARTS =
  "/api/v1/(?:connections|jobs|health|sources|destinations|workspaces)|/api/(?:flow_runs|task_runs|logs|work_pools|deployments|block)"

const unlessOneOf = (...parts: string[]) => new RegExp([...parts, OWN_PARTS].join("|"), "im")

/** Sheets, forms, files and accounts that connections read. */
export const SOURCE_CAUSES: Cause[] = [
  {
    id: "cancelled-by-hand",
    who: "nobody",
    waitingHelps: "no",
    patterns: [
      /Setting attempt to FAILED because the job was cancelled/im,
      /This attempt was cancelled/im,
      /\[manual_cancellation\]/im,
    ],
    says: "Somebody stopped {connection}.",
    meaning: "D1",
    advice: "Nothing to do: {connection} runs again at its next time, or when you start it.",
  },
  {
    id: "google-signin-expired",
    who: "you",
    waitingHelps: "no",
    patterns: [
      /(?<!access |refresh )Token has been expired or revoked/im,
      /Access to the spreadsheet expired or was revoked/im,
      /invalid_grant[\s\S]{0,600}?(?:google|JWT Signature|account not found)/im,
      /google[\s\S]{0,600}?invalid_grant/im,
      /Refresh token is invalid or expired[\s\S]{0,1500}?googleapis/im,
      /googleapis[\s\S]{0,1500}?Refresh token is invalid or expired/im,
    ],
    unless: /salesforce/im,
    says: "Google no longer accepts the sign-in that {source} uses.",
    meaning: "D1",
    advice:
      "The person whose Google account it is signs in again in the source's settings in Dalgo; where a service account is used, your admin puts in a fresh key. A changed Google password also ends old sign-ins.",
  },
  {
    id: "sheet-not-shared",
    who: "you",
    waitingHelps: "no",
    patterns: [
      /does not have permissions? to view the\s{1,20}spreadsheet/im,
      /The caller does not have (?:right )?permissions?/im,
    ],
    unless: /bigquery/im,
    says: "{source} is not shared with the account that Dalgo uses.",
    meaning: "D1",
    advice:
      "The sheet's owner opens 'Share' in Google and adds the address shown in the source's settings in Dalgo; the right to view is enough.",
  },
  {
    id: "stream-gone",
    who: "admin",
    waitingHelps: "no",
    patterns: [
      /stream .{1,200}in your connection configuration was not found in the source/im,
      /The stream .{1,200}no longer exists in the configuration/im,
      /Unable to parse range:/im,
    ],
    says: "A sheet, form or table that {connection} reads is not in {source} under its old name; it was renamed, moved or deleted.",
    meaning: "D1",
    advice:
      "Give it its old name back, or your admin refreshes the list of tables in the connection's settings in Dalgo and chooses the new one.",
  },
  {
    id: "source-daily-limit",
    who: "nobody",
    waitingHelps: "yes",
    patterns: [
      /REQUEST_LIMIT_EXCEEDED/im,
      /TotalRequests Limit exceeded/im,
      /Max bulk v2 query jobs/im,
      /API Call limit is exceeded/im,
      /(?:reached|exceeded) your daily (?:API )?(?:rate )?(?:limit|quota)/im,
      /Quota exceeded for quota (?:metric|group) [^\n]{0,160}per day/im,
    ],
    says: "{source} allows only so many requests a day, and they are used up.",
    meaning: "D1",
    advice:
      "Nothing to do today: the count starts anew the next day. If it comes back often, your admin runs {connection} less often or leaves out tables that nobody needs.",
  },
  {
    id: "source-rate-limit",
    who: "nobody",
    waitingHelps: "yes",
    patterns: [
      /(?:HTTP )?Status Code:? 429\b|\b429 Client Error|\b429\b.{0,20}Too Many Requests/im,
      /Rate limit exceeded\. Try decreasing/im,
      /Rate limit has\s{1,20}been\s{1,20}reached/im,
      /Quota exceeded for quota (?:metric|group) /im,
      /RATE_LIMIT_(?:EXCEEDED|REACHED)/im,
      /417 Client Error[^\n]{0,300}surveycto/im,
    ],
    unless: unlessOneOf("bigquery", "docker", "pull rate limit"),
    says: "{source} asked Dalgo to slow down: too many requests in a short time.",
    meaning: "D1",
    advice:
      "Nothing to do: the next run usually goes through. If it fails every day, your admin spreads the connections that read this source over the day.",
  },
  {
    id: "source-signin-refused",
    who: "you",
    waitingHelps: "no",
    patterns: [
      /HTTP Status Code: 401\b/im,
      /\b401 Client Error:.{0,40}for url/im,
      /Refresh token is invalid or expired/im,
      /expired access\/refresh token/im,
      /INVALID_(?:LOGIN|SESSION_ID|AUTH_HEADER|AUTHENTICATION)\b|AUTHENTICATION_REQUIRED|BAD_REFRESH_TOKEN/im,
      /Invalid apikey, project_space or app_id/im,
      /InvalidAccessKeyId|SignatureDoesNotMatch|security token included in the request is/im,
      /\binvalid_(?:grant|client)\b/im,
      /["']detail["']:\s{0,5}["']Invalid (?:token|username)/im,
      /(?:kobo|surveycto|commcare|salesforce|airtable)[^\n]{0,200}Invalid username or password/im,
      /(?:Discover(?:y|ing)? schema failed|Checking source connection failed|\bsource-[a-z]\w{1,40})[^\n]{0,200}Invalid username or password/im,
    ],
    unless: unlessOneOf("Authentication failed for 'https?://"),
    says: "{source} does not accept the user name, password or key that Dalgo has for it.",
    meaning: "D1",
    advice:
      "Whoever owns the account signs in again, or puts the new password or key in the source's settings in Dalgo.",
  },
  {
    id: "source-forbidden",
    who: "owner",
    waitingHelps: "no",
    patterns: [
      /HTTP Status Code: 403\b/im,
      /\b403 Client Error:.{0,40}for url/im,
      /Invalid permissions for \w/im,
      /insufficient permissions on the credentials in use/im,
      /Insufficient (?:authentication )?scopes/im,
      /API_DISABLED_FOR_ORG|INSUFFICIENT_ACCESS|INVALID_PERMISSIONS/im,
      /Error (?:listing files|opening file)\. Please check the credentials/im,
      /\(AccessDenied\)|<Code>AccessDenied|An error occurred \(403\) when calling/im,
      /["']detail["']:\s{0,5}["']You do not have permission/im,
    ],
    unless: unlessOneOf("bigquery"),
    says: "The account that Dalgo uses may sign in to {source}, but may not see what {connection} reads.",
    meaning: "D1",
    advice:
      "Whoever manages {source} gives this account the right to view the form, table or folder again; after new rights on HubSpot or Salesforce, sign in again in the source's settings in Dalgo.",
  },
  {
    id: "source-not-found",
    who: "you",
    waitingHelps: "no",
    patterns: [
      /HTTP Status Code: 404\b/im,
      /\b404 Client Error:.{0,40}for url/im,
      /requested Google Sheets spreadsheet with id [^\n]{0,120}does not exist/im,
      /Requested entity was not found/im,
      /File not found: [\w-]{20,}/im,
      /NoSuch(?:Bucket|Key)\b/im,
    ],
    unless: unlessOneOf("docker", "bigquery", "manifest", "/api/v1/", "/api/(?:deployments|flow_runs|block)"),
    says: "The sheet, form or folder that {source} points to cannot be found any more.",
    meaning: "D1",
    advice:
      "Look whether it was deleted, moved or replaced, then put its present link or form number in the source's settings in Dalgo. Google also says this of a file that is no longer shared.",
  },
  {
    id: "source-down",
    who: "nobody",
    waitingHelps: "yes",
    patterns: [
      /HTTP Status Code: 50[0234]\b/im,
      /\b50[0234] Server Error: .{0,80}for url/im,
      /usually a temporary issue from\s{1,20}Google's side/im,
      /JSONDecodeError: Expecting value/im,
      /SERVER_UNAVAILABLE/im,
      /The service is currently unavailable/im,
      /HTTPS?ConnectionPool\([^\n]{0,300}Read timed out/im,
    ],
    unless: unlessOneOf("docker", "bigquery", "hub\\.getdbt\\.com", "External connection exception"),
    says: "{source} did not give a usable answer; it may be down or overloaded.",
    meaning: "D1",
    advice:
      "Nothing to do: wait for the next run. If it still fails tomorrow, look whether {source} opens in your browser and tell its owner.",
  },
  {
    id: "files-none",
    who: "you",
    waitingHelps: "no",
    patterns: [/No files were identified in the stream/im],
    says: "{source} has no file that matches what {connection} looks for.",
    meaning: "D1",
    advice:
      "Look whether the file is in the folder and has its usual name and ending; if the name has changed, your admin changes the pattern in the source's settings in Dalgo.",
  },
  {
    id: "file-unreadable",
    who: "you",
    waitingHelps: "no",
    patterns: [
      /Error parsing record\. This could be due to a mismatch/im,
      /Error tokenizing data/im,
      /codec can't decode byte/im,
      /File encoding error\. The configured encoding/im,
      /Excel file format cannot be determined/im,
      /File is not a zip file/im,
      /Error inferring schema from files/im,
      /CSV has more (?:rows|columns)/im,
      /No columns to parse from file/im,
      /duplicate (?:headers|column names) (?:found )?in (?:the )?sheet/im,
    ],
    says: "A file of {source} cannot be read: it is damaged, saved in another format, or its rows do not fit its heading row.",
    meaning: "D1",
    advice:
      "Open the file, look at the row that the technical line names, keep one heading row with a different name in each column, and save it again in the format of before (CSV in UTF-8, or .xlsx).",
  },
]
