// What this display makes sure of before it shows a board: the same rules in the same order as
// broadcaster/boards/verifying.py, and a test that gives both the same thousand false boards.
//
// Nothing signed is read before its key is known to come from the pinned root, and nothing is compared with what was
// kept before it is known to be for this display.

import { bytesOf, sha256, signed, textOf } from "./crypto.js";

const BOARD_TYP = "omroeper-board+json";
const HEARTBEAT_TYP = "omroeper-heartbeat+json";
const KEY_TYP = "omroeper-key+json";
const MODES = ["live", "exercise"];
const STATUSES = { Actual: "live", Exercise: "exercise", Test: "exercise" };
const SEVERITIES = ["Extreme", "Severe", "Moderate", "Minor", "Unknown"];
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/;

const refused = (reason) => ({ kind: "refused", reason });

/** The fingerprint of a public key (`x` of its JWK): its thumbprint, RFC 7638. */
export async function fingerprint(x) {
  return textOf(await sha256(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`));
}

/** SHA-256 of a board as it came, in hexadecimal. */
export async function digestOf(token) {
  return Array.from(await sha256(token), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The entity tag that hub and relay give a board. */
export async function etagOf(token) {
  return `"${(await digestOf(token)).slice(0, 32)}"`;
}

/** The `x` of an Ed25519 public key in the members of a JWK; TypeError when it is none. */
function publicKey(members) {
  if (members?.kty !== "OKP" || members.crv !== "Ed25519" || bytesOf(members.x).length !== 32) {
    throw new TypeError("not an Ed25519 public key");
  }
  return members.x;
}

/** The hub's keys (parsed JSON from anyone) as seen from the pinned root: {root, certificates}, or refused. */
export async function rootOf(keySet, pinned) {
  try {
    const roots = keySet.roots.map(publicKey);
    const certificates = new Map(keySet.keys.map((member) => [text(member.kid), text(member.certificate)]));
    for (const root of roots) if ((await fingerprint(root)) === pinned) return { root, certificates };
  } catch {
    return refused("malformed");
  }
  return refused("wrong-root");
}

/** The fingerprint of the root that a hub claims for a mode: only for who trusts the first one seen. */
export async function offeredRoot(keySet, mode) {
  try {
    const claimed = keySet.roots.find((member) => member.mode === mode);
    return claimed ? await fingerprint(publicKey(claimed)) : null;
  } catch {
    return null;
  }
}

function text(value) {
  if (typeof value !== "string") throw new TypeError("not a text");
  return value;
}

function whole(value) {
  if (!Number.isSafeInteger(value) || value < 1) throw new TypeError("not a number");
  return value;
}

function instant(value) {
  const at = INSTANT.test(value) ? Date.parse(value) : NaN;
  if (Number.isNaN(at)) throw new TypeError("not an instant");
  return at;
}

const decoded = (bytes) => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);

/** The parts of a compact JWS (RFC 7515), unchecked; an error when it is none of ours. */
export function unpack(token) {
  const parts = token.split(".");
  if (parts.length !== 3) throw new TypeError("not a compact JWS");
  const [head, payload] = parts.slice(0, 2).map(bytesOf);
  const header = JSON.parse(decoded(head));
  // Exactly what a hub writes, nothing to interpret: no other algorithm, no key brought along, no `crit`.
  if (Object.keys(header).sort().join() !== "alg,kid,typ" || header.alg !== "Ed25519") throw new TypeError("not ours");
  const message = new TextEncoder().encode(`${parts[0]}.${parts[1]}`);
  return { kid: String(header.kid), typ: header.typ, payload, signature: parts[2], message };
}

/** The signed text, when `x` signed it as `typ`; else null. */
export async function signedText(claim, typ, x) {
  if (claim.typ !== typ || !(await signed(bytesOf(x), bytesOf(claim.signature), claim.message))) return null;
  return decoded(claim.payload);
}

/** What `root` certified: {mode, kid, epoch, x, notAfter}; an error when it did not, or said something else. */
export async function readCertificate(token, root) {
  const content = JSON.parse(await signedText(unpack(token), KEY_TYP, root));
  const x = publicKey(content.jwk);
  if (!MODES.includes(content.mode) || content.kid !== (await fingerprint(x))) throw new TypeError("not a certificate");
  return { mode: content.mode, kid: content.kid, epoch: whole(content.epoch), x, notAfter: instant(content.not_after) };
}

function checkedNotice(notice, mode) {
  whole(notice.number);
  text(notice.alert);
  text(notice.sender);
  if (STATUSES[notice.status] !== mode || !SEVERITIES.includes(notice.severity)) throw new TypeError("not for this mode");
  if (notice.replaces != null && !Number.isSafeInteger(notice.replaces)) throw new TypeError("not a number");
  for (const pieces of Object.values(notice.languages)) Object.values(pieces).forEach(text);
  if (notice.proof != null) text(notice.proof);
  const nextAt = notice.next_update == null ? null : instant(notice.next_update);
  return { ...notice, asOf: instant(notice.as_of), expiresAt: instant(notice.expires), nextAt };
}

/** The board in a signed text, its instants in milliseconds; an error when it is none. */
function readBoard(signedBoard) {
  const content = JSON.parse(signedBoard);
  if (!MODES.includes(content.mode)) throw new TypeError("no such mode");
  return {
    mode: content.mode,
    point: text(content.point),
    seq: whole(content.seq),
    epoch: whole(content.epoch),
    issuedAt: instant(content.issued_at),
    notAfter: instant(content.not_after),
    notices: content.notices.map((notice) => checkedNotice(notice, content.mode)),
  };
}

/**
 * The verdict on a board from anyone: {kind: "board" | "unchanged", board} or {kind: "refused", reason}.
 * display: {point, mode, root (its fingerprint)}; held: the board accepted last, or null; now: milliseconds.
 */
export async function verify(token, keys, display, held, now) {
  let claim;
  try {
    claim = unpack(token);
  } catch {
    return refused("malformed");
  }
  const certificate = await certified(claim, keys, display, held, now);
  if (certificate.kind) return certificate;
  const content = await signedContent(claim, BOARD_TYP, certificate, readBoard);
  if (content.kind) return content;
  const reason = notFor(content, certificate, display);
  if (reason) return refused(reason);
  return against(held, { content, token, certificate: keys.certificates.get(claim.kid), root: keys.root });
}

/**
 * The verdict on a heartbeat from anyone, as broadcaster/boards/heartbeat.py: {kind: "heartbeat", heartbeat: {at, epoch,
 * seq}} or {kind: "refused", reason}. The arguments are those of `verify`.
 */
export async function verifyHeartbeat(token, keys, display, held, now) {
  let claim;
  try {
    claim = unpack(token);
  } catch {
    return refused("malformed");
  }
  const certificate = await certified(claim, keys, display, held, now);
  if (certificate.kind) return certificate;
  const content = await signedContent(claim, HEARTBEAT_TYP, certificate, readHeartbeat);
  if (content.kind) return content;
  if (content.epoch !== certificate.epoch || content.at > certificate.notAfter) return refused("wrong-epoch");
  if (content.point !== display.point || content.mode !== display.mode) return refused("wrong-point");
  return { kind: "heartbeat", heartbeat: content };
}

function readHeartbeat(signedBeat) {
  const { mode, point, epoch, seq, at } = JSON.parse(signedBeat);
  if (!MODES.includes(mode)) throw new TypeError("no such mode");
  return { mode, point: text(point), epoch: whole(epoch), seq: whole(seq), at: instant(at) };
}

async function certified(claim, keys, display, held, now) {
  if (!keys.certificates.has(claim.kid)) return refused("unknown-key");
  let certificate;
  try {
    certificate = await readCertificate(keys.certificates.get(claim.kid), keys.root);
  } catch {
    return refused("uncertified-key");
  }
  const ours = certificate.kid === claim.kid && certificate.mode === display.mode;
  if (!ours || (await fingerprint(keys.root)) !== display.root) return refused("uncertified-key");
  if (certificate.notAfter <= notBefore(held, certificate.epoch, now)) return refused("key-expired");
  if (held && certificate.epoch < held.content.epoch) return refused("key-replaced");
  return certificate;
}

// A display's clock may have fallen back to 1970; what it accepted is proof that it is later. Only within an epoch:
// a stolen key that dated a board far ahead must not rule out its successor.
function notBefore(held, epoch, now) {
  return held && held.content.epoch === epoch ? Math.max(now, held.content.issuedAt) : now;
}

/** What a key signed as `typ`, as `reads` understands it; or refused. */
async function signedContent(claim, typ, certificate, reads) {
  let read = null;
  try {
    read = await signedText(claim, typ, certificate.x);
  } catch {
    read = null;
  }
  if (read === null) return refused("bad-signature");
  try {
    return reads(read);
  } catch {
    return refused("malformed");
  }
}

function notFor(content, certificate, display) {
  if (content.epoch !== certificate.epoch) return "wrong-epoch";
  if (content.issuedAt > certificate.notAfter) return "key-expired";
  if (content.mode !== display.mode) return "wrong-mode";
  if (content.point !== display.point) return "wrong-point";
  return null;
}

function against(held, board) {
  const fresh = { kind: "board", board };
  if (!held || board.content.epoch > held.content.epoch) return fresh;
  if (board.content.seq > held.content.seq) return fresh;
  if (board.content.seq < held.content.seq) return refused("older");
  return board.token === held.token ? { kind: "unchanged", board: held } : refused("conflict");
}
