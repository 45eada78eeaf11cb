// The host's page without reloading: forms are sent, and pages fetched, in the background, so that a box that gives no
// answer loses nothing of what was typed. Without this script everything works as well, page by page.

const HOME = "/steunpunt";
const FRESH_IN = 15_000;
const LIVING = new Set([HOME, `${HOME}/berichten`]);
/** Pages that change by themselves: the line, receipts, a new notice. */
const WAIT_IN = 10_000;

let busy = false;

const sheet = () => document.getElementById("sheet");
const isOurs = (url) => url.origin === location.origin && (url.pathname === HOME || url.pathname.startsWith(`${HOME}/`));

async function ask(address, options = {}) {
  const answer = await fetch(address, { credentials: "same-origin", signal: AbortSignal.timeout(WAIT_IN), ...options });
  if (!answer.headers.get("Content-Type")?.startsWith("text/html")) throw new TypeError("no page");
  return { url: answer.url, page: new DOMParser().parseFromString(await answer.text(), "text/html") };
}

/** Fetch a page in place of the one that is shown. Gives false when there was no answer. */
async function go(address, options, push = true) {
  if (busy) return false;
  busy = true;
  sheet().setAttribute("aria-busy", "true");
  try {
    const { url, page } = await ask(address, options);
    if (push && url !== location.href) history.pushState(null, "", url);
    show(page);
    land();
    return true;
  } catch {
    complain();
    return false;
  } finally {
    busy = false;
    sheet().removeAttribute("aria-busy");
  }
}

function show(page) {
  document.title = page.title;
  document.documentElement.lang = page.documentElement.lang;
  document.documentElement.dataset.mode = page.documentElement.dataset.mode;
  document.body.dataset.noAnswer = page.body.dataset.noAnswer;
  document.body.replaceChildren(...page.body.childNodes);
  setClock();
}

/** Where a reader goes on: at what the page says first, else at its heading. */
function land() {
  scrollTo(0, 0);
  const first = document.querySelector("[data-focus], [autofocus]") ?? document.querySelector("h1");
  if (first?.tagName === "H1") first.tabIndex = -1;
  first?.focus();
}

function complain() {
  const place = document.getElementById("unanswered");
  place.textContent = document.body.dataset.noAnswer;
  place.hidden = false;
  place.scrollIntoView({ block: "nearest" });
}

addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form, event.submitter));
  go(form.action, { method: "POST", body });
});

addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (link.matches("[data-print]")) return void setTimeout(() => document.querySelector("#hangs legend")?.scrollIntoView(), 500);
  if (link.target || link.hash || !isOurs(new URL(link.href))) return;
  event.preventDefault();
  go(link.href);
});

addEventListener("popstate", () => go(location.href, {}, false));

// --- what changes by itself -------------------------------------------------------------------------------

async function refresh() {
  if (busy || document.hidden || !LIVING.has(location.pathname)) return;
  const at = location.href;
  try {
    const { page } = await ask(at);
    if (busy || location.href !== at) return;
    const focused = document.activeElement?.getAttribute("href");
    const inForm = document.activeElement?.closest("form")?.getAttribute("action");
    if (inForm && document.activeElement.matches("input")) return; // somebody types the PIN
    show(page);
    const again = focused ? `a[href="${focused}"]` : inForm ? `form[action="${inForm}"] button` : null;
    if (again) document.querySelector(again)?.focus({ preventScroll: true });
  } catch {
    complain();
  }
}

/** The relay's own clock, which this page shows; not that of the telephone. */
let ahead = 0;

function setClock() {
  const clock = document.getElementById("clock");
  if (clock) ahead = Date.parse(clock.dateTime) - performance.now();
}

function tick() {
  const clock = document.getElementById("clock");
  if (!clock) return;
  const now = new Date(ahead + performance.now());
  const shown = { hour: "2-digit", minute: "2-digit", timeZone: clock.dataset.zone };
  clock.textContent = new Intl.DateTimeFormat("nl-NL", shown).format(now);
}

setClock();
setInterval(tick, 1000);
setInterval(refresh, FRESH_IN);
