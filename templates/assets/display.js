// The display on the wall: reads its board, believes only what it can check, and says how old it is.

import { Keeper, Unreliable } from "./board/keeping.js";
import { drawNotice, drawSentences, made } from "./board/drawing.js";
import { enrol } from "./board/enrolling.js";
import { Heard } from "./board/heard.js";
import { followHeartbeat } from "./board/heartbeat.js";
import { drawLine, followLine } from "./board/local.js";
import { ageOf } from "./board/phrases.js";
import { Reader } from "./board/reading.js";
import { Rotation } from "./board/rotation.js";
import { Showing, sender } from "./board/showing.js";
import { situation } from "./board/situation.js";
import { Slides } from "./board/slides.js";
import { Speech, tagOf } from "./board/speech.js";
import { Time } from "./board/time.js";
import { keepPage } from "./board/updating.js";

const setting = JSON.parse(document.getElementById("setting").textContent);
const [main, local, bands, age, languages] = ["notice", "local", "bands", "age", "languages"].map((id) =>
  document.getElementById(id),
);
const keeper = new Keeper(setting.point, setting.mode);
const time = new Time();
const speech = new Speech(setting, time);
const reader = new Reader(keeper, time, setting.open);
const slides = new Slides(setting.languages, speech);
const rotation = new Rotation(matchMedia("(prefers-reduced-motion: reduce)").matches);
const showing = new Showing(setting.version, setting.showing ? sender(keeper, setting.open) : async () => {});
const seen = new Heard(keeper, time, setting.local);

const LATE_AFTER = 60_000; // a promise is told in whole minutes

// --- drawing -----------------------------------------------------------------------------------------

let drawn = "";

function draw() {
  const state = situation(seen, time.now(seen.signedAt), time.known(seen.signedAt));
  rotation.take(slides.of(state), performance.now());
  const slide = rotation.at(performance.now());
  document.documentElement.lang = tagOf(slide.language);
  document.documentElement.dir = speech.direction(slide.language);
  dress(slide);
  drawBands(state, slide.language);
  drawAge(state, slide.language);
  drawLanguages(slide.language);
  drawLocal(state, slide.language);
  drawMain(state, slide);
  if (tooFull(slide) && slides.narrow(slide)) return draw();
  showing.drawn(main, seen.board, turns(), performance.now());
}

/** How long a number may be away while others have their turn, in milliseconds: one round, and time to spare. */
function turns() {
  const round = rotation.slides.reduce((sum, slide) => sum + (rotation.still ? 0 : slide.seconds), 2) * 1000;
  return new Map(rotation.slides.filter((slide) => slide.notice).map((slide) => [slide.notice.number, round]));
}

function drawMain(state, slide) {
  const unproven =
    state.kind === "notices" && state.timeUnknown
      ? speech.say(slide.language, "time_unknown_more", { at: speech.moment(slide.notice.expiresAt, slide.language) })
      : null;
  const elements = state.kind === "notices" ? drawNotice({ ...slide, late: lateOf(slide, state) }, unproven) : sentences(state, slide.language);
  const wanted = elements.map((element) => element.outerHTML).join("");
  if (wanted === drawn) return; // a page that stands still is left alone: somebody may be reading it aloud
  drawn = wanted;
  main.replaceChildren(...elements);
}

/** What is said of a notice whose promised successor did not come (which would have taken its place); null while it may. */
function lateOf({ notice, language }, { timeUnknown }) {
  if (timeUnknown || notice.nextAt === null || time.now(seen.signedAt) < notice.nextAt + LATE_AFTER) return null;
  const [at, promised] = [notice.asOf, notice.nextAt].map((instant) => speech.moment(instant, language));
  return speech.say(language, "late", { at, promised });
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
  const values = at ? { at: speech.moment(at, language) } : {};
  const said = { title: speech.say(language, title, values), more: more ? speech.say(language, more, values) : "" };
  return { language: tagOf(language), direction: speech.direction(language), ...said };
}

const wordsOfStop = (why) => {
  const [title, more] = setting.stops[why] ?? setting.stops.refused;
  return { title, more };
};

/** Whether a view holds more text than the screen. Not where a page may be scrolled, as on a telephone. */
function tooFull(slide) {
  const text = main.querySelector(".text");
  return slide.name && text && text.scrollHeight > text.clientHeight + 1;
}

/** The dress of an exercise comes with the board, and with what was asked for: either is enough. */
function dress(slide) {
  const exercise = setting.mode === "exercise" || seen.held?.mode === "exercise";
  document.body.dataset.mode = exercise ? "exercise" : "live";
  const word = slide.word || speech.exercise(slide.language);
  for (const strip of document.querySelectorAll(".strip")) {
    strip.hidden = !exercise;
    strip.textContent = word;
  }
  document.getElementById("real").hidden = exercise;
  document.title = exercise ? `${word} · ${setting.name}` : setting.name;
}

