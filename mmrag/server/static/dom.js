// Building blocks of the page. Text of documents, models and file names only ever becomes text nodes here.

const SVG = "http://www.w3.org/2000/svg";
const FORBIDDEN = /^(on|style$|srcdoc$|innerhtml$|outerhtml$|formaction$|action$)/i;

/** An element; `on` holds listeners, `data` data attributes. Attributes that could run or load anything are refused. */
export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    } else if (name === "data") {
      for (const [key, item] of Object.entries(value)) node.dataset[key] = item;
    } else if (FORBIDDEN.test(name)) {
      throw new Error(`${name} is not set here`);
    } else if ((name === "href" && !/^#/.test(value)) || (name === "src" && !/^\/(?!\/)/.test(value))) {
      throw new Error(`${name} leads elsewhere`);
    } else if (name === "value" || name === "checked") {
      node[name] = value;
    } else {
      node.setAttribute(name === "class" ? "class" : name, value === true ? "" : String(value));
    }
  }
  return add(node, children);
}

/** Append children: nodes, strings, lists of them; nothing for null and false. */
export function add(node, children) {
  for (const child of [children].flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === "") continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return node;
}

/** Replace all children. */
export function fill(node, ...children) {
  node.replaceChildren();
  return add(node, children);
}

/** An icon of the page's sprite, hidden from screen readers. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "i");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/** A button; `label` names an icon-only one. */
export function button(text, props = {}, glyph = "") {
  return h("button", { type: "button", class: "button", ...props }, glyph && icon(glyph), text && h("span", {}, text));
}

/** A button that shows only an icon. */
export function iconButton(label, glyph, listener, props = {}) {
  return h(
    "button",
    { type: "button", class: "icon-button", "aria-label": label, title: label, on: { click: listener }, ...props },
    icon(glyph),
  );
}

/** A text written by others: its own direction, and never outside its element. */
export function said(tag, text, props = {}) {
  return h(tag, { dir: "auto", ...props }, text);
}

/** Say something to screen readers, without moving the focus. */
export function announce(text) {
  const live = document.getElementById("live");
  live.textContent = "";
  setTimeout(() => {
    live.textContent = text;
  }, 60);
}

/** The file name of a path. */
export function baseName(path) {
  return String(path ?? "").split(/[\\/]/).filter(Boolean).pop() || String(path ?? "");
}

/** The folder of a path. */
export function folderOf(path) {
  const text = String(path ?? "");
  return text.slice(0, Math.max(0, text.length - baseName(text).length - 1));
}

/** "1 page", "3 pages". */
export function count(number, one, many = `${one}s`) {
  return `${Number(number || 0).toLocaleString("en")} ${Number(number) === 1 ? one : many}`;
}

/** A chance in whole per cent; never 0 or 100, since nothing here is certain. */
export function percent(chance) {
  return `${Math.min(Math.max(Math.round(Number(chance) * 100), 1), 99)}%`;
}

/** A time span in words. */
export function span(seconds) {
  const all = Math.max(0, Math.round(Number(seconds)));
  if (all < 60) return `${all} s`;
  if (all < 3600) return `${Math.floor(all / 60)} min ${all % 60} s`;
  return `${Math.floor(all / 3600)} h ${Math.floor((all % 3600) / 60)} min`;
}

/** When something was, as a person says it. Takes ISO text or seconds since 1970. */
export function ago(when) {
  const date = typeof when === "number" ? new Date(when * 1000) : new Date(when);
  const seconds = (Date.now() - date.getTime()) / 1000;
  if (!Number.isFinite(seconds)) return "";
  if (seconds < 60) return "just now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  if (seconds < 7 * 86400) return count(Math.floor(seconds / 86400), "day") + " ago";
  return date.toLocaleDateString("en", { year: "numeric", month: "short", day: "numeric" });
}

/** Words of a question that are worth marking in a snippet: no short function words. */
function terms(question) {
  const words = String(question ?? "").toLowerCase().match(/[\p{L}\p{N}]+/gu) || [];
  const skipped = new Set(
    "the and for are was were did does what when where which who how many much with from that this have has why".split(" "),
  );
  const hangul = (word) => /\p{Script=Hangul}/u.test(word);
  const kept = words.filter((word) => !skipped.has(word) && (hangul(word) ? word.length > 1 : word.length > 2 || /\d/.test(word)));
  // Korean words carry particles, so a word is also looked for without its last syllable.
  return [...new Set(kept.flatMap((word) => (hangul(word) && word.length > 2 ? [word, word.slice(0, -1)] : [word])))];
}

/** `text` as nodes with the words of the question marked. */
export function marked(text, question) {
  const wanted = terms(question).sort((a, b) => b.length - a.length);
  const plain = String(text ?? "");
  if (!wanted.length) return [plain];
  const escaped = wanted.slice(0, 24).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const pattern = new RegExp(`(${escaped.join("|")})`, "giu");
  return plain.split(pattern).map((part, at) => (at % 2 ? h("mark", {}, part) : part));
}

/** What the page keeps in this browser; silent where storage is switched off. */
export const store = {
  get(key, fallback = "") {
    try {
      return localStorage.getItem(`mmrag.${key}`) ?? fallback;
    } catch {
      return fallback;
    }
  },
  set(key, value) {
    try {
      localStorage.setItem(`mmrag.${key}`, value);
    } catch {
      // Storage is switched off: the choice lasts as long as the page.
    }
  },
};
