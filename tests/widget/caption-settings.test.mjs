/** A viewer's settings: what is allowed, what becomes CSS, how well it can be read, where it is kept. */

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  contrastOf, DEFAULT_SETTINGS, nextSize, ownColors, parseColor, readSettings, settingsStyle,
} from "../../captiond/widget/caption-settings.js";
import { SettingsStore } from "../../captiond/widget/settings-store.js";

test("only what is listed is a setting, whatever was stored", () => {
  const hostile = {
    font: "x; } * { display: none", size: 1000, textColor: "url(//evil)", textOpacity: 0, windowOpacity: "50", edge: "toString",
    language: "<b>", backgroundColor: "__proto__", extra: 1,
  };
  assert.deepEqual(readSettings(hostile), DEFAULT_SETTINGS);
  for (const nothing of [null, undefined, 7, "x", []]) assert.deepEqual(readSettings(nothing), DEFAULT_SETTINGS);
  const good = { font: "dyslexia", size: 400, textColor: "yellow", textOpacity: 25, windowColor: "black", windowOpacity: 0, edge: "uniform", language: "es" };
  assert.deepEqual(readSettings(good), { ...DEFAULT_SETTINGS, ...good });
});

test("settings become custom properties, and no setting none", () => {
  assert.deepEqual(settingsStyle(DEFAULT_SETTINGS), {});
  const style = settingsStyle({ ...DEFAULT_SETTINGS, size: 150, textColor: "white", windowOpacity: 50, edge: "shadow" });
  assert.deepEqual(style, {
    "--_u-scale": "1.5", "--_u-fg": "#ffffff", "--_u-bg-alpha": "50%", "--_u-edge": "0.08em 0.08em 0.12em #000000",
  });
  assert.ok(settingsStyle({ ...DEFAULT_SETTINGS, textColor: "black", edge: "shadow" })["--_u-edge"].endsWith("#ffffff"));
  assert.equal(ownColors(DEFAULT_SETTINGS), false);
  assert.equal(ownColors({ ...DEFAULT_SETTINGS, windowColor: "blue" }), true);
});

test("sizes go from 50 to 400 percent, step by step", () => {
  const sizes = [50];
  while (sizes.at(-1) !== nextSize(sizes.at(-1), 1)) sizes.push(nextSize(sizes.at(-1), 1));
  assert.deepEqual([sizes[0], sizes.at(-1), nextSize(50, -1)], [50, 400, 50]);
});

test("contrast is what WCAG says it is, in all forms in which browsers give colors", () => {
  const ratio = (text, ...layers) => Math.round(contrastOf(parseColor(text), layers.map(parseColor)).ratio * 100) / 100;
  assert.equal(ratio("#000000", "#ffffff"), 21);
  assert.equal(ratio("#777777", "rgb(255, 255, 255)"), 4.48);
  assert.equal(ratio("rgb(118 118 118)", "color(srgb 1 1 1)"), 4.54);
  assert.equal(ratio("#ffff00", "#ffffff"), 1.07);
  assert.equal(ratio("#ffffff", "rgba(0, 0, 0, 0)", "#000000"), 21);
  assert.equal(ratio("rgb(255 255 255 / 50%)", "color(srgb 0 0 0 / 1)"), 5.28);
  for (const bad of ["red", "url(x)", "color(display-p3 1 1 1)", "rgb(1 2)", "lab(1 2 3)"]) assert.equal(parseColor(bad), null, bad);
});

test("where the page shows through, the worst page counts", () => {
  const { ratio, certain } = contrastOf(parseColor("#ffffff"), [parseColor("rgb(0 0 0 / 0.82)")]);
  assert.equal(certain, false);
  assert.ok(ratio > 4.5 && ratio < 21, String(ratio));
  assert.equal(Math.round(contrastOf(parseColor("#ffffff"), [parseColor("rgba(0, 0, 0, 0)")]).ratio), 1);
});

class Storage {
  items = new Map();
  getItem(key) { return this.items.get(key) ?? null; }
  setItem(key, value) { this.items.set(key, value); }
  removeItem(key) { this.items.delete(key); }
}

test("settings are kept, told to all, and gone when reset", () => {
  const storage = new Storage();
  const one = new SettingsStore(() => storage);
  let told = 0;
  const end = one.listen(() => { told += 1; });
  one.set({ size: 200, font: "serif", nonsense: true });
  one.set({ size: 200, font: "serif" });
  assert.equal(told, 1);
  assert.deepEqual(new SettingsStore(() => storage).settings, { ...DEFAULT_SETTINGS, size: 200, font: "serif" });
  one.set({});
  assert.equal(storage.items.size, 0);
  end();
  one.set({ size: 50 });
  assert.equal(told, 2);
});

test("a browser that keeps nothing, or nonsense, loses nobody's settings of this page", () => {
  const blocked = new SettingsStore(() => { throw new DOMException("blocked", "SecurityError"); });
  assert.deepEqual(blocked.settings, DEFAULT_SETTINGS);
  blocked.set({ size: 300 });
  assert.deepEqual([blocked.settings.size, blocked.kept], [300, false]);
  const broken = new Storage();
  broken.getItem = () => "{";
  const two = new SettingsStore(() => broken);
  assert.deepEqual([two.settings, two.kept], [{ ...DEFAULT_SETTINGS }, true]);
  const long = new Storage();
  long.getItem = () => JSON.stringify({ size: 300, more: "x".repeat(5000) });
  assert.equal(new SettingsStore(() => long).settings.size, 100);
  const full = new Storage();
  full.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };
  const three = new SettingsStore(() => full);
  three.set({ size: 75 });
  assert.deepEqual([three.settings.size, three.kept], [75, false]);
});
