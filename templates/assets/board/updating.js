// Has this page kept for when there is no line, and takes over new versions of it. What is shown is stored before it is
// shown, so a reload loses nothing.

const UPDATE_IN = 600_000;

/** Say that a page of `version` has drawn, and have it kept. Only over https or on this machine a browser does so. */
export async function keepPage(point, version) {
  dispatchEvent(new Event("drew"));
  const container = navigator.serviceWorker;
  if (!container) return;
  const tell = () => container.controller.postMessage({ said: "drew", version });
  let controlled = container.controller !== null;
  if (controlled) tell();
  container.addEventListener("controllerchange", () => {
    if (controlled) return location.reload(); // a new version has all it needs
    controlled = true;
    tell();
  });
  try {
    const place = `/display/${point}`;
    const kept = await container.register(`${place}/worker.js`, { scope: place, updateViaCache: "none" });
    setInterval(() => kept.update().catch(() => {}), UPDATE_IN * (0.9 + Math.random() / 5));
  } catch {
    // without a worker the page does what it did: it needs a line to open
  }
}