/** What the host of this point put up: below the notice, apart from it, and said to be theirs. */
function drawLocal(state, language) {
  const { line } = seen;
  const said = speech.both(language).map((each) => [each, speech.say(each, "local")]);
  const elements = line === null ? [] : drawLine(line, spans(said), state.timeUnknown ? "" : speech.moment(line.at, language));
  local.hidden = line === null;
  if (elements.map((element) => element.outerHTML).join("") !== local.innerHTML) local.replaceChildren(...elements);
}

const spans = (said) =>
  said.map(([each, text]) => made("span", { lang: tagOf(each), dir: speech.direction(each), class: "part" }, text));

// --- how old it is, and whether the line is there -------------------------------------------------------

function drawBands(state, language) {
  const both = speech.both(language);
  const said = [];
  if (state.lineGone) said.push(both.map((each) => [each, lineGone(each)]));
  if (state.timeUnknown && state.kind !== "notices") said.push(both.map((each) => [each, speech.say(each, "time_unknown")]));
  if (state.unsigned) said.push(both.map((each) => [each, unsigned(each)]));
  if (state.refused && state.kind !== "stopped") said.push([["nl", setting.bands[state.refused] ?? setting.bands.refused]]);
  const rows = said.map((row) => made("p", {}, ...spans(row)));
  if (rows.map((row) => row.outerHTML).join("") !== bands.innerHTML) bands.replaceChildren(...rows);
}

function lineGone(language) {
  const since = seen.answeredAt ?? seen.confirmedAt;
  return since === null
    ? speech.say(language, "line_never")
    : speech.say(language, "line_gone", { at: speech.moment(since, language) });
}

const unsigned = (language) => speech.say(language, "unsigned_since", { at: speech.moment(seen.held.issuedAt, language) });

function drawAge(state, language) {
  age.dataset.loudness = state.loudness;
  if (state.age === null) return age.replaceChildren(speech.say(language, "never"));
  if (state.unheard) return age.replaceChildren(speech.say(language, "restarted"));
  if (state.timeUnknown) return age.replaceChildren(speech.say(language, "time_unknown"));
  const at = speech.moment(seen.confirmedAt, language);
  const text = speech.say(language, "updated", { at, age: ageOf(state.age, speech.spoken(language)) });
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
  buttons.push(button("next", "›", speech.say(language, "next"), () => rotation.next(performance.now())));
  const still = rotation.still;
  buttons.push(button("still", still ? "▶" : "❚❚", speech.say(language, still ? "resume" : "pause"), () => turn(!still)));
  languages.replaceChildren(...buttons);
  if (focused) languages.querySelector(`[data-does="${focused}"]`)?.focus();
}

function turn(still) {
  rotation.still = still;
  rotation.since = performance.now();
}

function languageButton(language, current) {
  const does = () => rotation.choose(language, performance.now());
  const element = button(language, speech.words(language).name, null, does);
  element.lang = setting.words[language] ? tagOf(language) : speech.spoken(language);
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
  seen.hear(answer);
  draw();
}

function stop(reason) {
  seen.stop(reason);
  draw();
}

/** Do a part of the start; a storage that cannot be relied on stops it. False when it did, or `does` said so. */
async function reliably(does) {
  try {
    return (await does()) !== false;
  } catch (error) {
    if (!(error instanceof Unreliable)) throw error;
    stop(error.reason);
    return false;
  }
}

async function begin() {
  navigator.storage?.persist?.(); // asked for: a browser that is short of room clears others first
  await keeper.restore();
  await keeper.takeFragment();
  await seen.remember();
}

/** Whether this screen may ask; one that was given a code enrols with it first. */
async function admitted() {
  const code = await keeper.get("code");
  if (code) {
    const good = await enrol(keeper, code, setting.name);
    await keeper.set("code", null);
    if (!good) stop("code");
    return good;
  }
  const token = setting.open || (await keeper.get("token"));
  if (!token) stop("no-token");
  return Boolean(token);
}

async function start() {
  const reliable = await reliably(begin);
  draw();
  keepPage(setting.point, setting.version);
  if (setting.local) followLine(setting.point, setting.mode, (line) => (seen.line = line));
  if (!reliable || !(await reliably(admitted))) return;
  reader.follow(hear);
  if (setting.local) followHeartbeat(reader, (beat) => seen.hearBeat(beat));
}

addEventListener("resize", () => {
  slides.room.clear();
  draw();
});
addEventListener("hashchange", () => location.reload());
setInterval(() => rotation.slides.length && draw(), 1000);
start();
