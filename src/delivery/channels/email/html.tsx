import { html } from "hono/html"
import { CATEGORY } from "../../../domain/categories"
import { splitAtUrls, truncate } from "../../../domain/text"
import type { EmailContent } from "./content"
import type { Block } from "./layout"

const FONT = "system-ui,-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif"
const MAX_HEADING_LENGTH = 160
const MAX_PREHEADER_LENGTH = 140

/**
 * The HTML part. Styles are inline, since some clients ignore a style sheet; a dark scheme needs one. Nothing is
 * fetched from elsewhere.
 */
export async function renderHtml(content: EmailContent): Promise<string> {
  return String(await html`<!doctype html>${<Page {...content} />}`)
}

const Page = (content: EmailContent) => {
  const { subject, category, urgent, orgName, layout, wording, button } = content
  const { heading, body, summary, details, isTruncated } = layout
  const { singular, light } = CATEGORY[category]
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="supported-color-schemes" content="light dark" />
        <title>{subject}</title>
        <style>{darkStyles(content)}</style>
      </head>
      <body class="page" style={`margin:0;padding:0;background:#f7f8f8;color:#16211f;font:16px/1.5 ${FONT}`}>
        <div style="display:none;max-height:0;overflow:hidden;mso-hide:all">{preheader(content)}</div>
        <div style="max-width:600px;margin:0 auto;padding:24px 12px;overflow-wrap:anywhere;word-break:break-word">
          <div
            class="card"
            style={`padding:24px;background:#ffffff;border:1px solid #d9dfdd;border-top:4px solid ${light.text};border-radius:8px`}
          >
            <p class="muted" dir="auto" style="margin:0 0 8px;font-size:14px;color:#55625f">
              {orgName}
            </p>
            <p style="margin:0 0 16px;font-size:13px;font-weight:600;line-height:26px">
              {urgent && <Chip kind="urgent" label="Urgent" text="#ffffff" background="#b3261e" />}
              {urgent && " "}
              <Chip kind="category" label={singular} {...light} />
            </p>
            <h1 dir="auto" style={`margin:0 0 16px;${headingStyle(heading)}`}>
              <WithLinks text={heading} />
            </h1>
            <Blocks blocks={body} />
            {summary && (
              <div
                class="summary"
                style="margin:24px 0 0;padding:12px 16px 8px;background:#f1f9f7;border-left:4px solid #00695f;border-radius:4px"
              >
                <h2 class="muted" style="margin:0 0 8px;font-size:14px;line-height:20px;font-weight:600;color:#55625f">
                  {summary.title}
                </h2>
                <p dir="auto" style="margin:0 0 8px">
                  {summary.text}
                </p>
              </div>
            )}
            {details.length > 0 && <Details lines={details} />}
            {isTruncated && <p style="margin:24px 0 0;font-weight:600">{wording.truncated}</p>}
            {button && (
              <p style="margin:24px 0 0">
                <a
                  class="button"
                  href={button.url}
                  style="display:inline-block;padding:12px 20px;border-radius:6px;background:#00695f;color:#ffffff;font-weight:600;text-decoration:none"
                >
                  {button.label}
                </a>
              </p>
            )}
          </div>
          <Footer {...content} />
        </div>
      </body>
    </html>
  )
}

/** For whoever mends it: small, and last. */
const Details = ({ lines }: { lines: string[] }) => (
  <div class="muted" style="margin:16px 0 0;font-size:12px;line-height:18px;color:#55625f">
    {lines.map((line) => (
      <p dir="auto" style="margin:0 0 4px">
        <WithLinks text={line} />
      </p>
    ))}
  </div>
)

/** `text` and `background` are CSS colours. */
const Chip = (chip: { kind: "urgent" | "category"; label: string; text: string; background: string }) => (
  <span
    class={chip.kind}
    style={`display:inline-block;padding:0 10px;border-radius:13px;background:${chip.background};color:${chip.text}`}
  >
    {chip.label}
  </span>
)

const Footer = ({ wording, inboxUrl, unsubscribeUrl }: EmailContent) => (
  <div class="muted" dir="auto" style="padding:16px 12px 0;font-size:13px;color:#55625f">
    <p style="margin:0 0 8px">
      {wording.sender} {wording.why}
    </p>
    <p style="margin:0">
      {inboxUrl && <Link href={inboxUrl}>{wording.settings}</Link>}
      {inboxUrl && unsubscribeUrl && " · "}
      {unsubscribeUrl && <Link href={unsubscribeUrl}>{wording.unsubscribe}</Link>}
    </p>
  </div>
)

const Blocks = ({ blocks }: { blocks: Block[] }) => (
  <>
    {blocks.map((block) =>
      block.kind === "list" ? (
        <ul dir="auto" style="margin:0 0 8px;padding:0 24px">
          {block.items.map((item) => (
            <li>
              <WithLinks text={item} />
            </li>
          ))}
        </ul>
      ) : (
        <p dir="auto" style={`margin:${block.isAfterGap ? "16px" : "0"} 0 8px;white-space:pre-wrap`}>
          <WithLinks text={block.text} />
        </p>
      ),
    )}
  </>
)

const WithLinks = ({ text }: { text: string }) => (
  <>{splitAtUrls(text).map((part, index) => (index % 2 === 0 ? part : <Link href={part}>{part}</Link>))}</>
)

const Link = ({ href, children }: { href: string; children: string }) => (
  <a class="link" href={href} style="color:#00695f">
    {children}
  </a>
)

const headingStyle = (heading: string) =>
  heading.length <= MAX_HEADING_LENGTH
    ? "font-size:20px;line-height:28px;font-weight:600"
    : "font-size:16px;line-height:24px;font-weight:400"

/** Mail clients show this after the subject in a list. The subject already has the first line. */
function preheader({ layout: { body, summary }, wording }: EmailContent): string {
  const lines = body.flatMap((block) => (block.kind === "list" ? block.items : [block.text]))
  if (summary) lines.push(summary.text)
  return truncate(lines.join(" "), MAX_PREHEADER_LENGTH) || wording.sender
}

function darkStyles({ category }: EmailContent): string {
  const { dark } = CATEGORY[category]
  const rules = [
    ".page{background:#0f1514!important;color:#e6edeb!important}",
    `.card{background:#161d1c!important;border-color:#2a3533!important;border-top-color:${dark.text}!important}`,
    ".muted{color:#a3b1ae!important}",
    ".summary{background:#13231f!important;border-color:#5cc9b8!important}",
    ".link{color:#5cc9b8!important}",
    ".button{background:#5cc9b8!important;color:#06201c!important}",
    `.category{background:${dark.background}!important;color:${dark.text}!important}`,
  ]
  return `:root{color-scheme:light dark}@media (prefers-color-scheme:dark){${rules.join("")}}`
}
