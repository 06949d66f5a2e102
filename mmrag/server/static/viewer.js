// The page beside the answer: its picture, the cited box over it, next and previous citation, zoom.

import { pageUrl, whyNoPage } from "./api.js";
import { add, announce, baseName, fill, folderOf, h, icon, iconButton, marked, said } from "./dom.js";
import { boxOver, kindWord, openers, placeWord } from "./pages.js";

const ZOOMS = [1, 1.35, 1.8, 2.4, 3.2];
const NARROW = matchMedia("(max-width: 900px)");
const state = { spots: [], at: 0, zoom: 0, opener: null, frame: null };

const panel = () => document.getElementById("viewer");
const isModal = () => NARROW.matches;

/** Whether a page is open. */
export const viewerOpen = () => !panel().hidden;

/** Open the page of `spots[at]`; closing gives the focus back to `opener`. */
export function openViewer(spots, at, opener) {
  Object.assign(state, { spots, at, zoom: 0, opener: opener || document.activeElement });
  panel().hidden = false;
  document.getElementById("shell").classList.add("has-viewer");
  setModal();
  draw();
  panel().querySelector(".viewer-frame").focus({ preventScroll: true });
}

/** Close it. */
export function closeViewer() {
  if (!viewerOpen()) return;
  panel().hidden = true;
  panel().replaceChildren();
  document.getElementById("shell").classList.remove("has-viewer");
  setModal();
  markOpener(null);
  if (state.opener?.isConnected) state.opener.focus({ preventScroll: true });
}

/** Keys while a page is open; true where one was used. */
export function viewerKey(event) {
  if (!viewerOpen() || event.altKey || event.ctrlKey || event.metaKey) return false;
  const typing = event.target.closest?.("textarea, input, select");
  if (event.key === "Escape") closeViewer();
  else if (typing) return false;
  else if (event.key === "ArrowRight" || event.key === "]") step(1);
  else if (event.key === "ArrowLeft" || event.key === "[") step(-1);
  else if (event.key === "+" || event.key === "=") zoom(1);
  else if (event.key === "-") zoom(-1);
  else if (event.key === "0") zoom(0);
  else return false;
  return true;
}

function setModal() {
  const modal = viewerOpen() && isModal();
  const node = panel();
  for (const id of ["side", "main"]) document.getElementById(id).inert = modal;
  if (modal) {
    node.setAttribute("role", "dialog");
    node.setAttribute("aria-modal", "true");
  } else {
    node.removeAttribute("role");
    node.removeAttribute("aria-modal");
  }
}
NARROW.addEventListener("change", setModal);

function markOpener(node) {
  for (const old of document.querySelectorAll(".is-open")) old.classList.remove("is-open");
  node?.classList.add("is-open");
}

/** Mark in the answer what is open beside it, also when one walks from page to page. */
function follow(spot) {
  const button = spot.citation ? openers.get(spot.citation) : null;
  const shown = button?.isConnected ? button : spot.citation ? null : state.opener;
  markOpener(shown?.matches?.(".cite, .card, .row, .hit") ? shown : null);
  if (button?.isConnected && !isModal()) button.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const next = state.at + by;
  if (next < 0 || next >= state.spots.length) return;
  const focused = document.activeElement?.getAttribute("data-role");
  const samePage = spotKey(state.spots[next]) === spotKey(state.spots[state.at]);
  state.at = next;
  if (!samePage) state.zoom = 0;
  draw();
  const again = focused && panel().querySelector(`[data-role="${focused}"]:not(:disabled)`);
  (again || panel().querySelector(".viewer-frame")).focus({ preventScroll: true });
}

const spotKey = (spot) => `${spot.path}\n${spot.page}`;

function zoom(by) {
  const level = by === 0 ? 0 : Math.min(Math.max(state.zoom + by, 0), ZOOMS.length - 1);
  state.zoom = level;
  layOut(true);
  announce(`Zoom ${Math.round(ZOOMS[level] * 100)} per cent`);
}

/** Set the width of the sheet, load a sharper picture where needed, and bring the box into view. */
function layOut(smooth) {
  const sheet = panel().querySelector(".viewer-sheet");
  if (!sheet) return;
  sheet.style.width = `${ZOOMS[state.zoom] * 100}%`;
  panel().querySelector('[data-role="out"]').disabled = state.zoom === 0;
  panel().querySelector('[data-role="in"]').disabled = state.zoom === ZOOMS.length - 1;
  panel().querySelector(".zoom-now").textContent = `${Math.round(ZOOMS[state.zoom] * 100)} %`;
  const image = sheet.querySelector("img");
  const wanted = ZOOMS[state.zoom] > 1.4 ? 2000 : 1200;
  if (image && Number(image.dataset.width) < wanted) {
    image.dataset.width = wanted;
    image.src = pageUrl(state.spots[state.at].page_id, { width: wanted });
  }
  reveal(smooth);
}

function reveal(smooth) {
  const frame = panel().querySelector(".viewer-frame");
  const box = panel().querySelector(".box.is-now");
  if (!frame || !box) return;
  const of = frame.getBoundingClientRect();
  const at = box.getBoundingClientRect();
  frame.scrollTo({
    left: frame.scrollLeft + at.left - of.left - (of.width - at.width) / 2,
    top: frame.scrollTop + at.top - of.top - Math.max(24, (of.height - at.height) / 2.6),
    behavior: smooth && !matchMedia("(prefers-reduced-motion: reduce)").matches ? "smooth" : "auto",
  });
}

