/**
 * The overlay and the display: one <live-captions>, set up from the page's address.
 *
 * Path: /overlay/{session} or /display/{session}. Query, all optional: `lines`, `size` (text size in rem), `theme`,
 * `announce`, `stability`, `finals-only`, `label`, `label-internal`, `label-external`, and `token` (also as #token=…).
 * The token is taken out of the address before anything else runs: addresses are copied, shown on screens and kept in
 * histories.
 */
"use strict";

(() => {
  const address = new URL(location.href);
  const query = address.searchParams;
  const fragment = new URLSearchParams(address.hash.slice(1));
  const token = query.get("token") ?? fragment.get("token");
  if (query.has("token") || fragment.has("token")) {
    query.delete("token");
    fragment.delete("token");
    address.hash = fragment.toString();
    history.replaceState(null, "", address);
  }

  const captions = document.querySelector("live-captions");
  captions.setAttribute("src", "/");
  for (const name of ["lines", "theme", "announce", "stability", "finals-only", "label", "label-internal", "label-external"]) {
    if (query.has(name)) captions.setAttribute(name, query.get(name));
  }
  const size = Number(query.get("size"));
  // Below half of normal nobody reads, above 12 one word fills a screen.
  if (size >= 0.5 && size <= 12) captions.style.setProperty("--captions-font-size", `${size}rem`);
  if (token) captions.token = token; // before it is defined: the element picks the property up
  const session = decodeURIComponent(address.pathname.split("/")[2] ?? "");
  document.title = `${session}: live captions`;
  captions.setAttribute("session", session);
})();
