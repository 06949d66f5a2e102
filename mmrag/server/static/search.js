// Searching: pages that fit, with thumbnails, and filters by kind, path and date. Its state stands in the address.

import { call } from "./api.js";
import { announce, baseName, button, count, fill, folderOf, h, icon, marked, said } from "./dom.js";
import { hitSpot, kindWord, placeWord, thumbnail } from "./pages.js";
import { problem } from "./ask.js";
import { openViewer } from "./viewer.js";

const KINDS = ["page", "passage", "figure", "table", "picture", "tile"];
const FIELDS = ["q", "kind", "path", "since", "until"];
const STEP = 12;
const MOST = 48;
let busy = null;

/** The view for the words and filters in `params` (a URLSearchParams). */
export async function searchView(root, params) {
  const form = searchForm(params);
  const found = h("div", { class: "found", "aria-live": "off" });
  fill(root, h("div", { class: "page search" }, h("h1", {}, "Search"), form, found));
  if (!params.get("q")?.trim()) {
    fill(found, hints());
    form.elements.q.focus();
    return;
  }
  await results(found, params, STEP);
}

function searchForm(params) {
  const value = (name) => params.get(name) || "";
  const active = FIELDS.slice(1).some((name) => value(name));
  const submit = (event) => {
    event?.preventDefault();
    const next = new URLSearchParams();
    for (const name of FIELDS) if (form.elements[name].value.trim()) next.set(name, form.elements[name].value.trim());
    const address = `#/search?${next}`;
    if (location.hash === address) window.dispatchEvent(new HashChangeEvent("hashchange"));
    else location.hash = address;
  };
  const changed = () => value("q") && submit();
  const field = (label, id, control) => h("p", { class: "field" }, h("label", { for: id }, label), control);
  const input = (name, props) => h("input", { id: `f-${name}`, name, value: value(name), autocomplete: "off", ...props });
  const form = h(
    "form",
    { class: "search-form", role: "search", on: { submit } },
    h(
      "div",
      { class: "search-line" },
      icon("search"),
      input("q", { type: "search", dir: "auto", placeholder: "Words, a question, or a file name", "aria-label": "Search for", enterkeyhint: "search", maxlength: "10000", on: { keydown: (event) => (event.isComposing || event.keyCode === 229) && event.stopPropagation() } }),
      h("button", { type: "submit", class: "button is-main" }, "Search"),
    ),
    h(
      "details",
      { class: "filters", ...(active || innerWidth > 700 ? { open: true } : {}) },
      h("summary", {}, icon("options"), active ? "Filters (on)" : "Filters"),
      h(
        "div",
        { class: "filter-row" },
        field("Kind", "f-kind", h("select", { id: "f-kind", name: "kind", on: { change: changed } }, h("option", { value: "" }, "Any"), KINDS.map((kind) => h("option", { value: kind, ...(value("kind") === kind ? { selected: true } : {}) }, kindWord(kind))))),
        field("File or folder", "f-path", input("path", { type: "text", placeholder: "*.pdf, report, /invoices/", on: { change: changed } })),
        field("Changed since", "f-since", input("since", { type: "date", on: { change: changed } })),
        field("Changed until", "f-until", input("until", { type: "date", on: { change: changed } })),
        active && button("Clear", { class: "button is-quiet", on: { click: () => { location.hash = `#/search?${new URLSearchParams({ q: value("q") })}`; } } }, "close"),
      ),
    ),
  );
  return form;
}

function hints() {
  return h(
    "div",
    { class: "empty" },
    h("p", { class: "empty-title" }, "Find the page, without an answer"),
    h(
      "ul",
      {},
      h("li", {}, "Words, a question or a description of a picture: ", h("q", {}, "revenue by product line"), ", ", h("q", { lang: "ko" }, "제습기 물통 용량"), ", ", h("q", {}, "photo of a buoy on a lake")),
      h("li", {}, "Filter by kind to see only tables, figures or pictures."),
      h("li", {}, "Every hit opens at the spot that fits best."),
    ),
  );
}

