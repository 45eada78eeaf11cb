// The list of scenarios grows shorter as somebody types. Enter takes the only one that is left; it never sends the form.
"use strict";
(() => {
  const search = document.getElementById("search");
  const all = [...document.querySelectorAll("[data-found-by]")];
  const count = document.getElementById("found"), none = document.getElementById("none-found");
  const plain = text => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");
  const show = () => {
    const words = plain(search.elements.q.value).split(/\s+/).filter(Boolean);
    const { phase: { value: phase }, subject: { value: subject } } = search.elements;
    const left = all.filter(one => {
      const fits = words.every(word => plain(one.dataset.foundBy).includes(word))
        && (!phase || one.dataset.phase === phase) && (!subject || one.dataset.subject === subject);
      one.hidden = !fits && !one.querySelector("input").checked; // what is chosen stays in sight
      return fits;
    });
    document.querySelectorAll(".choices").forEach(group => { group.hidden = !group.querySelector("[data-found-by]:not([hidden])"); });
    count.textContent = (left.length === 1 ? count.dataset.one : count.dataset.many).replace("0", left.length);
    none.hidden = left.length > 0;
    return left;
  };
  search.addEventListener("submit", event => {
    event.preventDefault();
    const left = show();
    if (left.length !== 1) return;
    const radio = left[0].querySelector("input");
    radio.checked = true;
    radio.focus();
  });
  for (const one of search.elements) one.addEventListener("input", show);
  document.getElementById("find").hidden = true;
  show();
})();
