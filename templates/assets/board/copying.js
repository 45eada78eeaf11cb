// A second copy of what a screen keeps, in the browser's other store: a browser that finds its database damaged after a
// power cut may throw all of it away, and with it the last board and the right to ask for a new one. What comes from
// here is checked like anything else that is read. Only over https or on this machine a browser has that store.

const NAME = "omroeper#copy";
const addressOf = (name) => `/kept/${encodeURIComponent(name)}`;

/** Keep a value beside the database. Without a place for it there is one copy less, and nothing else is wrong. */
export async function keepCopy(name, value) {
  try {
    await (await caches.open(NAME)).put(addressOf(name), new Response(JSON.stringify(value)));
  } catch {
    // no room, or no such store
  }
}

/** All that was kept, as [name, value]; nothing where it cannot be read. */
export async function copies() {
  try {
    const cache = await caches.open(NAME);
    const read = async (request) => {
      const name = decodeURIComponent(new URL(request.url).pathname.slice(addressOf("").length));
      return [name, await (await cache.match(request)).json()];
    };
    return await Promise.all((await cache.keys()).map(read));
  } catch {
    return [];
  }
}
