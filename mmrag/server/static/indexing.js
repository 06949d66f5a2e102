// The state of the index: counts, progress while it is brought up to date, and what could not be read and why.

import { call } from "./api.js";
import { announce, baseName, button, count, fill, folderOf, h, said, span } from "./dom.js";
import { problem } from "./ask.js";

const STATES = {
  locked: ["Locked", "Give its password in a terminal: mmrag index --password-file FILE", true],
  damaged: ["Damaged", "Broken, cut off or empty. Save or download it again."],
  too_large: ["Too large", "Over a limit that protects this machine. Part it, or save a smaller copy."],
  unsupported: ["Not supported", "Not a kind of file that is read here."],
  failed: ["Failed", "Press “Try these again”."],
};
let last = null;
let act = { refresh() {} };

/** `refresh` is called when the state on the server has been changed from here. */
export function setIndexHooks(given) {
  act = { ...act, ...given };
}

/** The view; `status` is the latest state or null. */
export function indexView(root, status) {
  last = null;
  fill(root, h("div", { class: "page index" }, h("h1", {}, "Index"), h("div", { class: "index-body" }, h("p", { class: "quiet loading" }, "Asking the server…"))));
  if (status) updateIndex(status);
}

/** Draw a new state where the view is open. */
export function updateIndex(status, error = null) {
  const body = document.querySelector(".index-body");
  if (!body) return;
  if (error) {
    if (!last) fill(body, problem(error, act.refresh));
    return;
  }
  const running = Boolean(status.indexing?.running);
  // While it runs only the bar moves, so that focus and reading position stay.
  if (last && last.running && running && body.querySelector(".progress")) {
    progressText(body.querySelector(".progress"), status.indexing);
    counts(body.querySelector(".counts"), status);
    return;
  }
  const key = JSON.stringify(status);
  if (last?.key === key) return;
  if (last?.running && !running) announce("The index is up to date");
  last = { running, key };
  fill(body, lead(status, running), counts(h("dl", { class: "counts" }), status), troubles(status), details(status));
}

const total = (files) => Object.values(files || {}).reduce((sum, number) => sum + Number(number), 0);

function lead(status, running) {
  const failed = status.failed_total ?? (status.failed || []).length;
  if (running) {
    const bar = h("div", { class: "progress" });
    progressText(bar, status.indexing);
    return h("section", { class: "state" }, h("p", { class: "state-word is-busy" }, h("span", { class: "dot", "aria-hidden": "true" }), "Bringing the index up to date"), bar, button("Stop", { on: { click: () => press("/api/index/stop") } }, "stop"), h("p", { class: "quiet" }, "What is done stays; you can ask while it runs."));
  }
  if (!status.ready || !total(status.files)) {
    return h("section", { class: "state" }, h("p", { class: "state-word" }, h("span", { class: "dot", "aria-hidden": "true" }), "Nothing is indexed yet"), h("p", {}, "In a terminal, give it a folder. PDF, pictures, scans, Office and text files are read where they lie:"), h("pre", {}, "mmrag index ~/Documents"), (status.roots || []).length > 0 && update());
  }
  return h(
    "section",
    { class: "state" },
    h("p", { class: "state-word is-ready" }, h("span", { class: "dot", "aria-hidden": "true" }), failed ? `Ready; ${count(failed, "file")} could not be read` : "Ready"),
    outcome(status.indexing),
    update(),
    h("p", { class: "quiet" }, "Reads what is new or has changed, and takes out what was deleted."),
  );
}

/** How the last run ended. */
function outcome(run) {
  if (!run) return null;
  if (run.error) return h("div", { class: "note" }, said("p", run.error.message || "The last update failed."), run.error.hint && said("p", run.error.hint));
  if (run.stopped) return h("p", { class: "quiet" }, "The last update was stopped; what it had read stays.");
  if (!run.report) return null;
  const words = ["added", "updated", "moved", "removed"].filter((name) => run.report[name]).map((name) => `${run.report[name].toLocaleString("en")} ${name}`);
  return h("p", { class: "quiet" }, `Last update: ${words.join(", ") || "nothing had changed"}, in ${span(run.report.seconds)}.`, (run.report.notes || []).map((note) => said("span", ` ${note}`)));
}

