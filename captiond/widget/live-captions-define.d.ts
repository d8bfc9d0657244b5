export { LiveCaptions } from "./live-captions-element.js";