function picture(spot) {
  const where = `${baseName(spot.path)}, ${placeWord(spot)}`;
  const image = h("img", {
    src: pageUrl(spot.page_id, { width: 1200 }),
    alt: `${where}${spot.box ? ", what is cited marked by a box" : ""}`,
    data: { width: "1200" },
  });
  const sheet = h("div", { class: "viewer-sheet is-loading" }, image);
  // Boxes of the same page stay visible, so that one sees what else of it carries the answer.
  for (const [at, other] of state.spots.entries()) {
    if (other.box && spotKey(other) === spotKey(spot) && at !== state.at && other.quote !== undefined && spot.claim) sheet.append(boxOver(other.box, "box is-other"));
  }
  if (spot.box) sheet.append(boxOver(spot.box, `box is-now${spot.claim ? ` is-${spot.claim.verdict}` : ""}`));
  image.addEventListener("load", async () => {
    await image.decode().catch(() => {}); // the box comes with the page, not before it
    sheet.classList.remove("is-loading");
    reveal(false);
  });
  image.addEventListener("error", async () => {
    const error = await whyNoPage(image.getAttribute("src"));
    if (!image.isConnected) return;
    sheet.replaceWith(
      h("div", { class: "viewer-problem", role: "alert" }, icon("page"), h("p", { class: "problem-title" }, error.message), h("p", {}, error.hint), spot.quote && h("p", { class: "quiet" }, "The words that were read from it stand below.")),
    );
  });
  return sheet;
}

function draw() {
  const spot = state.spots[state.at];
  const many = state.spots.length > 1;
  const disabled = (yes) => (yes ? { disabled: true } : {});
  const noun = spot.claim ? "citation" : "page";
  fill(
    panel(),
    h(
      "header",
      { class: "viewer-head" },
      h("div", { class: "viewer-name" }, spot.label && h("b", { class: "tag" }, spot.label), h("h2", { title: folderOf(spot.path) }, h("bdi", {}, baseName(spot.path)))),
      iconButton("Close the page (Esc)", "close", closeViewer, { class: "icon-button viewer-close", "data-role": "close" }),
      h("p", { class: "viewer-place" }, placeWord(spot), spot.kind && !spot.claim && ` · ${kindWord(spot.kind)}`, spot.origin === "ocr" && " · read by OCR", !spot.box && spot.claim && " · no exact spot known"),
      h(
        "div",
        { class: "viewer-tools" },
        many &&
          h(
            "div",
            { class: "tool-group" },
            iconButton(`Previous ${noun} (←)`, "prev", () => step(-1), { "data-role": "prev", ...disabled(state.at === 0) }),
            h("span", { class: "tool-word" }, `${state.at + 1} of ${state.spots.length}`),
            iconButton(`Next ${noun} (→)`, "next", () => step(1), { "data-role": "next", ...disabled(state.at === state.spots.length - 1) }),
          ),
        h(
          "div",
          { class: "tool-group" },
          iconButton("Smaller (−)", "minus", () => zoom(-1), { "data-role": "out" }),
          h("span", { class: "tool-word zoom-now" }, "100 %"),
          iconButton("Larger (+)", "plus", () => zoom(1), { "data-role": "in" }),
          iconButton("Fit the width (0)", "fit", () => zoom(0), { "data-role": "fit" }),
        ),
      ),
    ),
    spot.stale && h("p", { class: "viewer-note" }, "This file has changed since it was read. Bring the index up to date to see what it says now."),
    spot.warning && said("p", spot.warning, { class: "viewer-note" }),
    h("div", { class: "viewer-frame", tabindex: "0", role: "group", "aria-label": "Picture of the page" }, picture(spot)),
    quoteOf(spot),
  );
  follow(spot);
  layOut(false);
  drag(panel().querySelector(".viewer-frame"));
  announce(`${baseName(spot.path)}, ${placeWord(spot)}${many ? `, ${state.at + 1} of ${state.spots.length}` : ""}`);
}

function quoteOf(spot) {
  const text = (spot.quote || "").trim();
  if (!text) return null;
  const foot = h("footer", { class: "viewer-quote" });
  if (spot.claim) add(foot, [h("span", { class: `verdict-dot is-${spot.claim.verdict}`, "aria-hidden": "true" })]);
  return add(foot, [h("div", {}, h("p", { class: "quiet" }, spot.claim ? "The page says" : "Read from this spot"), said("blockquote", marked(text, spot.question || ""), {}))]);
}

/** Move a zoomed page with the mouse, as one does a map. */
function drag(frame) {
  let from = null;
  frame.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse" || event.button !== 0) return;
    from = { x: event.clientX, y: event.clientY, left: frame.scrollLeft, top: frame.scrollTop };
    frame.setPointerCapture(event.pointerId);
    frame.classList.add("is-held");
  });
  frame.addEventListener("pointermove", (event) => {
    if (!from) return;
    frame.scrollLeft = from.left - (event.clientX - from.x);
    frame.scrollTop = from.top - (event.clientY - from.y);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    frame.addEventListener(end, () => {
      from = null;
      frame.classList.remove("is-held");
    });
  }
}
