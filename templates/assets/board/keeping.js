// What this display accepted last, in the browser's storage: written after every check and before anything is shown.
//
// A transaction of IndexedDB is there whole or not at all, and a strict one is on the disk when it is said to be done: a
// power cut leaves the old board or the new one. Only signed things are kept (the root, its certificate, the board), so
// that whatever was damaged or altered is found when it is read, by the same checks that let it in. What is stored is
// read again at each turn, and replaced only when it is what was judged against: a second window on the same screen must
// not be set back by the first.

import { copies, keepCopy } from "./copying.js";
import { fingerprint, rootOf, verify } from "./verifying.js";

const ALWAYS = -Infinity; // the dates were checked when the board was accepted
const NAME = "omroeper";
const STORE = "kept";

/** The storage cannot be relied on; `reason` says why. */
export class Unreliable extends Error {
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

/** Another window kept a board in the meantime. */
export class Overtaken extends Error {}

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

async function opened() {
  const asked = indexedDB.open(NAME, 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore(STORE);
  return done(asked);
}

export class Keeper {
  constructor(point, mode) {
    this.point = point;
    this.mode = mode;
    this.database = null;
    this.read = null; // the stored text that `board` was made from
    this.board = null;
  }

  name(what) {
    return `${this.point}.${what}`;
  }

  /** Do something with the store in one transaction. `durability`: "strict" waits for the disk, "relaxed" does not. */
  async within(access, durability, does) {
    try {
      if (this.database === null) {
        this.database = await opened();
        this.database.onclose = () => (this.database = null);
      }
      const transaction = this.database.transaction(STORE, access, { durability });
      const ended = new Promise((resolve, reject) => {
        transaction.oncomplete = resolve;
        transaction.onabort = () => reject(transaction.error);
      });
      ended.catch(() => {}); // told below, unless `does` told something first
      const result = await does(transaction.objectStore(STORE), transaction);
      await ended;
      return result;
    } catch (error) {
      if (error instanceof Overtaken) throw error;
      this.database = null;
      throw new Unreliable("state-unwritable");
    }
  }

  get(what) {
    return this.within("readonly", "relaxed", (store) => done(store.get(this.name(what))));
  }

  async set(what, value, durability = "strict") {
    await this.within("readwrite", durability, (store) => done(store.put(value, this.name(what))));
    if (durability === "strict") keepCopy(this.name(what), value); // nobody waits for a copy
  }

  /** Put back what was kept, when the browser lost all of it. */
  async restore() {
    if (await this.within("readonly", "relaxed", (store) => done(store.count()))) return;
    const kept = await copies();
    await this.within("readwrite", "strict", (store) => Promise.all(kept.map(([name, value]) => done(store.put(value, name)))));
  }

  /** What the address brought along is kept, and taken out of sight. */
  async takeFragment() {
    const given = new URLSearchParams(location.hash.slice(1));
    for (const what of ["token", "code"]) if (given.get(what)) await this.set(what, given.get(what));
    if (given.get("root")) await this.set(`${this.mode}.root`, given.get("root"));
    if (location.hash) history.replaceState(null, "", location.pathname + location.search);
  }

  /** The fingerprint of the pinned root: that of the board we hold, or the one that was given. */
  async pinned() {
    const held = await this.held();
    return held ? fingerprint(held.root) : this.get(`${this.mode}.root`);
  }

  /** The board accepted last, checked again when it is read; null before the first. Unreliable when it does not pass. */
  async held() {
    const stored = (await this.get(`${this.mode}.board`)) ?? null;
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

  /** Keep a board that was judged against what is held. Overtaken when something else is kept by now. */
  async take(board) {
    const stored = JSON.stringify({ x: board.root, certificate: board.certificate, token: board.token });
    const name = this.name(`${this.mode}.board`);
    await this.within("readwrite", "strict", async (store, transaction) => {
      if (((await done(store.get(name))) ?? null) !== this.read) {
        transaction.abort();
        throw new Overtaken();
      }
      await done(store.put(stored, name));
    });
    this.read = stored;
    this.board = board;
    keepCopy(name, stored); // nobody waits for a copy
  }
}
