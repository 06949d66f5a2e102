// An answer as elements: its text, each claim with its verdict in colour, sign and word, and the pages that say so.

import { baseName, count, folderOf, h, icon, marked, percent, said } from "./dom.js";
import { hitSpot, kindWord, openers, placeWord, thumbnail } from "./pages.js";
import { openViewer } from "./viewer.js";

const SIGNS = { supported: "✓", contradicted: "✗", not_found: "?" };
const WORDS = { supported: "Supported", contradicted: "Contradicted", not_found: "Not found" };
const NEAREST = 3;
const LABEL = /\[(E\d+(?:\s*,\s*E\d+)*)\]/;

/** What became of a claim: held, corrected, unsure (on the page, not shown), premise (the user's own), struck. */
export function standing(claim, answer) {
  if (claim.verdict === "supported") {
    if (answer && answer.text === null) return "unsure";
    return claim.corrects ? "corrected" : "held";
  }
  return answer && answer.text && answer.text.includes(claim.text) ? "premise" : "struck";
}

/** The claims, each correction behind the claim whose place it takes. */
export function inOrder(claims) {
  const corrections = claims.filter((claim) => claim.corrects);
  const ordered = [];
  for (const claim of claims) {
    if (claim.corrects) continue;
    ordered.push(claim, ...corrections.filter((one) => one.corrects === claim.text && !ordered.includes(one)));
  }
  return [...ordered, ...corrections.filter((one) => !ordered.includes(one))];
}

/** Every citation of an answer as the viewer takes it, in the order of the claims. */
export function spotsOf(answer) {
  const evidence = answer.evidence || [];
  const spots = [];
  for (const claim of inOrder(answer.claims || [])) {
    for (const citation of claim.citations || []) {
      if (!citation.page_id) continue;
      const hit = evidence.find((one) => one.label === citation.label) || {};
      spots.push({ ...citation, pages: hit.pages, kind: hit.kind, stale: hit.stale, origin: hit.origin, claim, citation });
    }
  }
  return spots;
}

/** Open the viewer at a citation, or at the evidence of a label. */
function show(answer, match, opener) {
  const spots = spotsOf(answer);
  const at = spots.findIndex(match);
  if (at >= 0) openViewer(spots, at, opener);
  return at >= 0;
}

function showLabel(answer, label, opener) {
  const best = ["supported", "contradicted", "not_found"].find((verdict) =>
    spotsOf(answer).some((spot) => spot.label === label && spot.claim.verdict === verdict),
  );
  if (best && show(answer, (spot) => spot.label === label && spot.claim.verdict === best, opener)) return;
  const hits = answer.evidence || [];
  const at = hits.findIndex((hit) => hit.label === label);
  if (at >= 0) openViewer(hits.map(hitSpot), at, opener);
}

function labelButton(answer, label) {
  const hit = (answer.evidence || []).find((one) => one.label === label);
  if (!hit) return h("span", { class: "cite cite-dead" }, label);
  const name = `${label}: ${baseName(hit.path)}, page ${hit.page}. Open the page`;
  return h(
    "button",
    { type: "button", class: "cite", "aria-label": name, title: `${baseName(hit.path)}, page ${hit.page}`, on: { click: (event) => showLabel(answer, label, event.currentTarget) } },
    label,
  );
}

/** A line of text: **bold**, and [E1] as buttons that open the page. */
function inline(line, answer) {
  return line.split(/(\*\*[^*]+\*\*|\[E\d+(?:\s*,\s*E\d+)*\])/).map((part) => {
    const labels = part.match(LABEL);
    if (labels && labels[0] === part) return labels[1].split(/\s*,\s*/).map((label) => labelButton(answer, label));
    if (/^\*\*[^*]+\*\*$/.test(part)) return h("strong", {}, part.slice(2, -2));
    return part;
  });
}

/** Running text: paragraphs, lists and headings; nothing else in it becomes markup of its own. */
function prose(text, answer) {
  const blocks = [];
  let list = null;
  for (const line of String(text).split("\n")) {
    const [, sign, item] = line.match(/^\s*([-*•]|\d{1,3}[.)])\s+(.*)$/) || [];
    if (item) {
      const kind = /\d/.test(sign) ? "ol" : "ul";
      if (list?.localName !== kind) blocks.push((list = h(kind, kind === "ol" ? { start: parseInt(sign, 10) } : {})));
      list.append(h("li", { dir: "auto" }, inline(item, answer)));
      continue;
    }
    list = null;
    const heading = line.match(/^\s*#{1,6}\s+(.*)$/);
    if (heading) blocks.push(h("p", { dir: "auto" }, h("strong", {}, inline(heading[1], answer))));
    else if (line.trim()) blocks.push(h("p", { dir: "auto" }, inline(line, answer)));
  }
  return blocks;
}

