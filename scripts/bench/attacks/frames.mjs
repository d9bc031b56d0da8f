import { readdirSync, readFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { ORIGIN } from "../instance.mjs"
import { format, summary, timed } from "../measure.mjs"

const ATTACKER = 1
const VICTIM = 2
/** People who each read some snapshots, so that none of them reaches the limit of messages. */
const READERS = Array.from({ length: 10 }, (_, i) => i + 3)
const HELLOS_PER_READER = 40
const ITEMS = 50
const PROBES = 3
const ATTACK_MS = 1_500
/** A refused attacker tries again after this time. */
const REFUSED_MS = 5
const STALE_HELLO = JSON.stringify({ type: "hello", last_seq: 0 })

const TEXTS = {
  letters: "the survey is down ".repeat(530).slice(0, 10_000),
  "emoji, controls and quotes": '😀\u0001"\\é\n'.repeat(1_430).slice(0, 10_000),
}

export async function run(instance) {
  const rows = []
  const people = [ATTACKER, VICTIM, ...READERS]
  for (const [name, message] of Object.entries(TEXTS)) {
    await fillBars(instance.db, { people, message })
    const clients = Object.fromEntries(
      await Promise.all(people.map(async (id) => [id, await clientFor(instance, { id })])),
    )
    await Promise.all(READERS.map((id) => clients[id].bar()))
    const attacks = { "300 hellos at once": () => clients[ATTACKER].sendHellos(300) }
    if (message === TEXTS.letters) {
      attacks["200 sockets at once"] = () => clients[ATTACKER].openSockets(200)
      attacks["100 changes of the read state at once"] = () => clients[ATTACKER].toggle(100)
    }
    const label = (attack) => `${attack}, messages of ${name}`
    for (const [measured, cpu] of await cpuTimes(READERS.map((id) => clients[id]))) {
      rows.push({ attack: `none, messages of ${name}`, measured, idle: cpu, during: "–" })
    }
    const idle = await probe(clients[VICTIM])
    for (const [attack, act] of Object.entries(attacks)) {
      const during = await probeDuring(clients[VICTIM], act)
      for (const measured of Object.keys(idle)) {
        rows.push({ attack: label(attack), measured, idle: summary(idle[measured]), during: summary(during[measured]) })
      }
    }
  }
  return rows
}

/** Acme with these people, who all have the same fifty urgent messages of 10,000 characters. */
async function fillBars(db, { people, message }) {
  const now = Date.now()
  await db.batch([
    db.prepare("DELETE FROM notification_recipients"),
    db.prepare("DELETE FROM notifications"),
    db.prepare("INSERT OR IGNORE INTO orgs (id, slug, name) VALUES (1, 'acme', 'Acme')"),
    db
      .prepare(
        `INSERT OR IGNORE INTO org_users (id, org_id, user_id, email, role)
           SELECT value, 1, value, 'person' || value || '@acme.test', 'member' FROM json_each(?)`,
      )
      .bind(JSON.stringify(people)),
    db
      .prepare(
        `INSERT INTO notifications (org_id, author, message, category, urgent, created_at, sent_at, publication_id)
           SELECT 1, 'Dalgo', value || ' ' || ?1, 'incident', 1, ?2 + value, ?2 + value, ?2 || '-' || value
           FROM json_each(?3)`,
      )
      .bind(message, now, JSON.stringify(Array.from({ length: ITEMS }, (_, i) => i))),
    db
      .prepare(
        `INSERT INTO notification_recipients (org_user_id, is_read, sent_at, notification_id, category, urgent)
           SELECT value, 0, n.sent_at, n.id, n.category, 1 FROM notifications n, json_each(?)`,
      )
      .bind(JSON.stringify(people)),
  ])
}

async function clientFor({ url, tokenOf }, { id }) {
  const headers = { authorization: `Bearer ${await tokenOf(id)}`, "x-dalgo-org": "acme" }
  const call = async (path, { body, ...init } = {}) => {
    const json = body && { body: JSON.stringify(body), headers: { ...headers, "content-type": "application/json" } }
    const send = () => fetch(`${url}/api/notifications/${path}`, { headers, ...init, ...json })
    // workerd closes connections that were idle for seconds, and the request that meets this fails.
    const answer = await send().catch(send)
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text.slice(0, 200)}`)
    return JSON.parse(text)
  }
  const bar = async () => (await call("urgent-bar")).res
  const setRead = (ids, isRead) => call("v1", { method: "PUT", body: { notification_ids: ids, read_status: isRead } })
  const open = () => openSocket(url, headers)
  return {
    bar,
    setRead,
    open,
    /** Until the last one is answered, or the socket is closed. */
    async sendHellos(count) {
      const socket = await open()
      for (let i = 0; i < count; i++) socket.send(STALE_HELLO)
      await socket.received(count)
      socket.close()
    },
    async openSockets(count) {
      const opened = await Promise.allSettled(Array.from({ length: count }, open))
      for (const { value: socket } of opened) socket?.close()
    },
    async toggle(count) {
      const ids = (await bar()).map((item) => item.id).slice(0, 1)
      await Promise.allSettled(Array.from({ length: count }, (_, i) => setRead(ids, i % 2 === 0)))
    },
  }
}

/** Opens a WebSocket, and resolves with its first frame. */
async function openSocket(url, headers) {
  const socket = new WebSocket(`${url.replace("http", "ws")}/wss/notifications?orgslug=acme`, {
    headers: { ...headers, origin: ORIGIN },
  })
  let count = 0
  let wanted = { number: 1, ...Promise.withResolvers() }
  socket.addEventListener("message", () => {
    if (++count >= wanted.number) wanted.resolve()
  })
  for (const end of ["error", "close"]) socket.addEventListener(end, () => wanted.resolve())
  await wanted.promise
  if (count === 0) throw new Error("the handshake was refused")
  return {
    send: (text) => socket.send(text),
    /** Resolves after so many more frames, or when the socket is closed. */
    async received(more) {
      wanted = { number: count + more, ...Promise.withResolvers() }
      if (socket.readyState === WebSocket.OPEN) await wanted.promise
    },
    close: () => socket.close(),
  }
}

/** The times of another person: of a snapshot, of the bar by REST, and of the frame after a change of the read state. */
async function probe(client) {
  const times = { "another person's hello": [], "another person's bar by REST": [], "a push to another person": [] }
  const socket = await client.open()
  for (let i = 0; i < PROBES; i++) {
    const answer = () => socket.received(1)
    socket.send(STALE_HELLO)
    times["another person's hello"].push((await timed(answer)).ms)
    const { result: items, ms } = await timed(client.bar)
    times["another person's bar by REST"].push(ms)
    const push = () => Promise.all([answer(), client.setRead([items[0].id], true)])
    times["a push to another person"].push((await timed(push)).ms)
    await Promise.all([answer(), client.setRead([items[0].id], false)])
  }
  socket.close()
  return times
}

/** Repeats the attack while the probes run, but at least once, and at most for some seconds more than they need. */
async function probeDuring(client, attack) {
  const probing = new AbortController()
  const until = performance.now() + ATTACK_MS
  const attacking = (async () => {
    while (!probing.signal.aborted || performance.now() < until) await attack().catch(() => sleep(REFUSED_MS))
  })()
  await sleep(50)
  const times = await probe(client)
  probing.abort()
  await attacking
  return times
}

/** Milliseconds of CPU, with everything that the runtime does for it. */
async function cpuTimes(readers) {
  const sockets = []
  const opening = await cpuOf(async () => {
    for (const reader of readers) sockets.push(await reader.open())
  })
  const hellos = await cpuOf(async () => {
    for (const socket of sockets) {
      for (let i = 0; i < HELLOS_PER_READER; i++) {
        socket.send(STALE_HELLO)
        await socket.received(1)
      }
    }
  })
  for (const socket of sockets) socket.close()
  return [
    [`CPU of a handshake with a snapshot of ${ITEMS} items`, opening / readers.length],
    [`CPU of a hello with a snapshot of ${ITEMS} items`, hellos / (readers.length * HELLOS_PER_READER)],
  ].map(([measured, ms]) => [measured, Number.isNaN(ms) ? "unknown" : format(ms)])
}

async function cpuOf(work) {
  const before = workerdCpuMs()
  await work()
  return workerdCpuMs() - before
}

const MS_PER_TICK = 10

/** CPU time of the runtime that this process has started; NaN where the system does not tell. */
function workerdCpuMs() {
  try {
    const stats = readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => statOf(pid))
    const own = stats.filter(({ command, parent }) => command === "workerd" && parent === process.pid)
    return own.length === 0 ? Number.NaN : own.reduce((sum, { ticks }) => sum + ticks, 0) * MS_PER_TICK
  } catch {
    return Number.NaN
  }
}

function statOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    const command = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"))
    return [{ command, parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) }]
  } catch {
    // The process has ended.
    return []
  }
}
