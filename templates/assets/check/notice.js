// What the code on a poster proves: that a key of ours, certified by the root this page came with, signed the notice.

import { readCertificate, rootOf, signedText, unpack } from "../board/verifying.js";

const TYP = "omroeper-notice+json";

/** The notice in a token, when one of `pins` (the roots' fingerprints by mode) stands behind it; else null. */
export async function vouched(token, keySet, pins) {
  for (const [mode, pin] of Object.entries(pins)) {
    try {
      const claim = unpack(token);
      const keys = await rootOf(keySet, pin);
      const certificate = await readCertificate(keys.certificates.get(claim.kid), keys.root);
      if (certificate.kid !== claim.kid || certificate.mode !== mode) continue;
      const notice = JSON.parse(await signedText(claim, TYP, certificate.x));
      if (notice.mode === mode && Number.isSafeInteger(notice.number)) return { ...notice, expiresAt: Date.parse(notice.expires) };
    } catch {
      // not this root's
    }
  }
  return null;
}

/** What holds of a notice now: {kind, n?}. standing: what the hub says of its notices, null without a line. */
export function verdictOf(notice, standing, now) {
  if (notice === null) return { kind: "foreign" };
  if (notice.expiresAt <= now) return { kind: "expired" };
  if (standing !== null) {
    const found = standing.notices.find(
      (item) => item.mode === notice.mode && item.organisation === notice.organisation && item.number === notice.number,
    );
    if (found === undefined || found.texts !== notice.texts) return { kind: "void" };
    if (found.state !== "valid") return { kind: found.state, n: found.by };
  }
  return { kind: notice.mode === "exercise" ? "exercise" : "real" };
}
