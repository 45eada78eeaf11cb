// Recordings: sent up with a draft, and listened to, the whole of each, by who approves.
"use strict";
(() => {
  const json = { "Content-Type": "application/json" };

  // On a draft: a file becomes a recording, and the draft names it.
  const saved = () => document.querySelector('input[name="revision"]').value;
  const name = (box, sha256) => fetch(`/v1/drafts/${box.dataset.draft}`, {
    method: "PATCH", headers: { ...json, "If-Match": `"${saved()}"` }, body: JSON.stringify({ audio: { [box.dataset.language]: sha256 } }),
  });
  const done = async (box, answer) => {
    if (answer.ok) return location.reload();
    const problem = await answer.json().catch(() => ({}));
    const fault = box.querySelector(".fault");
    fault.textContent = problem.title || box.dataset.failed;
    fault.hidden = false;
  };
  document.querySelectorAll(".recording[data-draft]").forEach(box => {
    const failed = () => done(box, new Response("{}", { status: 500 }));
    box.querySelector("input[type=file]")?.addEventListener("change", async event => {
      const file = event.target.files[0];
      if (!file) return;
      try {
        const kept = await fetch("/v1/recordings", { method: "POST", headers: { "Content-Type": file.type.replace("x-wav", "wav") }, body: file });
        await done(box, kept.ok ? await name(box, (await kept.json()).sha256) : kept);
      } catch { failed(); }
    });
    box.querySelector("[data-remove]")?.addEventListener("click", () => name(box, null).then(answer => done(box, answer), failed));
  });

  // On an alert that waits: what was played counts, not that the end was reached.
  document.querySelectorAll(".recording[data-alert]").forEach(box => {
    const player = box.querySelector("audio"), said = box.querySelector(".recording__heard");
    const stretches = () => Array.from({ length: player.played.length }, (_, i) => [player.played.start(i), player.played.end(i)]);
    let told = !said.hidden;
    const tell = async () => {
      if (told || !Number.isFinite(player.duration)) return;
      const body = JSON.stringify({ recording: box.dataset.recording, played: stretches(), duration: player.duration });
      const answer = await fetch(`/v1/alerts/${box.dataset.alert}/listened`, { method: "POST", headers: json, body });
      if (!answer.ok) return;
      told = true;
      said.hidden = false;
      box.querySelector(".recording__unheard").hidden = true;
    };
    player.addEventListener("ended", tell);
    player.addEventListener("pause", tell);
  });
})();