/** A path filter as the server takes it: a plain word stands anywhere in the path. */
function pathGlob(text) {
  return /[*?[]/.test(text) ? text : `*${text}*`;
}

async function results(found, params, k) {
  busy?.abort();
  busy = new AbortController();
  const query = new URLSearchParams({ q: params.get("q").trim(), k: String(k) });
  for (const name of ["kind", "since", "until"]) if (params.get(name)) query.set(name, params.get(name));
  if (params.get("path")) query.set("path", pathGlob(params.get("path")));
  if (k === STEP) fill(found, h("div", { class: "hits is-waiting", "aria-hidden": "true" }, [1, 2, 3, 4].map(() => h("div", { class: "hit-ghost" }))));
  let answer;
  try {
    answer = await call(`/api/search?${query}`, { signal: busy.signal });
  } catch (error) {
    if (error.name !== "AbortError") fill(found, problem(error, () => results(found, params, k)));
    return;
  }
  const hits = answer.hits || [];
  announce(hits.length ? `${count(hits.length, "page")} found` : "Nothing found");
  if (!hits.length) {
    fill(found, nothing(params));
    return;
  }
  const spots = hits.map((hit) => ({ ...hitSpot(hit), question: answer.query }));
  const list = h("ol", { class: "hits", on: { keydown: moveBetween } }, hits.map((hit, at) => hitView(hit, answer.query, (opener) => openViewer(spots, at, opener))));
  const more = hits.length >= k && k < MOST;
  fill(
    found,
    h("p", { class: "quiet found-count" }, `${count(hits.length, "page")}, best first`),
    list,
    more && h("p", { class: "more" }, button("More pages", { on: { click: async () => { const y = hits.length; await results(found, params, k + STEP); found.querySelectorAll(".hit")[y]?.focus(); } } }, "plus")),
  );
}

function nothing(params) {
  const filtered = FIELDS.slice(1).some((name) => params.get(name));
  return h(
    "div",
    { class: "empty" },
    h("p", { class: "empty-title" }, filtered ? "No page passes these filters" : "No page fits"),
    h("p", {}, filtered ? "Take a filter away, or widen the dates." : "Try other words, or fewer of them. If the file is new, bring the index up to date."),
    h("p", {}, filtered ? button("Search without filters", { on: { click: () => { location.hash = `#/search?${new URLSearchParams({ q: params.get("q") })}`; } } }, "close") : h("a", { class: "button", href: "#/index" }, "See what is indexed")),
  );
}

function hitView(hit, query, open) {
  const more = [hit.also?.length > 0 && `${count(hit.also.length, "more spot")} on this page`, hit.also_at?.length > 0 && `also in ${count(hit.also_at.length, "other place")}`].filter(Boolean);
  const headings = (hit.headings || []).filter(Boolean);
  return h(
    "li",
    {},
    h(
      "button",
      { type: "button", class: "hit", on: { click: (event) => open(event.currentTarget) } },
      thumbnail({ ...hit, box: hit.kind === "page" || hit.kind === "picture" ? null : hit.box }, 320),
      h(
        "span",
        { class: "hit-body" },
        h("span", { class: "hit-name" }, h("bdi", {}, marked(baseName(hit.path), query))),
        h("span", { class: "hit-place" }, placeWord(hit), h("span", { class: "badge" }, kindWord(hit.kind)), hit.origin === "ocr" && h("span", { class: "badge" }, "read by OCR"), hit.stale && h("span", { class: "badge is-stale" }, "changed since it was read"), hit.warning && said("span", hit.warning, { class: "badge is-stale" })),
        headings.length > 0 && said("span", headings.join(" › "), { class: "hit-headings" }),
        said("span", marked(hit.snippet || hit.text || (hit.kind === "picture" ? "" : "No words on this spot."), query), { class: "hit-text" }),
        h("span", { class: "hit-folder" }, h("bdi", {}, folderOf(hit.path)), more.length > 0 && ` · ${more.join(" · ")}`),
      ),
    ),
  );
}

/** Arrow keys move between the hits. */
function moveBetween(event) {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!by) return;
  const all = [...event.currentTarget.querySelectorAll(".hit")];
  const next = all[all.indexOf(document.activeElement) + by];
  if (next) {
    event.preventDefault();
    next.focus();
  }
}
