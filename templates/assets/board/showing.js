// Tells whoever listens what is really on the screen: the numbers that stand in the page where people can see them, never
// what ought to stand there. It is told after a page was drawn and at no other time, so a page that froze falls silent,
// and the silence is found.

import { digestOf } from "./verifying.js";

const EVERY = 60_000;
const SOON = 5_000; // after a change; by chance within it, since a thousand screens change at once
const ANSWER_IN = 10_000;

/** The numbers of the notices that can be seen in an element. */
function numbersIn(element) {
  if (document.visibilityState !== "visible") return [];
  const seen = Array.from(element.querySelectorAll("[data-number]")).filter((each) => each.checkVisibility());
  return seen.map((each) => Number(each.dataset.number));
}

export class Showing {
  /** send: takes what is told, and gives a promise. */
  constructor(version, send) {
    this.version = version;
    this.send = send;
    this.seen = new Map(); // when a number was last on the screen
    this.told = null;
    this.due = 0;
    this.board = { token: null, digest: null };
  }

  /** After a page was drawn. element: what was drawn; board: the one held, or null; turns: how often each number of those
   * that take turns may be away, in milliseconds by number; now: of a clock that only counts. */
  async drawn(element, board, turns, now) {
    for (const number of numbersIn(element)) this.seen.set(number, now);
    for (const [number, at] of this.seen) if (!(now - at <= (turns.get(number) ?? 0))) this.seen.delete(number);
    const screen = Array.from(this.seen.keys()).sort((one, other) => one - other);
    if (board?.token !== this.board.token) this.board = { token: board?.token ?? null, digest: null };
    const text = JSON.stringify([this.board.token, screen]);
    if (text !== this.told) {
      this.told = text;
      this.due = Math.min(this.due, now + Math.random() * SOON);
    }
    if (now >= this.due) {
      this.due = now + EVERY * (0.9 + Math.random() / 10);
      await this.tell(board, screen);
    }
  }

  async tell(board, screen) {
    const { token } = this.board;
    if (token && !this.board.digest) this.board.digest = await digestOf(token);
    const held = board ? { seq: board.content.seq, digest: this.board.digest } : {};
    await this.send({ ...held, screen, version: this.version });
  }
}

/** Send what is told to `/v1/points/POINT/showing`. Without a line nobody hears it, and nothing is kept for later. */
export function sender(keeper, open) {
  return async (told) => {
    const url = new URL(`/v1/points/${keeper.point}/showing`, location.origin);
    if (keeper.mode !== "live") url.searchParams.set("mode", keeper.mode);
    try {
      const headers = { "Content-Type": "application/json" };
      const token = open ? null : await keeper.get("token");
      if (!open && !token) return; // nobody would listen
      if (token) headers.Authorization = `Bearer ${token}`;
      const options = { method: "POST", cache: "no-store", redirect: "error", credentials: "omit" };
      const signal = AbortSignal.timeout(ANSWER_IN);
      await fetch(url, { ...options, headers, signal, body: JSON.stringify(told) });
    } catch {
      // the line
    }
  };
}
