import { css, html, LitElement, nothing } from "lit"
import { ThisDevice } from "../client/push-subscription"
import { controls, palette, theme } from "../ui/theme"

const BLOCKED = "Your browser blocks messages from this page. Its settings for this page can permit them."

/** Turns push messages on and off for the browser in which it is shown. Where there can be none it shows nothing. */
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

  static properties = { org: {}, state: { state: true }, said: { state: true } }

  declare org: string
  /** Unknown at first. */
  declare state: Awaited<ReturnType<ThisDevice["state"]>>
  declare said: string

  #isBusy = false

  constructor() {
    super()
    this.org = ""
    this.said = ""
  }

  get #device() {
    return new ThisDevice(this.org)
  }

  // Not earlier: only now the organisation is set.
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
      <p id="why">${isBlocked ? BLOCKED : nothing}</p>
      <p role="status">${this.said}</p>
    `
  }

  #turn = async () => {
    if (this.#isBusy) return
    this.#isBusy = true
    this.said = ""
    try {
      if (this.state === "on") await this.#device.turnOff()
      else if (!(await this.#device.turnOn())) this.said = "Your browser was not permitted to show messages."
    } catch {
      this.said = "That did not work. Please try again."
    }
    this.state = (await this.#device.state()) ?? this.state
    this.#isBusy = false
  }
}
customElements.define("dalgo-device-switch", DeviceSwitchElement)