/** The text of an answer; where it names no page, those of what supports it stand at its end. */
export function answerText(answer) {
  let text = answer.text;
  if (!LABEL.test(text)) {
    const held = (answer.claims || []).filter((claim) => claim.verdict === "supported");
    const labels = [...new Set(held.flatMap((claim) => (claim.citations || []).map((one) => one.label)).filter(Boolean))];
    text += labels.map((label) => ` [${label}]`).join("");
  }
  return h("div", { class: `answer-text${answer.text.length < 60 ? " is-short" : ""}` }, prose(text, answer));
}

function citeButton(answer, claim, citation) {
  if (!citation.page_id) return h("span", { class: "cite cite-dead" }, citation.path ? citation.label || "page" : "not indexed any more");
  const where = `${baseName(citation.path)}, page ${citation.page}`;
  const open = (event) => show(answer, (spot) => spot.claim === claim && spot.citation === citation, event.currentTarget);
  const opener = h(
    "button",
    { type: "button", class: "cite cite-long", "aria-label": `${citation.label || "Source"}: ${where}. Open the page`, on: { click: open } },
    h("b", {}, citation.label || "•"),
    h("bdi", { class: "cite-name" }, baseName(citation.path)),
    h("span", { class: "cite-page" }, `p. ${citation.page}`),
  );
  openers.set(citation, opener);
  return opener;
}

/** Citations of a claim, each page once. */
function citeButtons(answer, claim) {
  const seen = new Set();
  const shown = (claim.citations || []).filter((one) => {
    const key = `${one.path}\n${one.page}`;
    return seen.has(key) ? false : seen.add(key);
  });
  return shown.map((one) => citeButton(answer, claim, one));
}

const TAILS = { struck: " · struck out", unsure: "On the page, not sure", corrected: "Corrected", premise: " by the page" };

/** One claim; without an answer, as it comes in while others are being checked. */
export function claimView(claim, answer = null, fresh = false) {
  const state = standing(claim, answer);
  const look = state === "unsure" ? "unsure" : claim.verdict;
  const word = state === "unsure" || state === "corrected" ? TAILS[state] : WORDS[claim.verdict] + (TAILS[state] || "");
  const text = said(state === "struck" ? "del" : "span", claim.text, { class: "claim-text" });
  const good = state === "held" || state === "corrected";
  const why = claim.reason && (!good || state === "corrected") && state !== "unsure" ? claim.reason : "";
  return h(
    "li",
    { class: `claim is-${look}${fresh ? " is-fresh" : ""}`, data: { verdict: claim.verdict, standing: state } },
    h("span", { class: "sign", "aria-hidden": "true" }, state === "unsure" ? "?" : SIGNS[claim.verdict] || "?"),
    h(
      "div",
      { class: "claim-body" },
      h("p", { class: "claim-line" }, text),
      h(
        "p",
        { class: "claim-meta" },
        h("span", { class: "verdict" }, word),
        good && h("span", { class: "chance", title: "Chance that the evidence supports it" }, percent(claim.probability)),
        answer && citeButtons(answer, claim),
        why && said("span", why, { class: "why" }),
      ),
    ),
  );
}

/** What screen readers hear of a claim. */
export const claimWords = (claim) => `${WORDS[claim.verdict]}: ${claim.text}`;

/** A page as a card that opens the viewer. */
export function pageCard(item, question, open, quotes = []) {
  const texts = quotes.length ? quotes : [item.quote || item.snippet || item.text || ""];
  return h(
    "button",
    { type: "button", class: "card", on: { click: (event) => open(event.currentTarget) }, "aria-label": `${item.label ? `${item.label}: ` : ""}${baseName(item.path)}, ${placeWord(item)}. Open the page` },
    thumbnail(item),
    h(
      "span",
      { class: "card-body" },
      h("span", { class: "card-name" }, item.label && h("b", { class: "tag" }, item.label), h("bdi", {}, baseName(item.path))),
      h("span", { class: "card-place" }, placeWord(item), item.origin === "ocr" && " · read by OCR", item.stale && h("span", { class: "stale" }, " · changed since"), item.warning && said("span", ` · ${item.warning}`, { class: "stale" })),
      texts.slice(0, 2).filter(Boolean).map((text) => said("span", marked(text, question), { class: quotes.length ? "card-quote is-quote" : "card-quote" })),
    ),
  );
}

