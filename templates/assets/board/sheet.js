// One notice as it hangs on a wall: all its languages below each other, with the code that says whether it is ours.

import { made } from "./drawing.js";
import { momentOf } from "./phrases.js";
import { tagOf } from "./speech.js";
import { languagesOf } from "./views.js";
import { encode } from "../uqr/uqr.js";

const QUIET = 4; // modules of white around a code (ISO/IEC 18004, section 6.3.8)
const SVG = "http://www.w3.org/2000/svg";

/** The sheet of a notice. setting: {languages, paper (words by language), name, zone, ...}. */
export function drawSheet(notice, setting, speech, mode) {
  const languages = languagesOf(notice, setting.languages);
  const first = notice.languages[languages[0]];
  const exercise = mode === "exercise";
  const word = (language) => (exercise ? [made("p", { class: "word" }, notice.languages[language].word || speech.exercise(language))] : []);
  const head = made("p", { class: "head" }, made("span", {}, notice.sender), made("span", {}, `${first.number} · ${setting.name}`));
  const each = languages.map((language, at) => {
    const section = drawLanguage(notice, language, at === 0, setting, speech);
    section.prepend(...word(language)); // at both ends of every page, however they fall
    section.append(...word(language));
    return section;
  });
  return made("article", { class: exercise ? "sheet exercise" : "sheet" }, head, ...each);
}

function drawLanguage(notice, language, leads, setting, speech) {
  const pieces = notice.languages[language];
  const words = setting.paper[language] ?? setting.paper[language.split("-")[0]] ?? setting.paper.en;
  const dated = (instant) => momentOf(instant, 0, speech.spoken(language), setting.zone); // with its date, also today's
  return made(
    "section",
    { class: leads ? "language lead" : "language", lang: tagOf(language), dir: speech.direction(language) },
    ...(leads ? [] : [made("p", { class: "own" }, speech.words(language).name)]),
    made("div", { class: "title" }, made("p", { class: "number" }, pieces.number ?? notice.number), made("h2", {}, pieces.headline ?? "")),
    made("div", { class: "boxes" }, ...boxes(notice, words, dated)),
    made(
      "div",
      { class: "columns" },
      made("div", { class: "do" }, ...block(pieces.label_what_to_do, pieces.instruction)),
      made(
        "div",
        {},
        ...block(pieces.label_what_happens, pieces.description),
        ...block(pieces.label_impact, pieces.impact),
        ...(leads && notice.proof ? [drawCode(notice.proof, words)] : []),
      ),
    ),
    made("div", { class: "facts" }, ...facts(notice, pieces, words, dated).map((fact) => made("p", {}, fact))),
  );
}

function boxes(notice, words, dated) {
  const until = words.until.replace("{at}", dated(notice.expiresAt));
  const down = notice.replaces == null ? [] : [words.take_down.replace("{n}", notice.replaces)];
  return [until, ...down].map((text) => made("p", {}, text));
}

function block(label, text) {
  const lines = (text ?? "").split("\n").filter((line) => line.trim());
  return lines.length ? [made("section", {}, made("h3", {}, label ?? ""), ...lines.map((line) => made("p", {}, line)))] : [];
}

function facts(notice, pieces, words, dated) {
  const labelled = (name, text) => (text ? `${pieces[`label_${name}`]}: ${text}` : "");
  const next = notice.next_update ? words.next_update.replace("{at}", dated(Date.parse(notice.next_update))) : "";
  const lines = [
    [pieces.numbered, next],
    [words.as_of.replace("{at}", dated(notice.asOf)), labelled("source", pieces.source)],
    [labelled("place", pieces.place), labelled("questions", pieces.contact), labelled("more", pieces.web)],
  ];
  return lines.map((line) => line.filter(Boolean).join(" · ")).filter(Boolean);
}

function drawCode(proof, words) {
  const host = new URL(proof).host;
  const sentence = made("p", {}, words.code.replace("{host}", `\u2068${host}\u2069`));
  return made("div", { class: "code" }, svgOf(proof, host), sentence);
}

/** The code: at level M it is read with up to 15 % of it gone. */
function svgOf(text, host) {
  const { data, size } = encode(text, { ecc: "M", boostEcc: false, border: QUIET });
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  const dark = data.flatMap((row, y) => row.flatMap((is, x) => (is ? [`M${x} ${y}h1v1h-1z`] : [])));
  path.setAttribute("d", dark.join(""));
  svg.setAttribute("viewBox", `0 0 ${data.length || size} ${data.length || size}`);
  svg.setAttribute("shape-rendering", "crispEdges");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `QR: ${host}`);
  svg.append(path);
  return svg;
}
