import { type Context, Hono } from "hono"
import { html } from "hono/html"
import { CATEGORIES, CATEGORY } from "../../../src/domain/categories"
import { composeEmail } from "../../../src/delivery/channels/email/compose"
import { contentOf, type Sample, samples } from "./samples"

const SCHEMES = ["light", "dark"] as const
type Scheme = (typeof SCHEMES)[number]
const WIDTHS = { wide: "100%", phone: "380px" }

const STYLE = `
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{max-width:1000px;margin:0 auto;padding:24px 16px}
h1,dl,pre{overflow-wrap:anywhere}
h1{font-size:22px}
h2{font-size:18px}
td,th{padding:4px 16px 4px 0;text-align:left;font-weight:400}
@media (max-width:720px){td,th{display:block}th{padding-top:16px}}
iframe{display:block;box-sizing:border-box;width:100%;max-width:100%;border:1px solid gray;resize:both}
pre{white-space:pre-wrap;padding:16px;border:1px solid gray}
nav{display:flex;flex-wrap:wrap;gap:4px 24px;margin:16px 0}
a[aria-current]{font-weight:700;text-decoration:none;color:inherit}`

const DARK_MEDIA = "(prefers-color-scheme:dark)"

/** No script of an e-mail runs, and no request leaves for its content. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; base-uri 'none'; form-action 'none'"

/** A preview of every e-mail, made by the code that makes the real ones. */
export const mailPreview = new Hono()
  .use(async (c, next) => {
    await next()
    c.header("Content-Security-Policy", POLICY)
  })

  .get("/", (c) => renderPage(c, "Preview of e-mails", <List />))

  .get("/:name", async (c) => {
    const sample = samples.find(({ name }) => name === c.req.param("name"))
    if (!sample) return c.notFound()
    const scheme = SCHEMES.find((each) => each === c.req.query("scheme")) ?? "light"
    const width = c.req.query("width") === "phone" ? "phone" : "wide"
    const { subject, text, headers } = await emailOf(c, sample)
    return renderPage(
      c,
      subject,
      <>
        <p>
          <a href="/local/mails">All e-mails</a>
        </p>
        <dl>
          {Object.entries(headers).map(([name, value]) => (
            <div>
              {name}: {value}
            </div>
          ))}
        </dl>
        <Switches scheme={scheme} width={width} />
        <iframe
          title="HTML part"
          src={`/local/mails/${sample.name}/html?scheme=${scheme}`}
          sandbox="allow-popups"
          style={`width:${WIDTHS[width]};height:720px`}
        />
        <h2>Text</h2>
        <pre>{text}</pre>
      </>,
    )
  })

  .get("/:name/html", async (c) => {
    const sample = samples.find(({ name }) => name === c.req.param("name"))
    if (!sample) return c.notFound()
    const { html: email } = await emailOf(c, sample)
    const scheme = c.req.query("scheme")
    // Without `scheme`, the browser chooses.
    return c.html(scheme ? email.replace(DARK_MEDIA, scheme === "dark" ? "all" : "not all") : email)
  })

const emailOf = (c: Context, sample: Sample) => composeEmail(contentOf(sample, new URL(c.req.url).origin))

const List = () => (
  <table>
    {CATEGORIES.map((category) => (
      <tr>
        <th scope="row">{CATEGORY[category].label}</th>
        {samples
          .filter((sample) => sample.category === category)
          .map((sample) => (
            <td>
              <a href={`/local/mails/${sample.name}`}>{titleOf(sample)}</a>
            </td>
          ))}
      </tr>
    ))}
  </table>
)

const titleOf = ({ urgent, summary }: Sample) =>
  [urgent ? "urgent" : "plain", ...(summary ? [summary === "ai" ? "AI summary" : "log summary"] : [])].join(", ")

const Switches = ({ scheme, width }: { scheme: Scheme; width: keyof typeof WIDTHS }) => (
  <nav aria-label="Appearance">
    {SCHEMES.map((each) => (
      <a href={`?scheme=${each}&width=${width}`} aria-current={each === scheme ? "true" : undefined}>
        {each}
      </a>
    ))}
    {Object.keys(WIDTHS).map((each) => (
      <a href={`?scheme=${scheme}&width=${each}`} aria-current={each === width ? "true" : undefined}>
        {each}
      </a>
    ))}
  </nav>
)

const renderPage = (c: Context, title: string, content: unknown) =>
  c.html(
    html`<!doctype html>${(
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <title>{title}</title>
          <style>{STYLE}</style>
        </head>
        <body>
          <main>
            <h1>{title}</h1>
            {content}
          </main>
        </body>
      </html>
    )}`,
  )
