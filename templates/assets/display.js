// The display on the wall: reads its board, believes only what it can check, and says how old it is.

import { Keeper, Unreliable } from "./board/keeping.js";
import { drawNotice, drawSentences, made } from "./board/drawing.js";
import { ageOf, filled, momentOf } from "./board/phrases.js";
import { Reader } from "./board/reading.js";
import { Rotation } from "./board/rotation.js";
import { situation } from "./board/situation.js";
import { Time } from "./board/time.js";
import { keepPage } from "./board/updating.js";
import { MOST_WORDS, languagesOf, viewsOf, words } from "./board/views.js";

const setting = JSON.parse(document.getElementById("setting").textContent);
const [main, bands, age, languages] = ["notice", "bands", "age", "languages"].map((id) => document.getElementById(id));
const keeper = new Keeper(setting.point, setting.mode);
const time = new Time();
const reader = new Reader(keeper, time, setting.open);
const rotation = new Rotation(matchMedia("(prefers-reduced-motion: reduce)").matches);
const seen = { held: null, answer: null, answeredAt: null, confirmedAt: null, began: time.now() };
const room = new Map(); // words that fit in a view, by notice and language, where fewer than the most do
const SECONDS_A_SENTENCE = 15;
const LEAST_WORDS = 20;
const LATE_AFTER = 60_000; // a promise is told in whole minutes

const base = (language) => language.split("-")[0];
const wordsIn = (language) => setting.words[language] ?? setting.words[base(language)] ?? setting.words.en;
const directionOf = (language) => (setting.right_to_left.includes(base(language)) ? "rtl" : "ltr");
// As HTML names a form of a language (BCP 47): "nl-simple" for our "nl-easy".
const tagOf = (language) => language.replace(/-easy$/, "-simple");
const spoken = (language) => (setting.words[base(language)] ? base(language) : "en");

function say(language, phrase, values) {
  return filled(wordsIn(language)[phrase], values ?? {});
}

function moment(instant, language) {
  return momentOf(instant, time.now(), spoken(language), setting.zone);
}

// --- what is shown one after the other ---------------------------------------------------------------

function slidesOf(state) {
  if (state.kind === "notices") return state.notices.flatMap((notice, at) => slidesOfNotice(notice, at, state.notices.length));
  if (state.kind === "expired") return setting.languages.map((language) => expiredSlide(state, language));
  return [{ key: state.kind, group: state.kind, language: setting.languages[0], seconds: Infinity }];
}

function slidesOfNotice(notice, at, count) {
  return languagesOf(notice, setting.languages).flatMap((language) => {
    const name = `${notice.alert} ${language}`;
    const pieces = notice.languages[language];
    const counters = [counter(language, "notice", at, count), say(language, "part", { n: 1, of: 1 })];
    const beside = words([wordsIn(language)[notice.severity], ...counters].join(" "));
    const views = viewsOf(pieces, language, room.get(name) ?? MOST_WORDS, beside);
    return views.map((view, index) => ({
      key: `${name} ${index}`,
      name,
      group: notice.alert,
      language,
      seconds: view.seconds,
      notice,
      view,
      word: pieces.word,
      severity: notice.severity,
      severityWord: wordsIn(language)[notice.severity],
      counters: [counter(language, "notice", at, count), counter(language, "part", index, views.length)].filter(Boolean),
    }));
  });
}

const counter = (language, phrase, at, count) => (count > 1 ? say(language, phrase, { n: at + 1, of: count }) : "");

function expiredSlide(state, language) {
  return { key: `expired ${language}`, group: "expired", language, seconds: SECONDS_A_SENTENCE };
}

// --- drawing -----------------------------------------------------------------------------------------

let drawn = "";

function draw() {
  const state = situation(seen, time.now(seen.held?.issuedAt), time.known(seen.held?.issuedAt));
  rotation.take(slidesOf(state), performance.now());
  const slide = rotation.at(performance.now());
  document.documentElement.lang = tagOf(slide.language);
  document.documentElement.dir = directionOf(slide.language);
  dress(slide);
  drawBands(state, slide.language);
  drawAge(state, slide.language);
  drawLanguages(slide.language);
  drawMain(state, slide);
  if (tooFull(slide)) draw();
}

