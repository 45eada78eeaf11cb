// Reads one board, for ever: long polls, and growing pauses with chance in them after a failure, so that thousands of
// displays find a hub again within half a minute and never all in one second. As broadcaster/boards/client.py.

import { Overtaken, Unreliable } from "./keeping.js";
import { etagOf, offeredRoot, rootOf, verify } from "./verifying.js";

const WAIT_IN = 30; // seconds that the hub may hold an answer
const ANSWER_IN = 15; // seconds it may take beyond that
const POLL_IN = 5; // seconds between polls of a source that does not hold them
const BACKOFF_IN = 0.5;
const BACKOFF_CAP_IN = 10;
const MOST_LETTERS = 128 * 1024;
const KEY_REFUSALS = ["unknown-key", "uncertified-key", "key-expired"]; // the hub may have new ones

const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
const refused = (reason) => ({ kind: "refused", reason });

/** Nobody said anything of use: "line", "admission" or "hub". */
export class NoAnswer extends Error {}

export class Reader {
  /** open: boards are given without a token. */
  constructor(keeper, time, open = false) {
    this.keeper = keeper;
    this.time = time;
    this.open = open;
    this.keys = null;
    this.patient = false; // after a good answer the hub may hold the next one; before it we want to know where we stand
  }

  /** Read once. {kind: "board" | "unchanged" | "refused" | "unavailable", ...}; `why` of the last: "line",
   * "admission" or "hub". */
  async fetchOnce() {
    try {
      const held = await this.keeper.held();
      const given = await this.keeper.get(`${this.keeper.mode}.root`);
      if (held && given && given !== (await this.keeper.pinned())) return refused("state-foreign");
      const token = await this.getBoard(held);
      if (token === null) return held ? { kind: "unchanged", board: held } : refused("malformed");
      return await this.taken(token);
    } catch (error) {
      if (error instanceof Unreliable) return refused(error.reason);
      if (error instanceof NoAnswer) return { kind: "unavailable", why: error.message };
      return { kind: "unavailable", why: "line" };
    }
  }

  /** Read for ever, one answer a round, each told to `tell`. */
  async follow(tell) {
    for (let failures = 0; ; ) {
      const began = performance.now();
      const asked = this.patient;
      const answer = await this.fetchOnce();
      this.patient = answer.kind === "board" || answer.kind === "unchanged";
      tell(answer);
      failures = answer.kind === "refused" || answer.kind === "unavailable" ? failures + 1 : 0;
      const soon = answer.kind === "unchanged" && performance.now() - began < (WAIT_IN * 1000) / 2;
      if (failures) await pause(Math.random() * Math.min(BACKOFF_CAP_IN, BACKOFF_IN * 2 ** failures));
      else if (soon && asked) await pause(POLL_IN * (0.5 + Math.random() / 2));
    }
  }

  /** The verdict on a board, which is kept when it is good: judged again when another window kept one meanwhile. */
  async taken(token) {
    const verdict = await this.verdict(token);
    try {
      if (verdict.kind === "board") await this.keeper.take(verdict.board);
      return verdict;
    } catch (error) {
      if (error instanceof Overtaken) return this.taken(token);
      throw error;
    }
  }

  async verdict(token) {
    const known = this.keys;
    const verdict = await this.judge(token, known ?? (await this.getKeys()));
    const worthAsking = known && verdict.kind === "refused" && KEY_REFUSALS.includes(verdict.reason);
    return worthAsking ? this.judge(token, await this.getKeys()) : verdict;
  }

  async judge(token, keys) {
    if (keys.kind === "refused") return keys;
    const held = await this.keeper.held();
    const display = { point: this.keeper.point, mode: this.keeper.mode, root: keys.pinned };
    return verify(token, keys, display, held, this.time.now());
  }

  /** The board as text; null when the hub says that it is the one we hold. */
  async getBoard(held) {
    const url = new URL(`/v1/boards/${this.keeper.point}`, location.origin);
    if (this.keeper.mode !== "live") url.searchParams.set("mode", this.keeper.mode);
    const headers = { Accept: "application/jose" };
    if (!this.open) headers.Authorization = `Bearer ${await this.keeper.get("token")}`;
    if (held) headers["If-None-Match"] = await etagOf(held.token);
    if (held && this.patient) {
      url.searchParams.set("after", held.content.seq);
      url.searchParams.set("wait", WAIT_IN);
    }
    return this.get(url, headers, held && this.patient ? WAIT_IN : 0);
  }

  async getKeys() {
    const answer = await this.get(new URL("/v1/keys", location.origin), { Accept: "application/json" }, 0);
    let content;
    try {
      content = JSON.parse(answer);
    } catch {
      return refused("malformed");
    }
    const pinned = (await this.keeper.pinned()) ?? (await offeredRoot(content, this.keeper.mode));
    if (pinned === null) return refused("no-root");
    const keys = await rootOf(content, pinned);
    this.keys = keys.kind === "refused" ? null : { ...keys, pinned };
    return this.keys ?? keys;
  }

  async get(url, headers, waitIn) {
    // A redirect would carry the token to a place nobody named.
    const options = { headers, cache: "no-store", redirect: "error", credentials: "omit" };
    const response = await fetch(url, { ...options, signal: AbortSignal.timeout((waitIn + ANSWER_IN) * 1000) });
    if (response.status === 401 || response.status === 403) throw new NoAnswer("admission");
    if (response.status !== 200 && response.status !== 304) throw new NoAnswer("hub");
    this.time.hear(response.headers.get("Date"));
    if (response.status === 304) return null;
    const body = await response.text();
    if (body.length > MOST_LETTERS) throw new NoAnswer("hub");
    return body;
  }
}