/** The pages that an answer cites, those of supported claims first, each page once. */
function sources(answer) {
  const told = spotsOf(answer).filter((spot) => answer.text !== null || spot.claim.verdict !== "not_found");
  const order = ["supported", "contradicted", "not_found"];
  const sorted = [...told].sort((a, b) => order.indexOf(a.claim.verdict) - order.indexOf(b.claim.verdict));
  const pages = new Map();
  for (const spot of sorted) {
    const key = `${spot.path}\n${spot.page}`;
    if (!pages.has(key)) pages.set(key, { spot, quotes: [] });
    const page = pages.get(key);
    if (spot.quote && spot.quote.trim() && !page.quotes.includes(spot.quote)) page.quotes.push(spot.quote);
  }
  return [...pages.values()];
}

/** Sources of an answer, or the nearest pages of a refusal that cites nothing. */
export function sourcesView(answer) {
  const cited = sources(answer);
  if (cited.length) {
    const cards = cited.map(({ spot, quotes }) =>
      pageCard(spot, answer.question, (opener) => show(answer, (one) => one.claim === spot.claim && one.citation === spot.citation, opener), quotes),
    );
    return h("section", { class: "sources" }, h("h3", {}, cited.length > 1 ? "Sources" : "Source"), h("div", { class: "cards" }, cards));
  }
  const hits = (answer.evidence || []).filter((hit) => hit.page_id).slice(0, NEAREST);
  if (answer.text !== null || !hits.length) return null;
  const spots = hits.map(hitSpot);
  const cards = spots.map((spot, at) => pageCard(spot, answer.question, (opener) => openViewer(spots, at, opener)));
  return h("section", { class: "sources" }, h("h3", {}, "Nearest pages"), h("div", { class: "cards" }, cards));
}

/** Every page that was looked at, folded away. */
export function lookedAt(answer) {
  const hits = (answer.evidence || []).filter((hit) => hit.page_id);
  if (!hits.length) return null;
  const spots = hits.map(hitSpot);
  const rows = spots.map((spot, at) =>
    h(
      "li",
      {},
      h(
        "button",
        { type: "button", class: "row", on: { click: (event) => openViewer(spots, at, event.currentTarget) } },
        h("b", { class: "tag" }, spot.label),
        h("bdi", { class: "row-name", title: folderOf(spot.path) }, baseName(spot.path)),
        h("span", { class: "row-place" }, `${placeWord(spot)} · ${kindWord(spot.kind)}`),
      ),
    ),
  );
  return h("details", { class: "looked" }, h("summary", {}, icon("page"), `${count(hits.length, "page")} looked at`), h("ol", {}, rows));
}

/** One line: how sure, how many claims held, how long it took, what wrote it. */
export function factsView(answer) {
  const states = (answer.claims || []).map((claim) => standing(claim, answer));
  const held = states.filter((state) => state === "held" || state === "corrected").length;
  const corrected = states.filter((state) => state === "corrected").length;
  const struck = states.filter((state) => state === "struck").length - corrected;
  const models = answer.models || {};
  const parts = [
    answer.text !== null && answer.probability !== null && answer.probability !== undefined && `${percent(answer.probability)} likely to be right`,
    held > 0 && `${held} supported${corrected ? `, ${corrected} corrected` : ""}`,
    struck > 0 && `${struck} struck out`,
    Number.isFinite(answer.seconds) && `${answer.seconds.toFixed(1)} s`,
    answer.usage && `${answer.usage.prompt_tokens} + ${answer.usage.completion_tokens} tokens`,
    models.generator || models.llm,
  ].filter(Boolean);
  return h("p", { class: "facts" }, parts.flatMap((part, at) => [at ? h("i", { "aria-hidden": "true" }, "·") : null, h("span", {}, part)]));
}

/** The answer as plain text, for the clipboard. */
export function plainText(answer) {
  const lines = [answer.question, "", answer.text ?? `No answer. ${answer.reason || ""}`, ""];
  for (const { spot, quotes } of sources(answer)) {
    lines.push(`${spot.label ? `[${spot.label}] ` : ""}${baseName(spot.path)}, page ${spot.page}${quotes.length ? `: “${quotes[0]}”` : ""}`);
  }
  return lines.join("\n").trim();
}
