// Keeps the page behind the code on a poster, so that it opens without a line. What the hub answers goes before what was
// kept, and what was kept says so.

const KEPT = "controle";
const NEEDED = [
  "/controle",
  "/v1/keys",
  "/assets/public.css",
  "/assets/check/check.css",
  "/assets/check/check.js",
  "/assets/check/notice.js",
  "/assets/board/crypto.js",
  "/assets/board/phrases.js",
  "/assets/board/verifying.js",
  "/assets/noble/_md.js",
  "/assets/noble/_u64.js",
  "/assets/noble/ed25519.js",
  "/assets/noble/sha2.js",
  "/assets/noble/utils.js",
];
const PATIENCE = 4000;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(KEPT).then((cache) => cache.addAll(NEEDED)).then(() => self.skipWaiting()));
});
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  if (event.request.method === "GET") event.respondWith(answer(event.request));
});

async function answer(request) {
  const { pathname } = new URL(request.url);
  try {
    const fresh = await fetch(request, { signal: AbortSignal.timeout(PATIENCE) });
    if (fresh.ok && NEEDED.includes(pathname)) (await caches.open(KEPT)).put(pathname, fresh.clone());
    return fresh;
  } catch (error) {
    const kept = await caches.match(pathname);
    if (!kept) throw error;
    const headers = new Headers(kept.headers);
    headers.set("X-Kept", "yes");
    return new Response(kept.body, { status: kept.status, headers });
  }
}
