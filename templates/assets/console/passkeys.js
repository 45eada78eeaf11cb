// Passkeys: a button asks the hub what to sign, the browser for a signature, and sends the form it stands in. All words
// stand in the page. A browser without passkeys, or with an address that can have none, is told so, and the password stays.
"use strict";
(() => {
  const can = window.PublicKeyCredential && PublicKeyCredential.parseRequestOptionsFromJSON;
  const made = {
    get: options => navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) }),
    create: options => navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) }),
  };
  const ask = async box => {
    const answer = await fetch(box.dataset.begin, { method: "POST", headers: { "Content-Type": "application/json" }, body: box.dataset.body });
    if (!answer.ok) throw new Error(String(answer.status));
    const { ticket, options } = await answer.json();
    return [ticket, JSON.stringify((await made[box.dataset.passkey](options)).toJSON())];
  };

  document.querySelectorAll("[data-passkey]").forEach(box => {
    const form = box.closest("form"), button = box.querySelector("button"), failed = box.querySelector("[data-failed]");
    box.querySelector("[data-none]").hidden = Boolean(can);
    button.hidden = !can;
    button.addEventListener("click", async () => {
      const typed = [...form.querySelectorAll("[data-secret][required]")];
      typed.forEach(field => field.required = box.dataset.passkey === "create");
      failed.hidden = true;
      try {
        if (!form.reportValidity()) return;
        const [ticket, passkey] = await ask(box);
        box.querySelector("[name$=ticket]").value = ticket;
        box.querySelector("[name$=passkey]").value = passkey;
        form.requestSubmit();
      } catch {
        failed.hidden = false;
      } finally {
        typed.forEach(field => field.required = true);
      }
    });
  });
})();
