// News: the hub tells that something changed, and the page asks for the pieces of it that may be old; at most once a
// second. data-news: which alert a piece is about; empty for one that is about everything. data-object: it is about
// that alone, and only what somebody else than data-actor did is news. data-news-kinds: the events that concern it, when
// not all do. data-beside: it is about who has that object open, and nothing else; data-open: its reader does.
"use strict";
(() => {
  const pieces = () => [...document.querySelectorAll("[data-news]")];
  if (!pieces().length) return;
  const lost = document.getElementById("lost");
  const AGAIN_IN = 3000;
  let waiting = null, heard = [], source = null, gone = false;

  const concerns = ({ dataset }, event) => {
    if ("beside" in dataset) return !event.kind || (event.kind === "beside" && event.object === dataset.object);
    if (event.kind === "beside") return false;
    if (dataset.object) return event.object === dataset.object && event.actor !== dataset.actor;
    if (!event.kind) return true; // nobody knows what was missed
    if (event.alert && dataset.news && dataset.news !== event.alert) return false;
    return !dataset.newsKinds || dataset.newsKinds.split(" ").includes(event.kind);
  };
  const ask = () => {
    const events = heard;
    waiting = null; heard = [];
    pieces().filter(piece => events.some(event => concerns(piece, event))).forEach(piece => htmx.trigger(piece, "news"));
  };
  const tell = event => {
    if (!pieces().some(piece => concerns(piece, event))) return;
    heard.push(event);
    waiting ??= setTimeout(ask, 1000);
  };
  const news = event => {
    const told = JSON.parse(event.data);
    tell({ kind: event.type, alert: told.alert || "", object: told.object, actor: told.actor });
  };
  const all = () => tell({});

  // What somebody opened in a piece stays open when it comes anew, and what they type there is left alone.
  const typed = piece => [...piece.querySelectorAll("input, textarea")].some(one => one.value !== one.defaultValue);
  const piece = event => event.target.closest?.("[data-news]");
  let opened = [];
  document.body.addEventListener("htmx:beforeSwap", event => {
    if (!piece(event)) return;
    if (typed(piece(event))) event.detail.shouldSwap = false;
    opened = [...piece(event).querySelectorAll("details[open]")].map(one => one.id).filter(Boolean);
  });
  document.body.addEventListener("htmx:afterSwap", event => {
    if (piece(event)) opened.forEach(id => document.getElementById(id)?.setAttribute("open", ""));
  });

  // Back from a step of a task: what it was about stands open.
  const about = document.getElementById(location.hash.slice(1).replace("task-", "about-"));
  if (about?.tagName === "DETAILS") about.open = true;

  // A browser comes back by itself after a broken line, but gives up for good after an answer it did not expect, such as
  // that of a web server whose hub is starting again.
  // Who has a draft before them says so with the stream itself: it ends when they leave, and while nobody sees the page
  // the stream is another, that does not say so.
  const draft = document.querySelector("[data-open]")?.dataset.object;
  const open = () => {
    source?.close();
    source = new EventSource(draft && !document.hidden ? `/v1/events?draft=${draft}` : "/v1/events");
    source.onopen = () => { lost.hidden = true; if (gone) all(); gone = false; };
    source.onerror = () => {
      lost.hidden = false; gone = true;
      if (source.readyState === EventSource.CLOSED) setTimeout(open, AGAIN_IN);
    };
    for (const kind of ["ready", "reset"]) source.addEventListener(kind, all);
    for (const kind of ["progress", "beside", "DraftRevised", ...lost.dataset.kinds.split(" ")]) source.addEventListener(kind, news);
    for (const kind of ["freezing", "AlertSubmitted"]) {
      source.addEventListener(kind, event => document.dispatchEvent(new CustomEvent(kind, { detail: JSON.parse(event.data) })));
    }
  };
  open();
  if (draft) document.addEventListener("visibilitychange", open);
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", event => { if (event.persisted) open(); });
})();
