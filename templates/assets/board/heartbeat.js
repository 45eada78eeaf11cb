// At a relay: the hub's own word, signed every minute, that a board is the newest. Whatever a relay answers says nothing
// of the line behind it; only such a word that is newer than the one before does.

import { NoAnswer } from "./reading.js";
import { verifyHeartbeat } from "./verifying.js";

const EVERY = 10_000;

/** Listen for ever, and tell every word that passes: {at (milliseconds), epoch, seq}. */
export async function followHeartbeat(reader, tell) {
  for (;;) {
    const beat = await heard(reader).catch(() => null);
    if (beat) tell(beat);
    await new Promise((resolve) => setTimeout(resolve, EVERY));
  }
}

async function heard(reader) {
  const { keeper, time } = reader;
  const url = new URL(`/v1/heartbeats/${keeper.point}`, location.origin);
  if (keeper.mode !== "live") url.searchParams.set("mode", keeper.mode);
  const token = await reader.get(url, { Accept: "application/jose" }, 0);
  if (token === null) throw new NoAnswer("hub");
  const held = await keeper.held();
  const judge = (keys) => {
    const display = { point: keeper.point, mode: keeper.mode, root: keys.pinned };
    return keys.kind === "refused" ? keys : verifyHeartbeat(token, keys, display, held, time.now());
  };
  const known = reader.keys;
  let verdict = await judge(known ?? (await reader.getKeys()));
  if (known && verdict.kind === "refused") verdict = await judge(await reader.getKeys()); // the hub may have new ones
  return verdict.kind === "heartbeat" ? verdict.heartbeat : null;
}
