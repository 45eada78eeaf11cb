// A code that somebody typed once becomes a token of this screen's own.

const ANSWER_IN = 15_000;
const AGAIN_IN = 5_000;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Use the code up that is kept, as often as it takes until somebody answers. False when it is not (any more) good. */
export async function enrol(keeper, code, name) {
  for (;;) {
    const answer = await asked(code, name);
    if (answer?.status === 201) return taken(keeper, await answer.json());
    if (answer && answer.status < 500 && answer.status !== 429) return false;
    await pause(AGAIN_IN * (0.5 + Math.random()));
  }
}

async function asked(code, name) {
  try {
    return await fetch("/v1/devices", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ code, kind: "display", name }),
      cache: "no-store",
      redirect: "error",
      credentials: "omit",
      signal: AbortSignal.timeout(ANSWER_IN),
    });
  } catch {
    return null; // the line
  }
}

async function taken(keeper, { token, roots }) {
  await keeper.set("token", token);
  for (const [mode, root] of Object.entries(roots)) await keeper.set(`${mode}.root`, root);
  return true;
}
