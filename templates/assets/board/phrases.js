// Times and ages as people say them, in the hub's zone, with the digits 0-9 in every language.

const clocks = new Map();

function formatter(language, zone, options) {
  const name = `${language} ${zone} ${JSON.stringify(options)}`;
  if (!clocks.has(name)) {
    clocks.set(name, new Intl.DateTimeFormat(`${language}-u-nu-latn`, { timeZone: zone, hourCycle: "h23", ...options }));
  }
  return clocks.get(name);
}

const dayOf = (instant, zone) => formatter("en", zone, { dateStyle: "short" }).format(instant);

/** "14:05", or "24 november 14:05" when that is not today. */
export function momentOf(instant, now, language, zone) {
  const time = formatter("en", zone, { hour: "2-digit", minute: "2-digit" }).format(instant);
  if (dayOf(instant, zone) === dayOf(now, zone)) return time;
  return `${formatter(language, zone, { day: "numeric", month: "long" }).format(instant)} ${time}`;
}

const UNITS = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
];

/** "3 minuten geleden": in the greatest unit that fits; "nu" within a minute. */
export function ageOf(milliseconds, language) {
  const [unit, size] = UNITS.find(([, each]) => milliseconds >= each) ?? ["second", Infinity];
  const numeric = size === Infinity ? "auto" : "always";
  return new Intl.RelativeTimeFormat(`${language}-u-nu-latn`, { numeric }).format(-Math.floor(milliseconds / size), unit);
}

/** A phrase with its holes filled. */
export function filled(phrase, values) {
  return phrase.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
