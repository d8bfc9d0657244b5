/** Defines <live-captions>. Import the class from live-captions-element.js instead to define it under another name. */

import { LiveCaptions } from "./live-captions-element.js";

LiveCaptions.define();
