// What there is to show, from what is held, what was heard, and what time it is. Pure.

import { validAt } from "./views.js";

/** After this long without an answer the line is gone, in words. */
export const LINE_GONE_IN = 90_000;
/** The hub signs every board anew each hour: after this long without that, something keeps this display on an old one. */
const UNSIGNED_IN = 2 * 3_600_000 + 600_000;
/** From these ages on the age is written larger. */
const LOUDER_FROM = [120_000, 900_000, 3_600_000];

/**
 * seen: what was heard (see heard.js); now: in milliseconds by the hub; known: whether the time is certain.
 * Gives {unheard: whether nothing was heard since this page started, so that nobody knows what came meanwhile; kind:
 * "notices" | "empty" | "expired" | "loading" | "stopped", notices, at, lineGone, ..., loudness}. Whatever comes in, a
 * board that is held goes on being shown: beside it stands what is wrong.
 */
export function situation(seen, now, known) {
  const age = seen.confirmedAt === null ? null : Math.max(now - seen.confirmedAt, 0);
  const unheard = !seen.fresh && seen.held !== null;
  const timeUnknown = !known && seen.held !== null;
  const lineGone = now - (seen.answeredAt ?? seen.began) > LINE_GONE_IN;
  return {
    ...shown(seen, now, lineGone),
    lineGone,
    age,
    timeUnknown,
    unheard,
    refused: reasonOf(seen.answer),
    unsigned: seen.held !== null && !lineGone && now - seen.held.issuedAt > UNSIGNED_IN,
    loudness: Math.max(LOUDER_FROM.filter((from) => age >= from).length, timeUnknown ? 2 : 0),
  };
}

/** Why an answer brought nothing that can be shown; null when it did, or when there was none. */
function reasonOf(answer) {
  if (answer?.kind === "refused") return answer.reason;
  return answer?.why === "admission" ? "admission" : null;
}

function shown({ held, answer, confirmedAt }, now, lineGone) {
  if (held === null) return reasonOf(answer) ? { kind: "stopped", why: reasonOf(answer) } : { kind: "loading" };
  if (now >= held.notAfter) return { kind: "expired", at: held.notAfter };
  const notices = validAt(now, held.notices);
  if (notices.length) return { kind: "notices", notices };
  const last = Math.max(...held.notices.map((notice) => notice.expiresAt));
  if (lineGone && held.notices.length) return { kind: "expired", at: last };
  return { kind: "empty", at: lineGone ? confirmedAt : null };
}
