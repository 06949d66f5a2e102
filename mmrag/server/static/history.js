// Conversations that are kept: the list beside the page and as a view of its own, with deletion.

import { call } from "./api.js";
import { ago, announce, button, count, fill, h, iconButton, said } from "./dom.js";
import { currentThread, forgetThread, problem } from "./ask.js";

const RECENT = 30;
let kept = null;
let failed = null;
/** The conversation that asks whether it shall be deleted, and its row: the list may be drawn anew meanwhile. */
let asking = null;

/** Ask the server for the list and draw it wherever it is shown. */
export async function loadHistory() {
  try {
    kept = await call("/api/conversations");
    failed = null;
  } catch (error) {
    failed = error;
  }
  draw();
}

/** The view with all conversations. */
export function historyView(root) {
  asking = null;
  fill(root, h("div", { class: "page history" }, h("h1", {}, "History"), h("div", { class: "history-body" }, h("p", { class: "quiet loading" }, "Opening…"))));
  if (kept) draw();
  loadHistory();
}

/** Mark the conversation that is open. */
export function draw() {
  side();
  const body = document.querySelector(".history-body");
  if (!body) return;
  if (failed && !kept) fill(body, problem(failed, loadHistory));
  else if (kept && !kept.length) {
    fill(body, h("div", { class: "empty" }, h("p", { class: "empty-title" }, "No conversations yet"), h("p", {}, "What you ask here is kept beside the index, on this machine, so that you can go on with it later."), h("a", { class: "button is-main", href: "#/" }, "Ask something")));
  } else if (kept) {
    const focused = document.activeElement;
    fill(body, h("ul", { class: "talks" }, kept.map((one) => (asking?.id === one.id ? asking.item : row(one)))));
    if (body.contains(focused)) focused.focus();
  }
}

function side() {
  const list = document.getElementById("recent");
  const here = currentThread();
  const open = location.hash.startsWith("#/c/");
  if (!kept?.length) {
    fill(list, h("li", { class: "quiet" }, kept ? "None yet." : ""));
    return;
  }
  fill(
    list,
    kept.slice(0, RECENT).map((one) => h("li", {}, said("a", one.title || "Untitled", { href: `#/c/${encodeURIComponent(one.id)}`, title: one.title || "", ...(open && one.id === here ? { "aria-current": "page" } : {}) }))),
  );
}

function row(one) {
  const item = h("li", { class: "talk" });
  const ask = () => {
    asking = { id: one.id, item };
    fill(
      item,
      said("span", `Delete “${one.title}”?`, { class: "talk-sure" }),
      button("Delete", { class: "button is-danger", on: { click: remove } }, "trash"),
      button("Keep", { on: { click: () => (show(), item.querySelector("button").focus()) } }),
    );
    item.querySelector(".is-danger").focus();
    announce(`Delete ${one.title}? Press Delete or Keep.`);
  };
  const remove = async () => {
    try {
      await call(`/api/conversations/${encodeURIComponent(one.id)}`, { method: "DELETE" });
    } catch (error) {
      if (error.status !== 404) {
        fill(item, problem(error, show));
        return;
      }
    }
    const next = item.nextElementSibling || item.previousElementSibling;
    const at = next && [...item.parentNode.children].filter((node) => node !== item).indexOf(next);
    forgetThread(one.id);
    announce("Deleted");
    await loadHistory();
    const links = document.querySelectorAll(".talk a");
    (links[at] || document.querySelector(".history-body a"))?.focus();
  };
  const show = () => {
    if (asking?.item === item) asking = null;
    fill(
      item,
      h("a", { href: `#/c/${encodeURIComponent(one.id)}` }, said("span", one.title || "Untitled", { class: "talk-title" }), h("span", { class: "talk-when" }, `${ago(one.updated)} · ${count(one.turns, "question")}`)),
      iconButton(`Delete “${one.title}”`, "trash", ask),
    );
  };
  show();
  return item;
}
