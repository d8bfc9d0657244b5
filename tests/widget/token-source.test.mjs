/** A token from the page's own server: what counts as one, and what does not. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { fetchToken, TokenError } from "../../captiond/widget/token-source.js";

const answers = (body, init) => async (url, options) => {
  answers.asked = { url, options };
  return new Response(body, init);
};

for (const [what, body] of [["text", "a.b-c_d\n"], ["JSON", '{"token": "a.b-c_d", "expiresAt": "2024-06-15T10:30:00.000Z"}']]) {
  test(`a token as ${what}`, async () => {
    assert.equal(await fetchToken("/my-token", answers(body)), "a.b-c_d");
    assert.equal(answers.asked.url, "/my-token");
    assert.deepEqual([answers.asked.options.credentials, answers.asked.options.cache], ["same-origin", "no-store"]);
  });
}

for (const [what, body, init] of [
  ["a refusal", "a.b.c", { status: 401 }],
  ["nothing", "", {}],
  ["a sign-in page", "<!doctype html><p>Who are you?", {}],
  ["JSON without a token", '{"error": "secret"}', {}],
  ["half of some JSON", '{"token": "secret', {}],
  ["a token that is no text", '{"token": 7}', {}],
  ["far too much", "a".repeat(20_000), {}],
]) {
  test(`${what} is no token, and is not told`, async () => {
    await assert.rejects(fetchToken("/my-token", answers(body, init)), (error) => {
      assert.equal(error instanceof TokenError, true);
      assert.equal(error.message.includes("secret"), false);
      return true;
    });
  });
}

test("no answer is no token", async () => {
  await assert.rejects(fetchToken("/my-token", async () => { throw new TypeError("network"); }), TokenError);
});
