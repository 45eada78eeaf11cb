// What a page says of itself, in the language of the reader: from the words it came with (board/words.toml).

import { filled, momentOf } from "./phrases.js";

const base = (language) => language.split("-")[0];

/** As HTML names a form of a language (BCP 47): "nl-simple" for our "nl-easy". */
export const tagOf = (language) => language.replace(/-easy$/, "-simple");

export class Speech {
  /** setting: {words, right_to_left, exercise, zone}; time: what the page knows of the time. */
  constructor(setting, time) {
    this.setting = setting;
    this.time = time;
  }

  words(language) {
    const { words } = this.setting;
    return words[language] ?? words[base(language)] ?? words.en;
  }

  direction(language) {
    return this.setting.right_to_left.includes(base(language)) ? "rtl" : "ltr";
  }

  /** The language whose words are used, for its own grammar of dates and ages: in English the day comes first here too. */
  spoken(language) {
    const found = this.setting.words[base(language)] ? base(language) : "en";
    return found === "en" ? "en-GB" : found;
  }

  say(language, phrase, values) {
    return filled(this.words(language)[phrase], values ?? {});
  }

  moment(instant, language, now = this.time.now()) {
    return momentOf(instant, now, this.spoken(language), this.setting.zone);
  }

  exercise(language) {
    return this.setting.exercise[base(language)] ?? this.setting.exercise.nl;
  }

  /** The languages that whoever reads `language` and whoever reads Dutch need. */
  both(language) {
    return [...new Set(["nl", language])];
  }
}
