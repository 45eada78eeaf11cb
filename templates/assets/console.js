// The console's own script: what moves by itself, and nothing a page needs to work.
"use strict";
(() => {
  // htmx begins when it hears that the page is there, which it was before htmx came (see console/first.js).
  if (document.readyState === "interactive") document.dispatchEvent(new Event("DOMContentLoaded"));
  const words = document.documentElement.lang === "nl"
    ? { now: "zojuist", minute: n => n === 1 ? "1 minuut geleden" : `${n} minuten geleden`, hour: n => `${n} uur geleden` }
    : { now: "just now", minute: n => n === 1 ? "1 minute ago" : `${n} minutes ago`, hour: n => n === 1 ? "1 hour ago" : `${n} hours ago` };
  const lost = document.getElementById("lost");
  const say = gone => { if (lost.hidden === gone) lost.hidden = !gone; };

  // Clocks that run. The machine's own clock may be wrong, so it only counts on from what the hub said.
  // A piece of the page that came later counts from when it came.
  const first = new WeakMap();
  const secondsOf = one => {
    if (!first.has(one)) first.set(one, Number(one.dataset.seconds) - performance.now() / 1000);
    return first.get(one) + performance.now() / 1000;
  };
  const tick = () => document.querySelectorAll("time.passed").forEach(one => {
    const seconds = secondsOf(one);
    if (seconds < 172800) one.textContent = seconds < 60 ? words.now : seconds < 3600 ? words.minute(Math.floor(seconds / 60)) : words.hour(Math.floor(seconds / 3600));
  });
  setInterval(tick, 5000);

  // How long a draft waits, second by second, and louder as it does: in words, and then in weight and colour too.
  const two = n => String(n).padStart(2, "0");
  const wait = () => document.querySelectorAll(".wait").forEach(one => {
    const seconds = Math.floor(secondsOf(one)), minutes = Math.floor(seconds / 60), hours = Math.floor(minutes / 60);
    const clock = hours ? `${hours}:${two(minutes % 60)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
    const loud = seconds >= one.dataset.veryLate ? "very-late" : seconds >= one.dataset.late ? "late" : "calm";
    one.querySelector("time").textContent = clock;
    if (one.dataset.loud === loud) return;
    one.dataset.loud = loud;
    one.querySelector(".wait__word").textContent = one.dataset[loud === "very-late" ? "wordsVeryLate" : loud === "late" ? "wordsLate" : "wordsCalm"];
  });
  wait();
  setInterval(wait, 1000);

  // A form that is being kept is not sent a second time at once: the second would not know the first one's version.
  const form = document.getElementById("form");
  if (form) {
    let busy = false, leaving = false;
    form.addEventListener("stays", () => { leaving = false; }); // see console/offering.js
    form.addEventListener("htmx:beforeRequest", event => { if (leaving) event.preventDefault(); else busy = true; });
    form.addEventListener("htmx:afterRequest", event => { busy = false; say(!event.detail.xhr.status); });
    // Refused, as when a colleague offered it meanwhile: what is typed stays, and why stands above it.
    const refused = document.getElementById("refused");
    form.addEventListener("htmx:responseError", event => {
      const page = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
      refused.textContent = page.title.replace(/ \| .*$/, "");
      refused.hidden = false;
    });
    form.addEventListener("submit", event => {
      leaving = !busy;
      if (leaving && event.submitter?.formAction.endsWith("/submit")
        && !form.dispatchEvent(new CustomEvent("offer", { detail: event.submitter, cancelable: true }))) event.preventDefault();
      if (leaving) return;
      event.preventDefault();
      form.addEventListener("htmx:afterRequest", () => form.requestSubmit(event.submitter), { once: true });
    });
    // What was typed before any of this was there is kept too.
    const changed = one => one.matches("select") ? one.selectedIndex !== Math.max(0, [...one.options].findIndex(option => option.defaultSelected))
      : one.matches("[type=checkbox], [type=radio]") ? one.checked !== one.defaultChecked : one.defaultValue !== undefined && one.value !== one.defaultValue;
    if ([...form.elements].some(one => one.name && changed(one))) form.dispatchEvent(new Event("input", { bubbles: true }));
    // What a colleague wrote comes into the form, unless something else was typed there while it was on its way: then the
    // form stays of the version that it was, and the hub will ask for a choice.
    let sent = new FormData(form), version = "", chosen = null;
    const same = (name, now) => JSON.stringify(sent.getAll(name)) === JSON.stringify(now.getAll(name));
    form.addEventListener("htmx:beforeSend", () => { sent = new FormData(form); version = form.elements.revision.value; });
    form.addEventListener("change", event => { if (event.target.dataset.to) chosen = event.target.dataset.to; });
    const take = () => {
      const saved = document.getElementById("saved"), taken = JSON.parse(saved.dataset.taken), now = new FormData(form);
      saved.dataset.taken = "{}";
      if (!Object.keys(taken).every(name => same(name, now))) { form.elements.revision.value = version; return; }
      for (const one of form.elements) {
        if (!(one.name in taken)) continue;
        if (one.type === "checkbox") one.checked = taken[one.name].includes(one.value);
        else one.value = taken[one.name][0] ?? "";
        if (one.type === "checkbox") one.dispatchEvent(new Event("shown", { bubbles: true }));
      }
      if (chosen && document.activeElement === document.body) document.getElementById(chosen)?.focus();
      chosen = null;
    };
    document.body.addEventListener("htmx:afterSettle", take);
    document.body.addEventListener("htmx:afterSettle", () => document.querySelectorAll(".fault").forEach(fault => {
      const field = document.querySelectorAll(`[aria-describedby="${fault.id}"]`);
      field.forEach(one => fault.textContent ? one.setAttribute("aria-invalid", "true") : one.removeAttribute("aria-invalid"));
    }));
  }

  // A text for a desk goes to the clipboard in one go; the button says whether it did.
  document.documentElement.dataset.script = "on";
  document.addEventListener("click", async event => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const text = document.getElementById(button.dataset.copy).textContent;
    button.textContent = await navigator.clipboard.writeText(text).then(() => button.dataset.copied, () => button.dataset.failed);
  });

  // A mail is as high as its text, so that none of it hides.
  const fit = frame => {
    const page = frame.contentDocument?.documentElement;
    if (page?.clientWidth) frame.style.blockSize = `${page.scrollHeight + 8}px`; // without a width it is not drawn yet
  };
  const mails = within => within.querySelectorAll("iframe.rendering__mail").forEach(frame => {
    if (!frame.dataset.fitted) frame.addEventListener("load", () => fit(frame));
    frame.dataset.fitted = "";
    fit(frame);
  });
  document.addEventListener("contentvisibilityautostatechange", event => mails(event.target), true);
  mails(document);
})();
