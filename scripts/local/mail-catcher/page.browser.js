const mails = document.querySelector("#mails")
const kept = document.querySelector("#kept")

// Adds new e-mails on top. Open e-mails stay open and in place, so a reload waits until none is open.
async function refresh() {
  const response = await fetch(`/list?after=${mails.dataset.received}`)
  const fragment = await response.text()
  const wasCleared = Number(response.headers.get("x-kept")) < Number(kept.value)
  const wasRestarted = Number(response.headers.get("x-received")) < Number(mails.dataset.received)
  if (wasCleared || wasRestarted) {
    if (!document.querySelector("details[open]")) location.reload()
    return
  }
  mails.insertAdjacentHTML("afterbegin", fragment)
  mails.dataset.received = response.headers.get("x-received")
  kept.value = response.headers.get("x-kept")
}

setInterval(() => document.hidden || refresh().catch(() => {}), 3000)

document.querySelector("#clear").addEventListener("click", async () => {
  await fetch("/messages", { method: "DELETE" })
  location.reload()
})
