// Joins the views: the address, the keys, the state of the index and of the connection, the colours.

import { call, onConnection } from "./api.js";
import { askView, focusBox, refreshEmpty, renewThreads, setAskHooks, stopAsking } from "./ask.js";
import { button, count, fill, h, store } from "./dom.js";
import { draw as drawHistory, historyView, loadHistory } from "./history.js";
import { indexView, setIndexHooks, updateIndex } from "./indexing.js";
import { searchView } from "./search.js";
import { closeViewer, viewerKey, viewerOpen } from "./viewer.js";

const POLL_BUSY = 1000;
const POLL_CALM = 15000;
const view = document.getElementById("view");
const banner = document.getElementById("banner");
let status = null;
let timer = 0;
let offline = false;

// --------------------------------------------------------------------------------------------------------- address

function route() {
  const [path, query = ""] = location.hash.replace(/^#/, "").split("?");
  const [, name = "", id = ""] = path.split("/");
  closeViewer();
  const views = { search: "Search", index: "Index", history: "History" };
  document.title = views[name] ? `${views[name]} · mmrag` : "mmrag";
  document.body.dataset.view = views[name] ? name : "ask";
  for (const link of document.querySelectorAll(".nav a")) {
    if (link.dataset.view === document.body.dataset.view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (name === "search") searchView(view, new URLSearchParams(query));
  else if (name === "index") {
    indexView(view, status);
    poll();
  } else if (name === "history") historyView(view);
  else askView(view, name === "c" ? decodeURIComponent(id) : "");
  if (!view.contains(document.activeElement)) document.getElementById("main").focus({ preventScroll: true });
  if (name !== "c") document.getElementById("main").scrollTo({ top: 0 });
  drawHistory();
}

// ----------------------------------------------------------------------------------------------- state of the index

async function poll() {
  clearTimeout(timer);
  try {
    status = await call("/api/status");
    chip();
    updateIndex(status);
    refreshEmpty();
  } catch (error) {
    updateIndex(null, error);
  }
  if (document.hidden || offline) return;
  timer = setTimeout(poll, status?.indexing?.running ? POLL_BUSY : POLL_CALM);
}

function chip() {
  const node = document.getElementById("chip-status");
  const running = status?.indexing?.running;
  const files = Object.values(status?.files || {}).reduce((sum, number) => sum + number, 0);
  const failed = status?.failed_total ?? (status?.failed || []).length;
  let text = status?.ready ? `${count(files, "file")} ready` : "Nothing indexed";
  let look = status?.ready ? "is-ready" : "";
  if (running) [text, look] = [status.indexing.total ? `Indexing ${status.indexing.done} of ${status.indexing.total}` : "Indexing…", "is-busy"];
  if (offline) [text, look] = ["Not connected", "is-off"];
  node.className = `chip-status ${look}`;
  document.getElementById("chip-text").textContent = text;
  const badge = document.getElementById("nav-badge");
  badge.hidden = !failed;
  badge.textContent = String(failed);
  badge.title = `${count(failed, "file")} could not be read`;
}

// ------------------------------------------------------------------------------------------------------- connection

onConnection((state) => {
  if (state === "unauthorized") {
    askForAddress();
    return;
  }
  offline = state === "offline";
  banner.hidden = false;
  banner.className = `banner is-${state}`;
  if (offline) {
    fill(banner, h("b", {}, "The server does not answer."), " Start it again with ", h("code", {}, "mmrag serve"), "; this page reconnects by itself.");
  } else {
    fill(banner, "Connected again.");
    setTimeout(() => {
      if (!offline) banner.hidden = true;
    }, 2500);
    poll();
    loadHistory();
    if (document.body.dataset.view === "search") route();
    else renewThreads();
  }
  chip();
});

/** The token of this browser is none, or of an earlier run: the printed address has the new one. */
function askForAddress() {
  const dialog = document.getElementById("dialog");
  if (dialog.open) return;
  const input = h("input", { id: "address", type: "text", autocomplete: "off", spellcheck: "false", placeholder: `${location.origin}/?token=…` });
  const go = (event) => {
    event.preventDefault();
    const token = input.value.match(/token=([^&\s#]+)/)?.[1] || input.value.trim();
    if (token) location.assign(`/?token=${encodeURIComponent(decodeURIComponent(token))}`);
  };
  fill(
    dialog,
    h(
      "form",
      { class: "sheet-form", on: { submit: go } },
      h("h2", { id: "dialog-title" }, "Open the page by its address"),
      h("p", {}, "The server was started anew, or this browser has not been here before. ", h("code", {}, "mmrag serve"), " prints an address with a token; open that, or paste it here."),
      h("p", { class: "field" }, h("label", { for: "address" }, "Address or token"), input),
      h("p", { class: "dialog-buttons" }, h("button", { type: "submit", class: "button is-main" }, "Open")),
    ),
  );
  dialog.setAttribute("aria-labelledby", "dialog-title");
  dialog.showModal();
}

// ------------------------------------------------------------------------------------------------------------- keys

const KEYS = [
  ["/", "Go to the question or search box"],
  ["n", "New conversation"],
  ["s", "Search"],
  ["i", "Index"],
  ["h", "History"],
  ["?", "These shortcuts"],
];
const VIEWER_KEYS = [
  ["← →", "Previous, next citation"],
  ["+ − 0", "Larger, smaller, fit the width"],
  ["Esc", "Close the page; stop the answer"],
];
const ASK_KEYS = [
  ["Enter", "Ask"],
  ["Shift Enter", "New line"],
  ["↑", "Bring back the last question (empty box)"],
];

function showKeys() {
  const dialog = document.getElementById("dialog");
  if (dialog.open) return;
  const list = (title, rows) => h("div", {}, h("h3", {}, title), h("dl", { class: "keys" }, rows.map(([keys, text]) => h("div", {}, h("dt", {}, keys.split(" ").map((key) => h("kbd", {}, key))), h("dd", {}, text)))));
  const single = h("input", { type: "checkbox", id: "single", checked: store.get("keys", "on") === "on", on: { change: () => store.set("keys", single.checked ? "on" : "off") } });
  fill(
    dialog,
    h(
      "div",
      { class: "sheet-form" },
      h("h2", { id: "dialog-title" }, "Keyboard shortcuts"),
      h("div", { class: "keys-grid" }, list("Anywhere", KEYS), h("div", {}, list("An open page", VIEWER_KEYS), list("The question box", ASK_KEYS))),
      h("p", { class: "field is-check" }, single, h("label", { for: "single" }, "Single keys move around when nothing is being typed")),
      h("p", { class: "dialog-buttons" }, button("Close", { class: "button is-main", on: { click: () => dialog.close() } })),
    ),
  );
  dialog.setAttribute("aria-labelledby", "dialog-title");
  dialog.showModal();
}

function focusField() {
  if (focusBox()) return;
  const field = document.querySelector(".search-form input[name=q]");
  if (field) field.focus();
  else location.hash = "#/";
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229 || event.defaultPrevented) return;
  if (document.getElementById("dialog").open) return;
  if (viewerKey(event)) {
    event.preventDefault();
    return;
  }
  if (event.key === "Escape" && stopAsking()) {
    event.preventDefault();
    return;
  }
  const typing = event.target.closest?.("textarea, input, select, [contenteditable]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || store.get("keys", "on") !== "on") return;
  const go = {
    "/": focusField,
    "?": showKeys,
    n: () => newConversation(),
    s: () => (location.hash = "#/search"),
    i: () => (location.hash = "#/index"),
    h: () => (location.hash = "#/history"),
  }[event.key];
  if (!go || (viewerOpen() && event.key !== "/" && event.key !== "?")) return;
  event.preventDefault();
  go();
});

function newConversation() {
  if (location.hash === "#/" || location.hash === "") route();
  else location.hash = "#/";
}

// ------------------------------------------------------------------------------------------------------------ colours

const THEMES = { "": "as the system", light: "light", dark: "dark" };

function showTheme() {
  const theme = store.get("theme");
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  document.getElementById("theme-button").setAttribute("aria-label", `Colours: ${THEMES[theme] || THEMES[""]}`);
}

document.getElementById("theme-button").addEventListener("click", () => {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const order = dark ? ["", "light", "dark"] : ["", "dark", "light"];
  store.set("theme", order[(order.indexOf(store.get("theme")) + 1) % order.length]);
  showTheme();
});
document.getElementById("keys-button").addEventListener("click", showKeys);
for (const link of document.querySelectorAll('a[href="#/"]')) {
  // A second press on "Ask" starts anew, although the address stays.
  link.addEventListener("click", (event) => {
    if (location.hash === "#/" || location.hash === "") {
      event.preventDefault();
      route();
    }
  });
}
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  document.getElementById("main").focus();
});
window.addEventListener("hashchange", route);
document.addEventListener("visibilitychange", () => !document.hidden && poll());

setAskHooks({ changed: loadHistory, status: () => status });
setIndexHooks({ refresh: poll });
showTheme();
route();
poll();
loadHistory();
