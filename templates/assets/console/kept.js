// What was typed is not lost when the session ends meanwhile: it waits in this tab, and comes back into the form once
// the same person has signed in again, straight after. In every other case it is thrown away, and at sign-out too. What
// shows who somebody is (data-secret) is never kept.
"use strict";
(() => {
  const NAME = "omroeper.kept";
  const person = document.querySelector(".bar__person").textContent;
  const forms = document.querySelectorAll("form[data-keep]");
  const action = form => new URL(form.action).pathname;

  const keep = form => sessionStorage.setItem(NAME, JSON.stringify({ person, action: action(form), typed: typed(form) }));
  const typed = form => [...new FormData(form)].filter(([name]) => !form.querySelector(`[data-secret][name="${name}"]`));
  const put = (form, typed) => {
    for (const one of form.elements) {
      const values = typed.filter(([name]) => name === one.name).map(([, value]) => value);
      if (one.type === "checkbox" || one.type === "radio") one.checked = values.includes(one.value);
      else if (one.name && values.length) one.value = values[0];
    }
  };
  const afterSignIn = sessionStorage.getItem("omroeper.signing-in") !== null; // by whichever way: see signing-in.js
  sessionStorage.removeItem("omroeper.signing-in");

  const kept = JSON.parse(sessionStorage.getItem(NAME));
  sessionStorage.removeItem(NAME);
  const form = kept && afterSignIn && kept.person === person && [...forms].find(one => action(one) === kept.action);
  if (form) {
    put(form, kept.typed); // with the version it was typed over: what a colleague wrote meanwhile is not lost either
    form.closest("details")?.setAttribute("open", "");
    document.getElementById("kept").hidden = false;
    addEventListener("load", () => form.dispatchEvent(new Event("input", { bubbles: true })));
  }

  forms.forEach(one => {
    one.addEventListener("submit", () => keep(one));
    one.addEventListener("htmx:beforeOnLoad", event => { if (event.detail.xhr.status === 401) keep(one); });
  });
  document.querySelector("form[action='/console/sign-out']").addEventListener("submit", () => sessionStorage.clear());
})();
