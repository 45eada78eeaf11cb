// What this screen heard, and when: the board that it holds, and how sure it is that this is the newest.

import { LINE_GONE_IN } from "./situation.js";

export class Heard {
  /** atRelay: who answers is a relay, whose answers say nothing of the line behind it. */
  constructor(keeper, time, atRelay) {
    this.keeper = keeper;
    this.time = time;
    this.atRelay = atRelay;
    this.board = null;
    this.held = null; // the content of the board
    this.beat = null; // the hub's last word by way of a relay
    this.line = null; // what the point's host put up
    this.answer = null;
    this.answeredAt = null; // when the hub was last heard
    this.confirmedAt = null; // when the hub last said that this is its newest board
    this.fresh = false; // whether anything new was heard since this page started
    this.began = time.now();
  }

  /** The latest instant that a hub signed: it has certainly passed. */
  get signedAt() {
    return Math.max(this.held?.issuedAt ?? -Infinity, this.beat?.at ?? -Infinity);
  }

  /** What was kept before: the board, and when the hub last said that it was the newest. */
  async remember() {
    const held = await this.keeper.held();
    if (held === null) return;
    this.hold(held);
    const confirmed = (await this.keeper.get(`${this.keeper.mode}.confirmed`)) ?? 0;
    this.confirmedAt = Math.max(Math.min(confirmed, this.time.now()), held.content.issuedAt);
  }

  hold(board) {
    this.board = board;
    this.held = board.content;
  }

  /** An answer of the hub, or of a relay. */
  hear(answer) {
    this.answer = answer;
    const good = answer.kind === "board" || answer.kind === "unchanged";
    if (good) this.hold(answer.board);
    if (this.atRelay) this.hearRelay(answer);
    else this.hearHub(answer, good);
  }

  hearHub(answer, good) {
    const now = this.time.now();
    if (answer.kind !== "unavailable" || answer.why === "admission") {
      this.answeredAt = now;
      this.fresh = true;
    }
    if (good) this.confirm(Math.max(now, this.held.issuedAt));
  }

  /** A relay has a board from a line or from a stick: it is as old as it says, and nothing is said of the line. */
  hearRelay(answer) {
    if (answer.kind !== "board") return;
    this.fresh = true;
    this.confirm(Math.max(this.confirmedAt ?? 0, this.held.issuedAt));
  }

  /** The hub's word by way of a relay. The first may have lain there for days: it counts when its age is certain. */
  hearBeat(beat) {
    const before = this.beat;
    if (before && (beat.epoch < before.epoch || beat.at < before.at)) return;
    this.beat = beat;
    const now = this.time.now(beat.at);
    const lives = before ? beat.at > before.at : this.time.known(beat.at) && now - beat.at <= LINE_GONE_IN;
    if (lives) {
      this.answeredAt = now;
      this.fresh = true;
    }
    const newest = this.held && this.held.epoch === beat.epoch && this.held.seq === beat.seq;
    if (newest) this.confirm(Math.max(this.confirmedAt ?? 0, beat.at));
  }

  confirm(at) {
    this.confirmedAt = at;
    this.keeper.set(`${this.keeper.mode}.confirmed`, at, "relaxed").catch(() => {}); // the board itself is there
  }

  /** Nobody was asked anything: what is missing is here. */
  stop(reason) {
    this.answer = { kind: "refused", reason };
  }
}
