/**
 * A viewer's settings: what 47 CFR 79.103 lists (font, size, color and opacity of text, background and window, edge,
 * language), as plain data and as CSS. No DOM. "" and null leave what the page chose.
 */

export const COLORS = {
  white: "#ffffff", black: "#000000", red: "#ff0000", green: "#00ff00", blue: "#0000ff",
  yellow: "#ffff00", magenta: "#ff00ff", cyan: "#00ffff",
};
export const OPACITIES = [0, 25, 50, 75, 100];
/** Percent of what the page chose. */
export const SIZES = [50, 75, 100, 125, 150, 175, 200, 250, 300, 400];
export const FONTS = {
  sans: "Arial, Helvetica, 'Liberation Sans', sans-serif",
  serif: "Georgia, 'Times New Roman', 'Liberation Serif', serif",
  "mono-sans": "Consolas, Menlo, 'DejaVu Sans Mono', monospace",
  "mono-serif": "'Courier New', 'Liberation Mono', monospace",
  casual: "'Comic Neue', 'Comic Sans MS', 'Chalkboard SE', fantasy",
  cursive: "'Segoe Script', 'Snell Roundhand', 'URW Chancery L', cursive",
  "small-caps": "Arial, Helvetica, 'Liberation Sans', sans-serif",
  // The first is shipped (SIL OFL, fonts/); where it cannot be loaded, the others are wide and open, too.
  dyslexia: "'Captions OpenDyslexic', OpenDyslexic, 'Atkinson Hyperlegible', 'Comic Sans MS', Verdana, sans-serif",
};
/** `#` stands for a color that differs from the text's. */
const EDGES = {
  none: "none",
  raised: "0.03em 0.03em #, 0.06em 0.06em #",
  depressed: "-0.03em -0.03em #, 0.02em 0.02em #",
  uniform: "0 0 0.1em #, 0 0 0.1em #, 0.05em 0 #, -0.05em 0 #, 0 0.05em #, 0 -0.05em #",
  shadow: "0.08em 0.08em 0.12em #",
};
export const EDGE_NAMES = Object.keys(EDGES);

/** As the page has it. */
export const DEFAULT_SETTINGS = Object.freeze({
  font: "", size: 100,
  textColor: "", textOpacity: 100,
  backgroundColor: "", backgroundOpacity: 100,
  windowColor: "", windowOpacity: 100,
  edge: "", language: "",
});
/** Invisible text is nobody's wish; the way back could not be read. */
export const TEXT_OPACITIES = OPACITIES.filter((percent) => percent >= 25);

const oneOf = (values) => (value) => values.includes(value);
const color = oneOf(["", ...Object.keys(COLORS)]);
const ALLOWED = {
  font: oneOf(["", ...Object.keys(FONTS)]),
  size: oneOf(SIZES),
  textColor: color,
  textOpacity: oneOf(TEXT_OPACITIES),
  backgroundColor: color,
  backgroundOpacity: oneOf(OPACITIES),
  windowColor: color,
  windowOpacity: oneOf(OPACITIES),
  edge: oneOf(["", ...EDGE_NAMES]),
  language: (value) => typeof value === "string" && /^(?:|[a-z]{2,8})$/.test(value),
};

/** Settings out of whatever was stored or set: what is not allowed is as if it were not there. */
export function readSettings(value) {
  const settings = { ...DEFAULT_SETTINGS };
  if (value === null || typeof value !== "object") return settings;
  for (const [name, allowed] of Object.entries(ALLOWED)) {
    if (Object.hasOwn(value, name) && allowed(value[name])) settings[name] = value[name];
  }
  return settings;
}

/** The next size up (`step` 1) or down (-1). */
export function nextSize(size, step) {
  return SIZES[Math.min(Math.max(SIZES.indexOf(size) + step, 0), SIZES.length - 1)];
}

