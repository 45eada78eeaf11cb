// The line that the host of a point put on the screen: of this point, not of the municipality, and drawn as such.

import { made } from "./drawing.js";

const EVERY = 10_000;
const ANSWER_IN = 5_000;
const MOST_LETTERS = 280;
const SHORT = 120;

/** Ask for the line for ever, and tell it: {text, at (milliseconds)}, or null when there is none. */
export async function followLine(point, mode, tell) {
  const path = mode === "live" ? `/local/${point}.json` : `/local/${point}.json?mode=${mode}`;
  for (;;) {
    const line = await asked(path);
    if (line !== undefined) tell(line);
    await new Promise((resolve) => setTimeout(resolve, EVERY));
  }
}

/** The line; null when there is none; undefined when nobody can say. */
async function asked(path) {
  try {
    const signal = AbortSignal.timeout(ANSWER_IN);
    const answer = await fetch(path, { cache: "no-store", redirect: "error", signal });
    if (answer.status === 204) return null;
    const { text, at } = answer.ok ? await answer.json() : {};
    if (typeof text !== "string" || Number.isNaN(Date.parse(at))) return undefined;
    return text.trim() ? { text: text.slice(0, MOST_LETTERS), at: Date.parse(at) } : null;
  } catch {
    return undefined;
  }
}

/** The elements of a line. whose: says whose it is; at: when it was written, as people say it, or nothing. */
export function drawLine(line, whose, at) {
  const when = at ? [made("time", { class: "part", datetime: new Date(line.at).toISOString() }, at)] : [];
  const size = line.text.length > SHORT ? "line long" : "line";
  return [made("p", { class: "whose" }, ...whose, ...when), made("p", { class: size, dir: "auto" }, line.text)];
}