function drawMain(state, slide) {
  const unproven =
    state.kind === "notices" && state.timeUnknown
      ? say(slide.language, "time_unknown_more", { at: moment(slide.notice.expiresAt, slide.language) })
      : null;
  const elements = state.kind === "notices" ? drawNotice({ ...slide, late: lateOf(slide, state) }, unproven) : sentences(state, slide.language);
  const wanted = elements.map((element) => element.outerHTML).join("");
  if (wanted === drawn) return; // a page that stands still is left alone: somebody may be reading it aloud
  drawn = wanted;
  main.replaceChildren(...elements);
}

/** What is said of a notice whose promised successor did not come (which would have taken its place); null while it may. */
function lateOf({ notice, language }, { timeUnknown }) {
  if (timeUnknown || notice.nextAt === null || time.now(seen.held?.issuedAt) < notice.nextAt + LATE_AFTER) return null;
  return say(language, "late", { at: moment(notice.asOf, language), promised: moment(notice.nextAt, language) });
}

function sentences(state, language) {
  if (state.kind === "stopped") return drawSentences([{ ...wordsOfStop(state.why), language: "nl", direction: "ltr" }], true);
  if (state.kind === "expired") return drawSentences([sentence(language, "expired", "expired_more", state.at)], true);
  if (state.kind === "loading") return drawSentences(setting.languages.map((each) => sentence(each, "loading")), false);
  const title = state.at === null ? "empty" : "empty_then";
  const more = state.at === null ? "empty_more" : "line_more";
  return drawSentences(setting.languages.map((each) => sentence(each, title, more, state.at)), false);
}

function sentence(language, title, more, at) {
  const values = at ? { at: moment(at, language) } : {};
  const direction = directionOf(language);
  return { language: tagOf(language), direction, title: say(language, title, values), more: more ? say(language, more, values) : "" };
}

const wordsOfStop = (why) => {
  const [title, more] = setting.stops[why] ?? setting.stops.refused;
  return { title, more };
};

/** A view with more text than the screen holds gets fewer words. Not where a page may be scrolled, as on a telephone. */
function tooFull(slide) {
  const text = main.querySelector(".text");
  if (!slide.name || !text || text.scrollHeight <= text.clientHeight + 1) return false;
  const most = room.get(slide.name) ?? MOST_WORDS;
  if (most <= LEAST_WORDS) return false;
  room.set(slide.name, most - 4);
  return true;
}

/** The dress of an exercise comes with the board, and with what was asked for: either is enough. */
function dress(slide) {
  const exercise = setting.mode === "exercise" || seen.held?.mode === "exercise";
  document.body.dataset.mode = exercise ? "exercise" : "live";
  const word = slide.word || setting.exercise[base(slide.language)] || setting.exercise.nl;
  for (const strip of document.querySelectorAll(".strip")) {
    strip.hidden = !exercise;
    strip.textContent = word;
  }
  document.getElementById("real").hidden = exercise;
  document.title = exercise ? `${word} · ${setting.name}` : setting.name;
}

// --- how old it is, and whether the line is there -------------------------------------------------------

function drawBands(state, language) {
  const both = [...new Set(["nl", language])];
  const said = [];
  if (state.lineGone) said.push(both.map((each) => [each, lineGone(each)]));
  if (state.timeUnknown && state.kind !== "notices") said.push(both.map((each) => [each, say(each, "time_unknown")]));
  if (state.unsigned) said.push(both.map((each) => [each, say(each, "unsigned_since", { at: moment(seen.held.issuedAt, each) })]));
  if (state.refused && state.kind !== "stopped") said.push([["nl", setting.bands[state.refused] ?? setting.bands.refused]]);
  const rows = said.map((row) =>
    made("p", {}, ...row.map(([each, text]) => made("span", { lang: tagOf(each), dir: directionOf(each), class: "part" }, text))),
  );
  if (rows.map((row) => row.outerHTML).join("") !== bands.innerHTML) bands.replaceChildren(...rows);
}

