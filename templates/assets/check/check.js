// The page behind the code on a poster. The notice stands after the number sign, so nobody is told who scanned what. It
// is checked here; with a line the hub says whether it still holds, without one the page says that it cannot know.

import { filled, momentOf } from "../board/phrases.js";
import { verdictOf, vouched } from "./notice.js";

const setting = JSON.parse(document.getElementById("setting").textContent);
const main = document.getElementById("verdicts");
const read = async (path) => {
  const response = await fetch(path, { cache: "no-cache" }); // what held a moment ago may hold no more
  if (!response.ok) throw new Error(path);
  return { content: await response.json(), kept: response.headers.has("X-Kept") };
};

function languages() {
  const own = navigator.languages.map((name) => name.split("-")[0]).find((name) => setting.words[name]);
  return [...new Set([own ?? "nl", "nl"])];
}

function made(name, attributes, text) {
  const element = document.createElement(name);
  Object.assign(element, attributes);
  element.textContent = text;
  return element;
}

function drawn(language, verdict, notice, offline, heading) {
  const words = setting.words[language];
  const section = made("section", { className: `verdict verdict--${verdict.kind}`, lang: language });
  section.dir = setting.right_to_left.includes(language) ? "rtl" : "ltr";
  const at = notice && momentOf(notice.expiresAt, 0, language, setting.zone); // with its date, also today's
  section.append(made(heading, {}, filled(words[verdict.kind], { at, n: verdict.n })));
  if (notice) {
    const signed = made("p", { className: "signed", dir: "auto" }, `${notice.sender} · ${notice.number} · ${notice.headline}`);
    section.append(signed, made("p", {}, words.compare));
  }
  if (offline) section.append(made("p", {}, words.offline));
  return section;
}

async function check() {
  const token = location.hash.slice(1);
  const spoken = languages();
  document.documentElement.lang = spoken[0];
  if (!token) {
    main.replaceChildren(...spoken.map((name) => made("p", { lang: name }, setting.words[name].nothing)));
    return;
  }
  const [keys, standing] = await Promise.all([
    read("/v1/keys").catch(() => null),
    read("/controle/stand.json").catch(() => null),
  ]);
  const offline = standing === null || standing.kept;
  const notice = await vouched(token, keys?.content ?? { keys: [], roots: [] }, setting.roots);
  const verdict = verdictOf(notice, offline ? null : standing.content, Date.now());
  main.replaceChildren(...spoken.map((name, at) => drawn(name, verdict, notice, offline && notice, at ? "h2" : "h1")));
}

addEventListener("hashchange", check);
check();
// Kept for when there is no line. Only over https or on this machine: elsewhere a browser knows no worker.
navigator.serviceWorker?.register("/controle/worker.js", { scope: "/controle" }).catch(() => {});
