// What is shown one after the other: every view of every notice in every language, or a sentence.

import { MOST_WORDS, languagesOf, viewsOf, words } from "./views.js";

const SECONDS_A_SENTENCE = 15;
const LEAST_WORDS = 20;

export class Slides {
  constructor(languages, speech) {
    this.languages = languages;
    this.speech = speech;
    this.room = new Map(); // words that fit in a view, by notice and language, where fewer than the most do
  }

  /** The slides of a situation: [{key, group, language, seconds, ...}]. */
  of(state) {
    if (state.kind === "notices") return state.notices.flatMap((notice, at) => this.ofNotice(notice, at, state.notices.length));
    if (state.kind === "expired") return this.languages.map(expired);
    return [{ key: state.kind, group: state.kind, language: this.languages[0], seconds: Infinity }];
  }

  ofNotice(notice, at, count) {
    return languagesOf(notice, this.languages).flatMap((language) => {
      const name = `${notice.alert} ${language}`;
      const pieces = notice.languages[language];
      const severityWord = this.speech.words(language)[notice.severity];
      const counters = [this.counter(language, "notice", at, count), this.speech.say(language, "part", { n: 1, of: 1 })];
      const beside = words([severityWord, ...counters].join(" "));
      const views = viewsOf(pieces, language, this.room.get(name) ?? MOST_WORDS, beside);
      return views.map((view, index) => ({
        key: `${name} ${index}`,
        name,
        group: notice.alert,
        language,
        seconds: view.seconds,
        notice,
        view,
        word: pieces.word,
        severity: notice.severity,
        severityWord,
        counters: [counters[0], this.counter(language, "part", index, views.length)].filter(Boolean),
      }));
    });
  }

  counter(language, phrase, at, count) {
    return count > 1 ? this.speech.say(language, phrase, { n: at + 1, of: count }) : "";
  }

  /** Give the views of a slide's text fewer words; false when they have as few as can be. */
  narrow({ name }) {
    const most = this.room.get(name) ?? MOST_WORDS;
    if (most <= LEAST_WORDS) return false;
    this.room.set(name, most - 4);
    return true;
  }
}

const expired = (language) => ({ key: `expired ${language}`, group: "expired", language, seconds: SECONDS_A_SENTENCE });
