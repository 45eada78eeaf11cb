// Prints what hangs at a support point from the page itself, line or no line: the board that this browser holds, checked
// again when it is read. A poster cannot be called back, so every moment on it has its date, and what is over is not
// printed.

import { drawSheet } from "./board/sheet.js";
import { made } from "./board/drawing.js";
import { Keeper, Unreliable } from "./board/keeping.js";
import { Reader } from "./board/reading.js";
import { Speech } from "./board/speech.js";
import { Time } from "./board/time.js";
import { validAt } from "./board/views.js";

const setting = JSON.parse(document.getElementById("setting").textContent);
const asked = new URLSearchParams(location.search);
const mode = asked.get("mode") === "exercise" ? "exercise" : "live";
const size = asked.get("size") === "a3" ? "a3" : "a4";
const [state, warnings, button, sheets] = ["state", "warnings", "print", "sheets"].map((id) => document.getElementById(id));
const keeper = new Keeper(setting.point, mode);
const time = new Time();
const speech = new Speech(setting, time);
const reader = new Reader(keeper, time, setting.open);
const seen = { board: null, answer: null };
const AGAIN_IN = 30_000;
const STEPS = [1.5, 1.35, 1.2, 1.1, 1, 0.94]; // at the last one the smallest letters are nine points
const DESK = setting.desk;

function dress() {
  document.body.dataset.size = size;
  for (const link of document.querySelectorAll("a[data-size]")) {
    const query = new URLSearchParams(asked);
    query.set("size", link.dataset.size);
    link.href = `?${query}`;
    if (link.dataset.size === size) link.setAttribute("aria-current", "true");
  }
}

function draw() {
  const held = seen.board?.content ?? null;
  const now = time.now(held?.issuedAt);
  const over = held === null || now >= held.notAfter;
  const notices = over ? [] : validAt(now, held.notices);
  button.disabled = notices.length === 0;
  state.textContent = sentence(held, over, notices);
  warn(held);
  sheets.replaceChildren(...notices.map((notice) => drawSheet(notice, setting, speech, mode)));
  for (const sheet of sheets.children) fit(sheet);
  if (notices.length) document.title = `${sheets.querySelector(".number").textContent} · ${setting.name}`;
}

function sentence(held, over, notices) {
  if (held === null) return seen.answer === null ? DESK.loading : DESK.none;
  const at = speech.moment(held.issuedAt, "nl");
  if (notices.length) return DESK.ready.replace("{at}", at);
  return (over || held.notices.length ? DESK.over : DESK.empty).replace("{at}", at);
}

/** What somebody should know before they hang it up. */
function warn(held) {
  const said = [];
  const kind = seen.answer?.kind;
  if (held && seen.answer && kind !== "board" && kind !== "unchanged") {
    said.push(kind === "refused" ? (setting.bands[seen.answer.reason] ?? setting.bands.refused) : DESK.line);
  }
  if (held && seen.answer && !time.known(held.issuedAt)) said.push(DESK.time);
  warnings.replaceChildren(...said.map((text) => made("p", { class: "warning" }, text)));
}

/** As large as the smallest number of pages allows. Then as wide as the screen, to look at. */
function fit(sheet) {
  sheet.style.zoom = 1;
  const least = pagesAt(sheet, STEPS.at(-1));
  const step = STEPS.find((each) => pagesAt(sheet, each) === least);
  sheet.style.setProperty("--k", step);
  sheet.style.zoom = Math.min(1, document.documentElement.clientWidth / sheet.offsetWidth);
}

/** How many pages a sheet takes at a size, when each language that fits on a page stays in one piece. */
function pagesAt(sheet, step) {
  sheet.style.setProperty("--k", step);
  const room = pageHeight();
  let [full, used] = [1, 0];
  for (const { offsetHeight: tall } of sheet.children) {
    if (used + tall > room && used > 0) [full, used] = [full + 1, 0];
    full += Math.floor(tall / room);
    used += tall % room;
  }
  return full;
}

/** The height of a page between its margins (paper.css), in pixels; less a hair, for what printers round up. */
function pageHeight() {
  const millimetres = size === "a3" ? 420 - 2 * 19.8 : 297 - 2 * 14;
  return (millimetres * 96) / 25.4 - 12;
}

async function read() {
  seen.answer = await reader.fetchOnce();
  seen.board = await keeper.held();
  draw();
}

async function start() {
  dress();
  try {
    await keeper.restore();
    seen.board = await keeper.held();
    draw();
    if (setting.open || (await keeper.get("token"))) await read();
    else seen.answer = { kind: "unavailable", why: "line" };
  } catch (error) {
    if (!(error instanceof Unreliable)) throw error;
    seen.answer = { kind: "refused", reason: error.reason };
  }
  draw();
  setInterval(() => read().catch(() => {}), AGAIN_IN);
}

button.addEventListener("click", () => window.print());
addEventListener("beforeprint", draw); // what was over meanwhile is not printed
addEventListener("resize", draw);
document.fonts.ready.then(draw);
start();
