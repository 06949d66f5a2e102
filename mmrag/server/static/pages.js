// Pages as elements: where they stand in words, small pictures, and boxes laid over them.

import { pageUrl } from "./api.js";
import { h } from "./dom.js";

const KINDS = { page: "whole page", passage: "passage", figure: "figure", table: "table", picture: "picture", tile: "part of a picture" };

/** The button of a citation, so that the answer shows which one is open. */
export const openers = new WeakMap();

/** The kind of a region in words. */
export const kindWord = (kind) => KINDS[kind] || kind;

/** "page 2 of 8", "picture", "one page". */
export function placeWord(hit) {
  if (hit.kind === "picture" && !(hit.pages > 1)) return "picture";
  if (hit.pages > 1) return `page ${hit.page} of ${hit.pages}`;
  return hit.pages === 1 ? "one page" : `page ${hit.page}`;
}

/** A hit as the viewer takes it. */
export function hitSpot(hit) {
  const whole = hit.kind === "page" || hit.kind === "picture";
  return { ...hit, box: whole ? null : hit.box, quote: hit.snippet || hit.text || "", kind: hit.kind };
}

/** A small picture of a page with the box drawn over it. */
export function thumbnail(item, width = 240) {
  const image = h("img", { alt: "", decoding: "async" });
  const sheet = h("span", { class: "sheet" }, image);
  image.addEventListener("error", () => sheet.classList.add("is-missing"));
  image.addEventListener("load", () => {
    sheet.classList.add("is-loaded");
    if (item.box) slide(sheet, item.box);
  });
  if (item.box) sheet.append(boxOver(item.box));
  const address = pageUrl(item.page_id, { width, thumb: true });
  whenSeen(sheet, () => waiting.push({ image, address }));
  return h("span", { class: "thumb" }, sheet);
}

// A browser opens six connections to a server at most. Pictures take three of them, so that a question never waits.
const SLOTS = 3;
const waiting = [];
let loading = 0;

function next() {
  while (loading < SLOTS && waiting.length) {
    const { image, address } = waiting.shift();
    if (!image.isConnected) continue;
    loading += 1;
    const over = () => {
      loading -= 1;
      next();
    };
    image.addEventListener("load", over, { once: true });
    image.addEventListener("error", over, { once: true });
    image.src = address;
  }
}

const seen = new WeakMap();
const watch = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      watch.unobserve(target);
      seen.get(target)?.();
    }
    next();
  },
  { rootMargin: "300px" },
);

function whenSeen(node, listener) {
  seen.set(node, listener);
  watch.observe(node);
}

/** Where only part of a page is shown, show the part with the box. */
function slide(sheet, [, top, , bottom]) {
  const whole = sheet.offsetHeight;
  const seen = sheet.parentNode.clientHeight;
  if (whole - seen < 8) return;
  const shift = Math.min(Math.max(((top + bottom) / 2) * whole - seen / 2, 0), whole - seen);
  sheet.style.transform = `translateY(${(-shift / whole) * 100}%)`;
}

/** A rectangle in fractions of the page, laid over its picture. */
export function boxOver(box, className = "box") {
  const [left, top, right, bottom] = box.map((side) => Math.min(Math.max(Number(side) || 0, 0), 1));
  const mark = h("span", { class: className, "aria-hidden": "true" });
  mark.style.left = `${left * 100}%`;
  mark.style.top = `${top * 100}%`;
  mark.style.width = `${(right - left) * 100}%`;
  mark.style.height = `${(bottom - top) * 100}%`;
  return mark;
}
