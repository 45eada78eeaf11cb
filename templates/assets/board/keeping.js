// What this display accepted last, in the browser's storage: written after every check and before anything is shown.
//
// Only signed things are kept (the root, its certificate, the board), so that whatever was damaged or altered is
// found when it is read, by the same checks that let it in. What is stored is read again at each turn: a second
// window on the same screen must not be set back by the first.

import { fingerprint, rootOf, verify } from "./verifying.js";

const ALWAYS = -Infinity; // the dates were checked when the board was accepted

/** The storage cannot be relied on; `reason` says why. */
export class Unreliable extends Error {
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

export class Keeper {
  constructor(point, mode) {
    this.point = point;
    this.mode = mode;
    this.read = null; // the stored text that `board` was made from
    this.board = null;
  }

  name(what) {
    return `omroeper.${this.point}.${what}`;
  }

  get(what) {
    try {
      return localStorage.getItem(this.name(what));
    } catch {
      throw new Unreliable("state-unwritable");
    }
  }

  set(what, value) {
    try {
      localStorage.setItem(this.name(what), value);
    } catch {
      throw new Unreliable("state-unwritable");
    }
  }

  /** What the address brought along is kept, and taken out of sight: {token, root}, either may be null. */
  takeFragment() {
    const given = new URLSearchParams(location.hash.slice(1));
    if (given.get("token")) this.set("token", given.get("token"));
    if (given.get("root")) this.set(`${this.mode}.root`, given.get("root"));
    if (location.hash) history.replaceState(null, "", location.pathname + location.search);
  }

  get token() {
    return this.get("token");
  }

  /** The fingerprint of the pinned root: that of the board we hold, or the one that was given. */
  async pinned() {
    const held = await this.held();
    return held ? fingerprint(held.root) : this.get(`${this.mode}.root`);
  }

  /** The board accepted last, checked again when it is read; null before the first. Unreliable when it does not pass. */
  async held() {
    const stored = this.get(`${this.mode}.board`);
    if (stored === this.read) return this.board;
    const board = stored === null ? null : await this.checked(stored);
    this.read = stored;
    this.board = board;
    return board;
  }

  async checked(stored) {
    let verdict;
    try {
      const { x, certificate, token } = JSON.parse(stored);
      const root = await fingerprint(x);
      const kid = JSON.parse(atob(token.split(".")[0].replaceAll("-", "+").replaceAll("_", "/"))).kid;
      const own = { roots: [{ kty: "OKP", crv: "Ed25519", x }], keys: [{ kid, certificate }] };
      verdict = await verify(token, await rootOf(own, root), { point: this.point, mode: this.mode, root }, null, ALWAYS);
    } catch {
      throw new Unreliable("state-damaged");
    }
    if (verdict.kind !== "board") throw new Unreliable("state-damaged");
    return verdict.board;
  }

  /** Keep a verified board. */
  take(board) {
    const stored = JSON.stringify({ x: board.root, certificate: board.certificate, token: board.token });
    this.set(`${this.mode}.board`, stored);
    this.read = stored;
    this.board = board;
  }
}
