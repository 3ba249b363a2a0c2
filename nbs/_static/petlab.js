document.addEventListener("DOMContentLoaded", () => document.querySelectorAll(".btn-download-notebook-button").forEach(o => o.download = ""))

// A page that is too long to find one's way in folds its longest sections; a link into one opens it
function fold(limit) {
  const sections = [...document.querySelectorAll("article.bd-article > section > section")].sort((a, b) => b.offsetHeight - a.offsetHeight)
  for (const o of sections) {
    if (document.documentElement.scrollHeight < limit) break
    const box = document.createElement("details"), line = document.createElement("summary")
    const head = o.querySelector(":scope > h2"), nodes = [...o.childNodes]
    if (!head) continue
    line.textContent = `Show: ${head.firstChild.textContent}`
    box.className = "section"
    box.append(line, ...nodes.slice(nodes.indexOf(head)+1))
    o.append(box)
  }
}
function unfold() {
  for (let o = document.getElementById(decodeURIComponent(location.hash.slice(1))); o; o = o.parentElement) if (o.tagName === "DETAILS") o.open = true
  const here = document.getElementById(decodeURIComponent(location.hash.slice(1)))
  here?.querySelectorAll(":scope > details.section").forEach(o => o.open = true)
  here?.scrollIntoView()
}
// A table that is wider than its column is set smaller, and its words may break
function tighten() {
  if (innerWidth > 600) for (const o of document.querySelectorAll("article table")) if (o.scrollWidth > o.parentElement.clientWidth+1) o.classList.add("tight")
}
addEventListener("load", () => { tighten(); if (!location.pathname.match(/lesson|guides/)) fold(11500); if (location.hash) unfold() })
addEventListener("hashchange", unfold)
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach(o => o.open = true))
