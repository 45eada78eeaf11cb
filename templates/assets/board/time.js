// What time it is, and whether that is certain.
//
// The hub says its time with every answer (the `Date` header), and from there this page counts on by itself. The
// clock of this computer is a second witness: as long as both agree the time is known. When they do not (a wrong
// clock, a computer that slept, a hub of which nothing was heard yet) the page says that the time is unknown.

/** Two honest clocks may differ by this much. */
export const MARGIN = 60_000;

export class Time {
  constructor() {
    this.heard = null; // {at: the hub's time, tick: our count when it came}
  }

  /** Take in the `Date` of an answer. */
  hear(date) {
    const at = Date.parse(date ?? "");
    if (!Number.isNaN(at)) this.heard = { at, tick: performance.now() };
  }

  /** The present, in milliseconds: by the hub when it was heard, else by this computer. `signed`: an instant that has
   * certainly passed, because a hub signed it. */
  now(signed = -Infinity) {
    const counted = this.heard ? this.heard.at + performance.now() - this.heard.tick : Date.now();
    return Math.max(counted, signed);
  }

  /** Whether the hub's time and this computer's agree, and neither lies before what was signed. */
  known(signed = -Infinity) {
    return this.heard !== null && Math.abs(this.now() - Date.now()) <= MARGIN && this.now() >= signed - MARGIN;
  }
}
