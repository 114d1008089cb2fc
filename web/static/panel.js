// Moves through the list with the keyboard, and keeps it current without moving what one looks at.
"use strict";
const EVERY_MS = 15000;
const live = document.getElementById("live");
const lost = document.getElementById("lost");
const keys = document.getElementById("keys");
let tag = "";

const links = () => [...document.querySelectorAll(".waiting td a")];
const rowOf = (element) => element && element.closest(".waiting tr:not(.group)");
// A row is known by the conversation it opens.
const nameOf = (row) => row.querySelector("a")?.getAttribute("href");
const rows = () => links().map(rowOf);
const rowNamed = (name) => rows().find((row) => nameOf(row) === name);

function move(step) {
  const all = links();
  const row = rowOf(document.activeElement);
  const here = row ? all.findIndex((link) => rowOf(link) === row) : -1;
  const next = here < 0 ? all[0] : all[Math.min(Math.max(here + step, 0), all.length - 1)];
  if (next) {
    next.focus({ preventScroll: true });
    rowOf(next).scrollIntoView({ block: "nearest" });
  }
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea")) return;
  // By place as well as by letter: on a Russian layout the same two keys give "о" and "л".
  if (event.key === "j" || event.key === "о") move(1);
  else if (event.key === "k" || event.key === "л") move(-1);
  else if (event.key === "?" && keys) keys.open = !keys.open;
  else if (event.key === "Escape" && keys) keys.open = false;
});

// The row under the eye: the chosen one, else the one under the pointer, else the first in sight.
function anchor() {
  const row = rowOf(document.activeElement) || rows().find((r) => r.matches(":hover")) ||
    rows().find((r) => r.getBoundingClientRect().top >= 0);
  return row && { name: nameOf(row), top: row.getBoundingClientRect().top };
}

function swap(html) {
  const place = anchor();
  const focused = live.contains(document.activeElement) && document.activeElement;
  const focusedHref = focused && (rowOf(focused) ? nameOf(rowOf(focused)) : focused.getAttribute("href"));
  const open = rows().filter((row) => row.querySelector("details[open]")).map(nameOf);
  live.innerHTML = html;
  for (const name of open) rowNamed(name)?.querySelector("details").setAttribute("open", "");
  const row = place && rowNamed(place.name);
  if (row) window.scrollBy(0, row.getBoundingClientRect().top - place.top);
  const again = focusedHref && [...live.querySelectorAll("a")].find((a) => a.getAttribute("href") === focusedHref);
  if (again) again.focus({ preventScroll: true });
}

async function poll() {
  const address = new URL(location.href);
  address.searchParams.set("fragment", "1");
  try {
    const headers = tag ? { "If-None-Match": tag } : {};
    const answer = await fetch(address, { headers, redirect: "manual" });
    if (answer.type === "opaqueredirect") return location.reload(); // The session has ended.
    if (answer.status !== 200 && answer.status !== 304) throw new Error(String(answer.status));
    lost.hidden = true;
    if (answer.status === 200) {
      const html = await answer.text();
      // Never under a pressed button or a selection that is being made.
      if (document.querySelector("a:active, summary:active") || String(getSelection())) return undefined;
      tag = answer.headers.get("ETag");
      swap(html);
    }
  } catch {
    lost.hidden = false;
  }
  return undefined;
}

if (live) {
  setInterval(() => { if (!document.hidden) poll(); }, EVERY_MS);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) poll(); });
}
