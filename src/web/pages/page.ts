import { html, nothing, render } from "lit"
import "../elements/device-switch"
import "../elements/inbox/inbox"
import { NotifyClient } from "../client/notify-client"
import { ApiError } from "../client/rest-client"
import { controls } from "../ui/theme"
import "../elements/urgent-bar/urgent-bar"

/** A person of the local instance's demo data. Other instances have no such list. */
type LocalPerson = { name: string; role: string; org: string }

const org = new URLSearchParams(location.search).get("org") ?? ""
const client = NotifyClient.for("", org)

const isSignedIn = () =>
  client.unreadCount().then(
    () => true,
    // The inbox shows any other error.
    (error: unknown) => !(error instanceof ApiError && error.isSignedOut),
  )

async function fetchLocalPeople(): Promise<LocalPerson[]> {
  try {
    const answer = await fetch("/local/people")
    return answer.ok ? await answer.json() : []
  } catch {
    return []
  }
}

const renderInto = (id: string, content: unknown) => render(content, document.getElementById(id) as HTMLElement)

const signInPath = ({ name }: LocalPerson) => `/local/sign-in?as=${encodeURIComponent(name.toLowerCase())}`

function showSignedOut(people: LocalPerson[]) {
  const links = people.map(
    (person) => html`
      <li><a class="button" href=${signInPath(person)}>Sign in as ${person.name} (${person.role}, ${person.org})</a></li>
    `,
  )
  renderInto("bar", nothing)
  renderInto("device", nothing)
  renderInto(
    "main",
    html`
      <h1>You are not signed in.</h1>
      ${links.length > 0 ? html`<ul class="people">${links}</ul>` : html`<p>Sign in to Dalgo, then load this page again.</p>`}
    `,
  )
  renderInto("local", nothing)
}

function showSignedIn(people: LocalPerson[]) {
  renderInto(
    "bar",
    html`<dalgo-urgent-bar theme="auto" org=${org} inbox-href="#main" focus-return="#main"></dalgo-urgent-bar>`,
  )
  renderInto("device", html`<dalgo-device-switch theme="auto" .org=${org}></dalgo-device-switch>`)
  renderInto("main", html`<dalgo-notifications theme="auto" org=${org}></dalgo-notifications>`)
  if (people.length === 0) return
  const links = people.map((person) => html`<a href=${signInPath(person)}>${person.name}</a>, `)
  renderInto("local", html`Local instance: sign in as ${links}or read the <a href="/local/mail">mails</a>.`)
}

if (controls.styleSheet) document.adoptedStyleSheets.push(controls.styleSheet)
renderInto("org", org)
const [signedIn, people] = await Promise.all([isSignedIn(), fetchLocalPeople()])
if (signedIn) showSignedIn(people)
else showSignedOut(people)
client.addEventListener("signed-out", () => showSignedOut(people))
