import { css, html, LitElement, nothing } from "lit"
import { PushDevice } from "../client/push-subscription"
import { controls, palette, theme } from "../ui/theme"

const BLOCKED_TEXT = "Your browser blocks messages from this page. Its settings for this page can permit them."

/** A switch for push messages in this browser. Renders nothing where push is not available. */
export class DeviceSwitchElement extends LitElement {
  static styles = [
    palette,
    theme,
    controls,
    css`
      :host {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px 12px;
      }
      button:disabled {
        border-style: dashed;
        color: var(--dn-muted);
        cursor: default;
      }
      strong {
        display: inline-block;
        min-inline-size: 3ch;
        text-align: center;
      }
      [aria-checked="true"] strong {
        color: var(--dn-accent);
      }
      p {
        margin: 0;
        color: var(--dn-muted);
      }
      p:empty {
        position: absolute;
      }
    `,
  ]

  static properties = { org: {}, state: { state: true }, status: { state: true } }

  declare org: string
  /** `undefined` until it is known. */
  declare state: Awaited<ReturnType<PushDevice["state"]>>
  declare status: string

  #isBusy = false

  constructor() {
    super()
    this.org = ""
    this.status = ""
  }

  get #device() {
    return new PushDevice(this.org)
  }

  // Before the first update the organisation is not set.
  async firstUpdated() {
    this.state = await this.#device.state()
  }

  render() {
    if (!this.state) return nothing
    const isBlocked = this.state === "blocked"
    return html`
      <button
        role="switch"
        aria-checked=${this.state === "on"}
        aria-describedby="why"
        ?disabled=${isBlocked}
        @click=${this.#turn}
      >
        Notify me on this device <strong aria-hidden="true">${this.state === "on" ? "On" : "Off"}</strong>
      </button>
      <p id="why">${isBlocked ? BLOCKED_TEXT : nothing}</p>
      <p role="status">${this.status}</p>
    `
  }

  #turn = async () => {
    if (this.#isBusy) return
    this.#isBusy = true
    this.status = ""
    try {
      if (this.state === "on") await this.#device.turnOff()
      else if (!(await this.#device.turnOn())) this.status = "Your browser was not permitted to show messages."
    } catch {
      this.status = "That did not work. Please try again."
    }
    this.state = (await this.#device.state()) ?? this.state
    this.#isBusy = false
  }
}
customElements.define("dalgo-device-switch", DeviceSwitchElement)
