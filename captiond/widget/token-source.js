/** A viewer token from the page's own server: the attribute `token-src`. No DOM; `fetch` comes in. */

/** A token is some hundred bytes; an answer far above that is a page that says something else. */
const MAX_UNITS = 16_384;
const TIMEOUT_MS = 10_000;

/** No token could be had. The message says why, and holds nothing of the answer. */
export class TokenError extends Error {
  constructor(why) {
    super(why);
    this.name = "TokenError";
  }
}

/**
 * Asks for a token, with the cookies of the page's own origin: the server knows by them who may watch.
 * The answer is the token as text, or JSON with a member `token` (as `POST /v1/tokens` answers, handed on).
 * @param {string} url
 * @returns {Promise<string>}
 * @throws {TokenError}
 */
export async function fetchToken(url, fetch = globalThis.fetch) {
  let text;
  try {
    const answer = await fetch(url, {
      cache: "no-store",
      credentials: "same-origin",
      headers: { Accept: "application/json, text/plain" },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (answer.status !== 200) throw new TokenError(`the answer is ${answer.status}`);
    text = (await answer.text()).trim();
  } catch (error) {
    throw error instanceof TokenError ? error : new TokenError("there is no answer");
  }
  if (text.length > MAX_UNITS) throw new TokenError("the answer is too long");
  let token = text;
  if (text.startsWith("{")) {
    try {
      token = JSON.parse(text).token;
    } catch {
      token = null;
    }
  }
  // What is no token goes into no address: a sign-in page, for example.
  if (typeof token !== "string" || !/^[A-Za-z0-9._~+/=-]+$/.test(token)) throw new TokenError("the answer holds no token");
  return token;
}
