import { css, html, LitElement, nothing } from "lit"
import { DETAILS_LABEL, SERVICE_AUTHOR, splitDetails } from "../../domain/announcement"
import { isAtOrigin, splitAtUrls } from "../../domain/text"

/** `origins`: the origins whose pages become links; `undefined`: every address does. */
const withLinks = (text: string, origins: string[] | undefined) =>
  splitAtUrls(text).map((part, index) =>
    index % 2 === 0 || (origins && !isAtOrigin(part, origins))
      ? part
      : html`<a href=${part} target="_blank" rel="noopener noreferrer"
          >${part}<span class="visually-hidden"> (opens in new tab)</span></a
        >`,
  )

const foldedDetails = (lines: string[]) => html`
  <details class="message-details">
    <summary>Technical details</summary>
    ${lines.map((line) => html`<p>${line.replace(`${DETAILS_LABEL} `, "")}</p>`)}
  </details>
`

/**
 * A message, cut to a few lines while it is closed. In what the service itself says, only our own pages become links,
 * since it quotes logs; the author's name decides, also for somebody else who takes it. It renders into the surrounding
 * tree, so that its first line (`first-<key>`) can label an element there.
 */
export class MessageText extends LitElement {
  static properties = {
    key: {},
    text: {},
    author: {},
    base: {},
    folds: { type: Boolean },
    verb: {},
    isOpen: { state: true },
    isCut: { state: true },
  }

  declare key: string
  declare text: string
  declare author: string
  /** The service's own URL; empty on its own pages. */
  declare base: string
  /** Whether the technical lines are folded away; else they are left to the cut. */
  declare folds: boolean
  /** The verb of the button: "Show more", "Show less". */
  declare verb: string
  declare isOpen: boolean
  declare isCut: boolean

  #resizing = new ResizeObserver(() => this.#measure())

  constructor() {
    super()
    this.key = ""
    this.text = ""
    this.author = ""
    this.base = ""
    this.folds = false
    this.verb = "Show"
    this.isOpen = false
    this.isCut = false
  }

  protected createRenderRoot() {
    return this
  }

  disconnectedCallback() {
    super.disconnectedCallback()
    this.#resizing.disconnect()
  }

  updated() {
    this.#resizing.observe(this.#body)
    this.#measure()
  }

  render() {
    const isOwn = this.author === SERVICE_AUTHOR
    const origins = isOwn ? [location.origin, new URL(this.base, location.href).origin] : undefined
    const { main, details } =
      isOwn && this.folds ? splitDetails(this.text.trim()) : { main: this.text.trim(), details: [] }
    const [first = "", ...rest] = main.split("\n")
    return html`
      <div class="message ${this.isOpen ? "open" : ""}" id="message-${this.key}">
        <span class="message-body"
          ><span class="first-line" id="first-${this.key}">${withLinks(first, origins)}</span>${rest.map((line) => [
            "\n",
            withLinks(line, origins),
          ])}</span
        >
      </div>
      ${this.isCut || this.isOpen ? this.#toggle() : nothing} ${details.length > 0 ? foldedDetails(details) : nothing}
    `
  }

  #toggle() {
    return html`
      <button
        class="message-toggle"
        aria-expanded=${this.isOpen}
        aria-controls="message-${this.key}"
        @click=${() => {
          this.isOpen = !this.isOpen
        }}
      >
        ${this.verb} ${this.isOpen ? "less" : "more"}
      </button>
    `
  }

  get #body() {
    return this.renderRoot.querySelector(".message-body") as Element
  }

  #measure() {
    const box = this.#body.parentElement as Element
    if (!this.isOpen) this.isCut = box.scrollHeight > box.clientHeight + 1
    // A link in the hidden part must not take the focus. The 10 px are half a line, since glyphs may stand out of it.
    const end = box.getBoundingClientRect().bottom - 10
    for (const link of box.querySelectorAll("a")) link.tabIndex = link.getBoundingClientRect().top < end ? 0 : -1
  }
}
customElements.define("dalgo-message-text", MessageText)

/** Styles for the surrounding tree. `--message-lines` is the number of lines while closed. */
export const messageStyles = css`
  dalgo-message-text {
    display: block;
    min-inline-size: 0;
  }
  .message {
    overflow-wrap: anywhere;
  }
  .message:not(.open) {
    display: -webkit-box;
    -webkit-box-orient: vertical;
    -webkit-line-clamp: var(--message-lines);
    overflow: clip;
  }
  .message-body {
    display: block;
    white-space: pre-line;
  }
  .message-details {
    margin-block-start: 4px;
    overflow-wrap: anywhere;
    color: var(--dn-muted);
    font-size: 12px;
    line-height: 16px;
  }
  .message-details summary {
    min-block-size: 24px;
    line-height: 24px;
    cursor: pointer;
  }
  .message-toggle {
    min-block-size: 24px;
    padding: 2px 0;
    border: 0;
    text-decoration: underline;
  }
`