const update = () => button("Update now", { class: "button is-main", on: { click: () => press("/api/index") } }, "refresh");

async function press(path, body = {}) {
  try {
    await call(path, { method: "POST", body });
    announce(path.endsWith("stop") ? "Stopping" : "Started");
  } catch (error) {
    const state = document.querySelector(".index-body .state");
    state?.querySelector(".problem")?.remove();
    state?.append(problem(error));
  }
  act.refresh();
}

function progressText(node, { done, total: all, current, seconds_left: left, unit, stopping }) {
  const known = Number(all) > 0;
  if (!node.firstChild) {
    node.append(h("progress", { "aria-label": "Files looked at" }), h("p", { class: "progress-line" }, h("b", {}), h("span", {})), h("p", { class: "progress-file" }));
  }
  const bar = node.querySelector("progress");
  if (known) {
    bar.max = Number(all);
    bar.value = Number(done || 0);
  } else {
    bar.removeAttribute("value");
  }
  node.querySelector("b").textContent = known ? `${Number(done || 0).toLocaleString("en")} of ${unit === "pages" ? count(all, "page") + " read by OCR" : count(all, "file")}` : "Looking through the folders…";
  node.querySelector("span").textContent = stopping ? "stopping…" : known && Number.isFinite(left) ? `about ${span(left)} left` : "";
  node.querySelector(".progress-file").textContent = current ? baseName(current) : "";
}

function counts(node, status) {
  const cells = [
    [total(status.files), "Files"],
    [status.pages, "Pages"],
    [status.regions, "Regions", "Rectangles of pages that can be found and cited"],
    [status.pending_ocr, "Pages waiting for OCR", "Scanned pages whose words are not read yet"],
  ];
  return fill(
    node,
    cells.map(([number, word, title]) => h("div", title ? { title } : {}, h("dt", {}, word), h("dd", {}, Number(number || 0).toLocaleString("en")))),
  );
}

function troubles(status) {
  const failed = status.failed || [];
  if (!failed.length) return null;
  const rows = failed.map((file) => {
    const [word, told, always] = STATES[file.state] || [file.state, ""];
    // What a reader says of a file mostly says what to do, too.
    const hint = always || !file.reason ? told : "";
    const reason = file.reason && file.reason.charAt(0).toUpperCase() + file.reason.slice(1);
    return h(
      "li",
      { class: "trouble" },
      h("p", { class: "trouble-name" }, h("bdi", {}, baseName(file.path)), h("span", { class: "badge is-bad" }, word)),
      h("p", { class: "trouble-folder" }, h("bdi", {}, folderOf(file.path))),
      reason && said("p", reason, { class: "trouble-why" }),
      hint && h("p", { class: "quiet" }, hint),
    );
  });
  const more = Number(status.failed_total || 0) - failed.length;
  return h(
    "section",
    { class: "troubles" },
    h("div", { class: "troubles-head" }, h("h2", {}, "Could not be read"), !status.indexing?.running && button("Try these again", { on: { click: () => press("/api/index", { retry_failed: true }) } }, "refresh")),
    h("ul", {}, rows),
    more > 0 && h("p", { class: "quiet" }, `And ${count(more, "more file")}; mmrag status lists all.`),
  );
}

function details(status) {
  const row = (name, value) => value && [h("dt", {}, name), h("dd", {}, value)];
  const models = Object.entries(status.models || {}).map(([space, name]) => h("span", { class: "pair" }, h("i", {}, space), h("bdi", {}, typeof name === "string" ? name : JSON.stringify(name))));
  const roots = (status.roots || []).map((root) => h("span", { class: "pair" }, h("bdi", {}, typeof root === "string" ? root : root.path), root.files !== undefined && h("i", {}, count(root.files, "file"))));
  const states = Object.entries(status.files || {}).map(([state, number]) => h("span", { class: "pair" }, h("i", {}, state.replace("_", " ")), Number(number).toLocaleString("en")));
  return h(
    "section",
    { class: "details" },
    h("h2", {}, "Details"),
    h("dl", { class: "facts-list" }, row("Folders", roots.length && roots), row("States", states.length && states), row("Profile", status.profile), row("Models", models.length && models), row("Index", status.index && h("bdi", {}, status.index)), row("Version", status.version)),
  );
}
