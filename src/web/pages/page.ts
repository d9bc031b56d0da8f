import { html, nothing, render } from "lit"
import "../elements/device-switch"
import "../elements/inbox/inbox"
import { NotifyClient } from "../client/notify-client"
import { ApiError } from "../client/rest"
import { controls } from "../ui/theme"
import "../elements/urgent-bar/urgent-bar"

/** Somebody of the local instance's cast; other instances have no such list. */
type LocalPerson = { name: string; role: string; org: string }

const org = new URLSearchParams(location.search).get("org") ?? ""
const client = NotifyClient.for("", org)

const isSignedIn = () =>
  client.unreadCount().then(
    () => true,
    // Any other failure is the inbox's to show.
    (error: unknown) => !(error instanceof ApiError && error.isSignedOut),
  )

async function localPeople(): Promise<LocalPerson[]> {
  try {
    const answer = await fetch("/local/people")
    return answer.ok ? await answer.json() : []
  } catch {
    return []
  }
}

const show = (id: string, content: unknown) => render(content, document.getElementById(id) as HTMLElement)

const signInPath = ({ name }: LocalPerson) => `/local/sign-in?as=${encodeURIComponent(name.toLowerCase())}`

function showSignedOut(people: LocalPerson[]) {
  const links = people.map(
    (person) => html`
      <li><a class="button" href=${signInPath(person)}>Sign in as ${person.name} (${person.role}, ${person.org})</a></li>
    `,
  )
  show("bar", nothing)
  show("device", nothing)
  show(
    "main",
    html`
      <h1>You are not signed in.</h1>
      ${links.length > 0 ? html`<ul class="people">${links}</ul>` : html`<p>Sign in to Dalgo, then load this page again.</p>`}
    `,
  )
  show("local", nothing)
}

function showSignedIn(people: LocalPerson[]) {
  show(
    "bar",
    html`<dalgo-urgent-bar theme="auto" org=${org} inbox-href="#main" focus-return="#main"></dalgo-urgent-bar>`,
  )
  show("device", html`<dalgo-device-switch theme="auto" .org=${org}></dalgo-device-switch>`)
  show("main", html`<dalgo-notifications theme="auto" org=${org}></dalgo-notifications>`)
  if (people.length === 0) return
  const links = people.map((person) => html`<a href=${signInPath(person)}>${person.name}</a>, `)
  show("local", html`Local instance: sign in as ${links}or read the <a href="/local/mail">mails</a>.`)
}

if (controls.styleSheet) document.adoptedStyleSheets.push(controls.styleSheet)
show("org", org)
const [signedIn, people] = await Promise.all([isSignedIn(), localPeople()])
if (signedIn) showSignedIn(people)
else showSignedOut(people)
client.addEventListener("signed-out", () => showSignedOut(people))
