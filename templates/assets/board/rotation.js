// One slide after the other, until somebody says stop.

export class Rotation {
  constructor(still) {
    this.still = still; // who asked for less motion gets none
    this.slides = [];
    this.key = null;
    this.since = 0;
  }

  /** Take a new list of slides ({key, group, language, seconds}); what is new comes first, else the place is kept. */
  take(slides, now) {
    const before = new Set(this.slides.map((slide) => slide.group));
    const fresh = before.size ? slides.find((slide) => !before.has(slide.group)) : undefined;
    this.slides = slides;
    if (fresh) this.go(fresh, now);
    else if (!slides.some((slide) => slide.key === this.key)) this.go(slides[0], now);
  }

  go(slide, now) {
    this.key = slide.key;
    this.since = now;
  }

  get current() {
    return this.slides.find((slide) => slide.key === this.key);
  }

  /** The slide to show at an instant (in milliseconds, of a clock that only counts). */
  at(now) {
    if (!this.still && now - this.since >= this.current.seconds * 1000) this.next(now);
    return this.current;
  }

  next(now) {
    this.go(this.slides[(this.slides.indexOf(this.current) + 1) % this.slides.length], now);
  }

  /** Stay in a language. */
  choose(language, now) {
    const here = this.current.group;
    const found =
      this.slides.find((slide) => slide.language === language && slide.group === here) ??
      this.slides.find((slide) => slide.language === language);
    this.still = true;
    if (found) this.go(found, now);
  }
}
