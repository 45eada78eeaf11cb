// From a slide to elements of the page. Texts are set as text, never as HTML: a board holds words and nothing else.

/** A new element with attributes and children (elements or texts). */
export function made(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function icon(severity) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#icon-${severity}`);
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

/** One view of a notice. slide: {notice, severity, severityWord, view, counters, late (said when the message that it
 * promised did not come, else null)}; unproven: said in place of the validity
 * while the time is not certain, else null. */
export function drawNotice(slide, unproven) {
  const { frame, blocks } = slide.view;
  const validity = unproven ? [unproven] : [frame.until, ...(slide.late ? [] : frame.next), ...frame.validity];
  return [
    made(
      "header",
      { class: "bar" },
      made("p", { class: "number", "data-number": slide.notice.number }, frame.number),
      made("h1", {}, frame.headline),
    ),
    made(
      "p",
      { class: "kind" },
      made("span", { class: `severity ${slide.severity}` }, icon(slide.severity), slide.severityWord),
      ...slide.counters.map((counter) => made("span", { class: "counter" }, counter)),
    ),
    made("div", { class: "text" }, ...blocks.map(drawBlock)),
    made(
      "div",
      { class: "validity" },
      made("p", { class: unproven ? "until unproven" : "until" }, ...parts(validity)),
      ...(slide.late && !unproven ? [made("p", { class: "late" }, slide.late)] : []),
      made("p", { class: "origin" }, ...parts(frame.origin)),
    ),
  ];
}

const parts = (texts) => texts.map((text) => made("span", { class: "part" }, text));

function drawBlock({ label, lines }) {
  return made("section", {}, made("h2", {}, label), ...lines.map((line) => made("p", {}, line)));
}

/** A sentence, and more of it, in each of some languages. said: [{language, direction, title, more}]. */
export function drawSentences(said, urgent) {
  const each = said.map(({ language, direction, title, more }, at) =>
    made(
      "section",
      { lang: language, dir: direction },
      made(at === 0 ? "h1" : "h2", {}, title),
      ...(more ? [made("p", {}, more)] : []),
    ),
  );
  return [made("div", { class: urgent ? "alarm" : "calm" }, ...each)];
}
