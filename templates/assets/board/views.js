// From the notices of a board to what is shown one after the other. Pure.

const RANKS = ["Extreme", "Severe", "Moderate", "Minor", "Unknown"];

/** Words that one view holds at most: read from across a room in about twenty seconds. */
export const MOST_WORDS = 60;
const SECONDS_A_WORD = 1 / 3;
const SHORTEST_IN = 8;
const LEAST_ROOM = 8;

export const words = (text) => text.split(/\s+/).filter(Boolean).length;

/** The notices people should read at an instant: most severe first, then by number; what was replaced stays away. */
export function validAt(instant, notices) {
  const gone = new Set(notices.map((notice) => notice.replaces));
  return notices
    .filter((notice) => !gone.has(notice.number) && notice.expiresAt > instant)
    .sort((one, other) => RANKS.indexOf(one.severity) - RANKS.indexOf(other.severity) || one.number - other.number);
}

/** The languages of a notice that a point shows, in the point's order; all of them when it has none of the point's. */
export function languagesOf(notice, wanted) {
  const there = Object.keys(notice.languages);
  const base = (language) => language.split("-")[0];
  const chosen = wanted.flatMap((language) =>
    there.includes(language) ? [language] : there.filter((other) => base(other) === base(language)).slice(0, 1),
  );
  return chosen.length ? [...new Set(chosen)] : there;
}

/** What stands around the text in every view, and counts among its words. */
export function frameOf(pieces) {
  const numbered = pieces.numbered === pieces.number ? "" : pieces.numbered;
  return {
    number: pieces.number ?? "",
    headline: pieces.headline ?? "",
    until: pieces.until ?? "",
    next: [pieces.next_update].filter(Boolean),
    validity: [numbered].filter(Boolean),
    origin: [pieces.as_of, labelled(pieces, "source"), labelled(pieces, "place")].filter(Boolean),
  };
}

const labelled = (pieces, name) => (pieces[name] ? `${pieces[`label_${name}`]}: ${pieces[name]}` : "");

function blocksOf(pieces) {
  const block = (label, text) => (text ? [{ label: pieces[label] ?? "", text }] : []);
  return [
    ...block("label_what_to_do", pieces.instruction),
    ...block("label_what_happens", pieces.description),
    ...block("label_impact", pieces.impact),
    ...block("label_questions", pieces.contact),
    ...block("label_more", pieces.link || pieces.web),
  ];
}

/** Sentences or lines of a text, none longer than `most` words. */
function units(text, language, most) {
  const lines = text.split("\n").filter((line) => line.trim());
  const segmenter = new Intl.Segmenter(language, { granularity: "sentence" });
  const whole = lines.flatMap((line) => Array.from(segmenter.segment(line), (part) => part.segment.trim()));
  return whole.filter(Boolean).flatMap((unit) => chopped(unit, most));
}

function chopped(unit, most) {
  const all = unit.split(/\s+/);
  const parts = [];
  for (let at = 0; at < all.length; at += most) parts.push(all.slice(at, at + most).join(" "));
  return parts;
}

/** The views of one notice in one language: [{frame, blocks: [{label, lines}], seconds}]; at most `most` words each,
 * with `beside` words that stand there too (the severity, the counters). */
export function viewsOf(pieces, language, most, beside) {
  const frame = frameOf(pieces);
  const around = words([frame.number, frame.headline, frame.until, ...frame.next, ...frame.validity, ...frame.origin].join(" ")) + beside;
  const room = Math.max(most - around, LEAST_ROOM);
  const views = [];
  let left = 0;
  for (const { label, text } of blocksOf(pieces)) {
    let block = null;
    for (const line of units(text, language, Math.max(room - words(label), 4))) {
      if (!views.length || words(line) + (block ? 0 : words(label)) > left) {
        views.push({ frame, blocks: [] });
        left = room;
        block = null;
      }
      if (!block) {
        block = { label, lines: [] };
        views.at(-1).blocks.push(block);
        left -= words(label);
      }
      block.lines.push(line);
      left -= words(line);
    }
  }
  return views.map((view) => ({ ...view, seconds: Math.max(SHORTEST_IN, (most - left) * SECONDS_A_WORD) }));
}
