// Runs before everything else, and alone: when a page of this version cannot draw, the version before it takes its place.

(() => {
  const PATIENCE = 30_000;
  const version = document.documentElement.dataset.version;
  const container = navigator.serviceWorker;

  const fail = () => container?.controller?.postMessage({ said: "failed", version });
  const timer = setTimeout(fail, PATIENCE);
  const alarms = ["error", "unhandledrejection"]; // a script that does not load or does not run (`error` does not bubble)
  for (const alarm of alarms) addEventListener(alarm, fail, true);
  addEventListener("drew", () => {
    clearTimeout(timer);
    for (const alarm of alarms) removeEventListener(alarm, fail, true);
  });
  container?.addEventListener("message", ({ data }) => data.said === "turn" && location.reload());
  container?.startMessages();
})();