function lineGone(language) {
  const since = seen.answeredAt ?? seen.confirmedAt;
  return since === null ? say(language, "line_never") : say(language, "line_gone", { at: moment(since, language) });
}

function drawAge(state, language) {
  age.dataset.loudness = state.loudness;
  if (state.age === null) return age.replaceChildren(say(language, "never"));
  if (state.unheard) return age.replaceChildren(say(language, "restarted"));
  if (state.timeUnknown) return age.replaceChildren(say(language, "time_unknown"));
  const at = moment(seen.confirmedAt, language);
  const text = say(language, "updated", { at, age: ageOf(state.age, spoken(language)) });
  if (age.textContent !== text) {
    age.replaceChildren(made("time", { datetime: new Date(seen.confirmedAt).toISOString() }, text));
  }
}

// --- languages, and stopping ----------------------------------------------------------------------------

function drawLanguages(language) {
  const there = [...new Set(rotation.slides.map((slide) => slide.language))];
  const name = `${there.join()} ${language} ${rotation.still} ${rotation.slides.length}`;
  languages.hidden = rotation.slides.length < 2;
  if (languages.dataset.drawn === name) return;
  const focused = document.activeElement?.dataset?.does;
  languages.dataset.drawn = name;
  const buttons = there.map((each) => languageButton(each, each === language));
  buttons.push(button("next", "›", say(language, "next"), () => rotation.next(performance.now())));
  const still = rotation.still;
  buttons.push(button("still", still ? "▶" : "❚❚", say(language, still ? "resume" : "pause"), () => turn(!still)));
  languages.replaceChildren(...buttons);
  if (focused) languages.querySelector(`[data-does="${focused}"]`)?.focus();
}

function turn(still) {
  rotation.still = still;
  rotation.since = performance.now();
}

function languageButton(language, current) {
  const does = () => rotation.choose(language, performance.now());
  const element = button(language, wordsIn(language).name, null, does);
  element.lang = setting.words[language] ? tagOf(language) : spoken(language);
  if (current) element.setAttribute("aria-current", "true");
  return element;
}

function button(name, sign, label, does) {
  const shown = made("span", { "aria-hidden": label && "true" }, sign);
  const element = made("button", { type: "button", "data-does": name, "aria-label": label, title: label }, shown);
  element.addEventListener("click", () => {
    does();
    draw();
  });
  return element;
}

// --- going ----------------------------------------------------------------------------------------------

function hear(answer) {
  seen.answer = answer;
  const now = time.now();
  if (answer.kind !== "unavailable" || answer.why === "admission") seen.answeredAt = now;
  if (answer.kind === "board" || answer.kind === "unchanged") {
    seen.held = answer.board.content;
    seen.confirmedAt = Math.max(now, seen.held.issuedAt);
    keeper.set(`${setting.mode}.confirmed`, seen.confirmedAt, "relaxed").catch(() => {}); // the board itself is there
  }
  draw();
}

/** What was kept before: the board, and when the hub last said that it was the newest. */
async function remember() {
  const held = await keeper.held();
  if (held === null) return;
  seen.held = held.content;
  const confirmed = (await keeper.get(`${setting.mode}.confirmed`)) ?? 0;
  seen.confirmedAt = Math.max(Math.min(confirmed, time.now()), held.content.issuedAt);
}

async function start() {
  try {
    await begin();
  } catch (error) {
    if (!(error instanceof Unreliable)) throw error;
    hear({ kind: "refused", reason: error.reason });
  }
  draw();
  keepPage(setting.point, setting.version);
}

async function begin() {
  navigator.storage?.persist?.(); // asked for: a browser that is short of room clears others first
  await keeper.takeFragment();
  await remember();
  if (!setting.open && !(await keeper.get("token"))) return hear({ kind: "refused", reason: "no-token" });
  reader.follow(hear);
}

addEventListener("resize", () => {
  room.clear();
  draw();
});
addEventListener("hashchange", () => location.reload());
setInterval(() => rotation.slides.length && draw(), 1000);
start();
