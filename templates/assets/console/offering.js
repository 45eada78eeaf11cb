// Offering a draft: how many of how many addresses are frozen, for whoever has the draft open, and what became of it when
// the line broke meanwhile. Said aloud are the steps; the count is there for who looks. Without this the form goes by itself.
"use strict";
(() => {
  const box = document.getElementById("offering"), form = document.getElementById("form");
  const [said, running, offered] = box.children, [bar, count] = running.children;
  const LOOK_IN = 2000, PATIENCE = 5; // looks at a draft that nobody seems to be freezing, before it is said
  let mine = false, alone = false, quiet = 0;

  const say = text => { if (said.textContent !== text) said.textContent = text; };
  const number = n => n.toLocaleString(document.documentElement.lang);
  const fill = (text, done, of) => text.replace("{done}", number(done)).replace("{of}", number(of));
  const show = ({ step, done, of }) => {
    // Before the hub has counted them, they are as many as the preview said.
    const all = of ?? Number(document.getElementById("reach").dataset.count);
    running.hidden = false;
    say(box.dataset[step]);
    if (step === "addressing" && !done || step === "writing") bar.removeAttribute("value");
    else { bar.max = Math.max(all, done); bar.value = done; }
    count.textContent = step === "writing" ? fill(box.dataset.counting, all, all)
      : all >= done ? fill(box.dataset.count, done, all) : fill(box.dataset.counting, done, all);
  };
  const stop = text => { running.hidden = true; say(text); };

  // Where the draft is: its stage, "gone" when this reader may not know it any more, nothing without a line.
  const stage = () => fetch(`/v1/drafts/${box.dataset.draft}`).then(
    async answer => answer.ok ? (await answer.json()).stage : answer.status < 500 ? "gone" : null, () => null);
  const leave = () => location.assign(form.action); // what was offered is an alert by now, and sends there

  document.addEventListener("freezing", ({ detail }) => {
    if (detail.draft !== box.dataset.draft) return;
    quiet = 0;
    if (detail.step !== "over") show(detail);
    else if (!mine) stop("");
  });
  document.addEventListener("AlertSubmitted", async () => {
    if (mine || [null, "draft"].includes(await stage()) || mine) return;
    stop(box.dataset.offered);
    offered.hidden = false;
  });

  // Nobody knows whether it got there: look until it is an alert, or nobody freezes it any more.
  const settle = async () => {
    say(box.dataset.lost);
    for (quiet = 0; ; ) {
      await new Promise(done => setTimeout(done, LOOK_IN));
      const found = await stage();
      if (found === null) { quiet = 0; continue; }
      if (found !== "draft") return leave();
      if (++quiet < PATIENCE) continue;
      mine = false;
      stop(box.dataset.not);
      return form.dispatchEvent(new Event("stays"));
    }
  };

  const offer = async button => {
    mine = true;
    say(box.dataset.begun);
    const content = new URLSearchParams(new FormData(form));
    const answer = await fetch(button.formAction, { method: "POST", body: content, redirect: "manual" }).catch(() => null);
    if (answer?.type === "opaqueredirect") return leave();
    if (!answer || answer.status >= 500) return settle();
    alone = true; // refused, and nothing was kept of it: the form goes by itself, and shows why
    form.requestSubmit(button);
  };
  form.addEventListener("offer", event => {
    if (alone) return;
    event.preventDefault();
    if (!mine) offer(event.detail);
  });
})();
