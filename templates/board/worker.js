// Keeps a screen's page and all that it needs, so that it opens without a line: PLACE, VERSION and KEPT (what to keep,
// with its sum) stand above. What it keeps is a page and its scripts, never a board: boards are kept by the page, signed,
// and checked whenever they are read.
//
// A page is given from what is kept, line or no line, so that page and scripts are always of one version. A version
// takes over when all of it is there; the one before it is kept until a page of the new one has drawn, and given again
// when it could not.

const OWN = `${PLACE}@${VERSION}`;
const MARKS = `${PLACE}#marks`; // which version drew last, and which could not

self.addEventListener("install", (event) => event.waitUntil(keep().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(clear().then(() => self.clients.claim())));
self.addEventListener("message", (event) => event.waitUntil(hear(event.data, event.source)));
self.addEventListener("fetch", (event) => {
  const { origin, pathname } = new URL(event.request.url);
  const ours = origin === location.origin && (Object.hasOwn(KEPT, pathname) || pathname.startsWith("/assets/"));
  if (ours && event.request.method === "GET") event.respondWith(answer(event.request));
});

async function keep() {
  const cache = await caches.open(OWN);
  await Promise.all(
    Object.entries(KEPT).map(async ([path, integrity]) => {
      const response = await fetch(path, { cache: "no-cache", integrity });
      if (!response.ok) throw new Error(`${path} ${response.status}`);
      await cache.put(path, response);
    }),
  );
}

async function answer(request) {
  try {
    const cache = await caches.open(`${PLACE}@${await chosen()}`);
    const found = await cache.match(nameOf(request.url), { ignoreVary: true });
    return found ?? (await fetch(request));
  } catch {
    return fetch(request);
  }
}

/** What is asked for, as KEPT names it: assets carry their version behind a question mark, pages their mode. */
function nameOf(url) {
  const { pathname, searchParams } = new URL(url);
  const named = `${pathname}?mode=${searchParams.get("mode")}`;
  return Object.hasOwn(KEPT, named) ? named : pathname;
}

async function mark(name) {
  const cache = await caches.open(MARKS);
  return (await cache.match(`/${name}`))?.text();
}

async function setMark(name, version) {
  const cache = await caches.open(MARKS);
  await cache.put(`/${name}`, new Response(version));
}

/** The version that is given: our own, unless it could not draw and there is one that could. */
async function chosen() {
  const [drew, failed] = await Promise.all([mark("drew"), mark("failed")]);
  return failed === VERSION && drew ? drew : VERSION;
}

async function hear({ said, version }, page) {
  if (said === "drew") {
    await setMark("drew", version);
    await clear();
  } else if (said === "failed" && version === VERSION) {
    await setMark("failed", version);
    if ((await chosen()) !== version) page.postMessage({ said: "turn" });
  }
}

/** Throw away what neither drew last nor is ours. */
async function clear() {
  const names = (await caches.keys()).filter((name) => name.startsWith(`${PLACE}@`));
  const needed = [OWN, `${PLACE}@${await mark("drew")}`];
  await Promise.all(names.filter((name) => !needed.includes(name)).map((name) => caches.delete(name)));
}
