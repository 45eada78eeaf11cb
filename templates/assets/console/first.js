// What moves comes after what is read: the scripts named here are fetched once the styles are there, and run in this order.
// A page is drawn sooner by as much as they weigh; the `load` event still waits for them.
"use strict";
for (const src of document.currentScript.dataset.then.split(" ")) {
  document.head.append(Object.assign(document.createElement("script"), { src, async: false }));
}