/** Whether a color or an opacity is the viewer's: colors that were chosen to go with the page's give way then. */
export function ownColors(settings) {
  return ["textColor", "backgroundColor", "windowColor"].some((name) => settings[name] !== "");
}

/**
 * The settings as custom properties of the style sheet, {name: value}; only from the tables above, so nothing that was
 * stored becomes CSS.
 */
export function settingsStyle(settings) {
  const style = {};
  const set = (name, value) => {
    style[`--_u-${name}`] = value;
  };
  if (settings.font) set("font", FONTS[settings.font]);
  if (settings.font === "small-caps") set("caps", "small-caps");
  if (settings.size !== 100) set("scale", String(settings.size / 100));
  for (const [name, part] of [["text", "fg"], ["background", "back"], ["window", "bg"]]) {
    const chosen = settings[`${name}Color`];
    const opacity = settings[`${name}Opacity`];
    if (chosen) set(part, COLORS[chosen]);
    if (opacity !== 100) set(`${part}-alpha`, `${opacity}%`);
  }
  if (settings.edge) {
    const text = settings.textColor ? luminance(parseColor(COLORS[settings.textColor])) : null;
    const differs = text === null ? "var(--_solid-bg)" : text > 0.18 ? "#000000" : "#ffffff";
    set("edge", EDGES[settings.edge].replaceAll("#", differs));
  }
  return style;
}

/** "rgb(0 0 0 / 0.5)", "rgba(…)", "color(srgb …)" or "#rrggbb" -> {r, g, b, a}, each 0 to 1; null for anything else. */
export function parseColor(css) {
  const hex = /^#([0-9a-f]{6})$/i.exec(css);
  if (hex) {
    const [r, g, b] = [0, 2, 4].map((at) => parseInt(hex[1].slice(at, at + 2), 16) / 255);
    return { r, g, b, a: 1 };
  }
  const call = /^(rgba?|color)\((?:srgb )?([^)]*)\)$/.exec(css);
  if (!call || (call[1] === "color" && !css.startsWith("color(srgb "))) return null;
  const number = (part) => (part.endsWith("%") ? Number(part.slice(0, -1)) / 100 : Number(part));
  const parts = call[2].split(/[\s,/]+/).filter(Boolean).map(number);
  if (parts.length < 3 || parts.some(Number.isNaN)) return null;
  const [r, g, b] = parts.slice(0, 3).map((part) => (call[1] === "color" ? part : part / 255));
  return { r, g, b, a: parts[3] ?? 1 };
}

function over(top, under) {
  const a = top.a + under.a * (1 - top.a);
  if (a === 0) return { r: 0, g: 0, b: 0, a: 0 };
  const mix = (name) => (top[name] * top.a + under[name] * under.a * (1 - top.a)) / a;
  return { r: mix("r"), g: mix("g"), b: mix("b"), a };
}

function luminance({ r, g, b }) {
  const [x, y, z] = [r, g, b].map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * x + 0.7152 * y + 0.0722 * z;
}

/**
 * The contrast of text on what lies under it, as WCAG 2.2 defines it.
 * @param {object} text  @param {object[]} layers under it, the nearest first; of parseColor
 * @returns {{ratio: number, certain: boolean}} `certain` is false where the page shows through: the ratio is then the
 * worst of all pages
 */
export function contrastOf(text, layers) {
  const ground = layers.reduce((top, under) => over(top, under), { r: 0, g: 0, b: 0, a: 0 });
  const opaque = (value) => ({ r: value, g: value, b: value, a: 1 });
  const ratio = (page) => {
    const under = over(ground, opaque(page));
    const [one, other] = [luminance(over(text, under)), luminance(under)].sort((a, b) => b - a);
    return (one + 0.05) / (other + 0.05);
  };
  const certain = ground.a > 0.99;
  // Of all that may shine through, the worst is met where the ground comes nearest to the text's own lightness.
  const pages = certain ? [0] : Array.from({ length: 17 }, (_, step) => step / 16);
  return { ratio: Math.min(...pages.map(ratio)), certain };
}
