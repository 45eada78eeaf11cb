// Ed25519 and SHA-256: the browser's own where it has them and a page may use them, ours where not.
//
// Over plain http under a name on a local network a page is no secure context, and there is no WebCrypto; older
// browsers have WebCrypto without Ed25519. What is there is found by checking a known signature, never by a version.

// RFC 8032, section 7.1, test 1: the signature of an empty message.
const KNOWN = {
  key: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
  signature: "5VZDAMNgrHKQhuLMgG6CioSHfx645dl02HPgZSJJAVVfuIIVkKM7rMYeOXAc-bRr0lv18FlbviRlUUFDjnoQCw",
};

/** The bytes of base 64 in the one spelling that RFC 7515 (section 2) allows; TypeError for any other. */
export function bytesOf(text) {
  if (typeof text !== "string" || !/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) throw new TypeError("not base 64");
  const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
  if (textOf(bytes) !== text) throw new TypeError("another spelling of base 64");
  return bytes;
}

/** Bytes as base 64 for URLs, without padding. */
export function textOf(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

const native = {
  name: "webcrypto",
  verify: async (key, signature, message) => {
    const imported = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
    return crypto.subtle.verify("Ed25519", imported, signature, message);
  },
  sha256: async (message) => new Uint8Array(await crypto.subtle.digest("SHA-256", message)),
};

async function shipped() {
  const [ed, sha] = await Promise.all([import("../noble/ed25519.js"), import("../noble/sha2.js")]);
  ed.hashes.sha512 = sha.sha512;
  return {
    name: "noble",
    verify: async (key, signature, message) => ed.verify(signature, message, key, { zip215: false }),
    sha256: async (message) => sha.sha256(message),
  };
}

async function works(provider) {
  try {
    return await provider.verify(bytesOf(KNOWN.key), bytesOf(KNOWN.signature), new Uint8Array());
  } catch {
    return false;
  }
}

let chosen;

/** What checks signatures in this browser: {name, verify(key, signature, message), sha256(message)}. */
export function provider() {
  chosen ??= (async () => ((await works(native)) ? native : shipped()))();
  return chosen;
}

/** Whether `key` signed `message`; false for a key or signature that is none. All three are bytes. */
export async function signed(key, signature, message) {
  try {
    return await (await provider()).verify(key, signature, message);
  } catch {
    return false;
  }
}

/** SHA-256 of a text, as bytes. */
export async function sha256(text) {
  return (await provider()).sha256(new TextEncoder().encode(text));
}
