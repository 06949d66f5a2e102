// Asking: the box to type in, the steps while an answer is made, each claim once it is checked, then the answer.

import { ApiError, call, stream } from "./api.js";
import { answerText, claimView, claimWords, factsView, inOrder, lookedAt, plainText, sourcesView, spotsOf } from "./answers.js";
import { announce, button, count, fill, h, icon, iconButton, said, store } from "./dom.js";
import { thumbnail } from "./pages.js";
import { openViewer } from "./viewer.js";

const STAGES = [
  ["search", "Search"],
  ["read", "Read"],
  ["draft", "Draft"],
  ["verify", "Verify"],
];
const ALIASES = { searching: "search", reading: "read", answering: "draft", drafting: "draft", checking: "verify", claim: "verify" };
const LEGEND = [
  ["supported", "✓", "Supported", "the page says so, and you can open it at the spot"],
  ["contradicted", "✗", "Contradicted", "the page says something else, which is shown"],
  ["not_found", "?", "Not found", "no page says so: the statement is struck out"],
];
const RISKS = [
  ["", "40 % (usual)"],
  ["0.1", "10 % (strict)"],
  ["0.25", "25 %"],
  ["0.6", "60 %"],
  ["0.8", "80 % (show nearly all)"],
];
const threads = new Map();
let turnCount = 0;

/** One conversation: its turns, its place on the page, and the question that is being answered. */
class Thread {
  constructor(id = null) {
    this.id = id;
    this.turns = h("div", { class: "turns" });
    this.running = null;
    this.length = 0;
  }

  get isEmpty() {
    return this.length === 0;
  }
}

let shown = new Thread();
let parts = null;
let hooks = { changed() {}, status: () => null };

/** `changed` is called when the list of conversations has; `status` gives the latest state of the index. */
export function setAskHooks(given) {
  hooks = { ...hooks, ...given };
}

/** The view of a conversation; without an id a new one. */
export async function askView(root, id) {
  build(root);
  if (!id) {
    if (shown.id || shown.running || !shown.isEmpty) shown = new Thread();
    mount();
    focusBox();
    return;
  }
  if (shown.id === id && !shown.isEmpty) {
    mount();
    return;
  }
  shown = threads.get(id) || new Thread(id);
  mount();
  if (!shown.isEmpty) return;
  const mine = shown;
  fill(mine.turns, h("p", { class: "quiet loading" }, "Opening the conversation…"));
  parts.view.classList.remove("is-empty");
  try {
    const kept = await call(`/api/conversations/${encodeURIComponent(id)}`);
    fill(mine.turns);
    for (const turn of kept.turns || []) addTurn(mine, turn.question).done(turn.answer);
    threads.set(id, mine);
  } catch (error) {
    fill(mine.turns, problem(error, () => askView(root, id)));
  }
  if (mine === shown) {
    mount();
    root.closest(".main").scrollTo({ top: parts.scroll.scrollHeight });
  }
}

/** Put the cursor into the box; `text` replaces what is in it. */
export function focusBox(text) {
  if (!parts?.box.isConnected) return false;
  if (text !== undefined) {
    parts.box.value = text;
    grow();
  }
  parts.box.focus({ preventScroll: true });
  return true;
}

/** Stop the answer that is being made in the conversation shown; true where there was one. */
export function stopAsking() {
  if (!shown.running || !parts?.box.isConnected) return false;
  shown.running.abort();
  return true;
}

/** After the server was started anew its page pictures have new names: open what is shown again. */
export function renewThreads() {
  threads.clear();
  if (!parts?.box.isConnected || !shown.id || shown.running) return;
  const { id } = shown;
  shown = new Thread();
  askView(parts.view.parentNode, id);
}

/** Forget a conversation that was deleted. */
export function forgetThread(id) {
  threads.delete(id);
  if (shown.id === id) shown = new Thread();
}

/** Draw again what depends on the state of the index. */
export function refreshEmpty() {
  if (!parts?.view.isConnected || !shown.isEmpty) return;
  const { ready, files, pages, indexing } = hooks.status() || {};
  const key = JSON.stringify([ready, files, pages, indexing?.running]);
  if (parts.welcome.dataset.state === key) return; // what has the focus keeps it
  fill(parts.welcome, welcome());
  parts.welcome.dataset.state = key;
}

// ------------------------------------------------------------------------------------------------ the view and box

function build(root) {
  const box = h("textarea", {
    id: "question",
    rows: "1",
    dir: "auto",
    maxlength: "20000",
    placeholder: "Ask about your documents…",
    "aria-label": "Your question",
    autocomplete: "off",
    enterkeyhint: "send",
    on: { keydown: onKey, input: grow },
  });
  box.value = parts?.box.value || "";
  const submit = h("button", { type: "submit", class: "send", "aria-label": "Ask (Enter)", title: "Ask (Enter)" }, icon("send"));
  const form = h(
    "form",
    { class: "composer", "aria-label": "Ask a question", on: { submit: (event) => (event.preventDefault(), shown.running ? stopAsking() : ask()) } },
    h("div", { class: "composer-box" }, box, h("div", { class: "composer-bar" }, options(), h("span", { class: "composer-hint" }, h("kbd", {}, "Enter"), " asks, ", h("kbd", {}, "Shift"), "+", h("kbd", {}, "Enter"), " new line"), submit)),
  );
  const greeting = h("div", { class: "welcome" });
  const scroll = h("div", { class: "thread" });
  const view = h("div", { class: "ask" }, h("h1", { class: "sr" }, "Ask"), greeting, scroll, form);
  parts = { view, box, submit, form, scroll, welcome: greeting };
  fill(root, view);
}

function options() {
  const pick = (id, label, choices, key) => {
    const select = h(
      "select",
      { id, on: { change: () => store.set(key, select.value) } },
      choices.map(([value, text]) => h("option", { value, ...(store.get(key) === value ? { selected: true } : {}) }, text)),
    );
    return h("p", { class: "field" }, h("label", { for: id }, label), select);
  };
  const pages = ["", "4", "16", "32"].map((value) => [value, value || "8 (usual)"]);
  const box = h(
    "details",
    { class: "options", on: { keydown: (event) => event.key === "Escape" && box.open && (event.stopPropagation(), (box.open = false), box.firstChild.focus()) } },
    h("summary", { "aria-label": "Options", title: "Options" }, icon("options")),
    h("div", { class: "options-panel" }, pick("opt-k", "Pages to read", pages, "k"), pick("opt-risk", "Show an answer that may be wrong up to", RISKS, "risk")),
  );
  box.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !box.contains(event.relatedTarget)) box.open = false;
  });
  return box;
}

function onKey(event) {
  // While a Korean syllable is being put together, Enter belongs to the input method.
  if (event.isComposing || event.keyCode === 229) return;
  if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
    event.preventDefault();
    if (!shown.running) ask();
  } else if (event.key === "ArrowUp" && !parts.box.value) {
    const last = shown.turns.querySelector(".turn:last-child .question");
    if (last) focusBox(last.textContent);
  }
}

function grow() {
  const { box } = parts;
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight, 220)}px`;
}

function mount() {
  fill(parts.scroll, shown.turns);
  parts.view.classList.toggle("is-empty", shown.isEmpty);
  const first = shown.turns.querySelector(".question")?.textContent;
  document.title = first ? `${first.slice(0, 60)} · mmrag` : "mmrag";
  fill(parts.welcome, shown.isEmpty ? welcome() : null);
  running();
  grow();
}

function running() {
  const busy = Boolean(shown.running);
  const label = busy ? "Stop (Esc)" : "Ask (Enter)";
  fill(parts.submit, icon(busy ? "stop" : "send"));
  parts.submit.setAttribute("aria-label", label);
  parts.submit.title = label;
  parts.submit.classList.toggle("is-stop", busy);
  parts.box.placeholder = shown.isEmpty ? "Ask about your documents…" : "Ask a follow-up…";
}

function welcome() {
  const status = hooks.status();
  const empty = status && !status.ready && !status.indexing?.running;
  const files = status ? Object.values(status.files || {}).reduce((sum, number) => sum + number, 0) : 0;
  return [
    h("h2", {}, "Ask your documents"),
    h("p", { class: "lead" }, "Every statement of an answer is checked against the page before you see it."),
    empty
      ? h("div", { class: "notice" }, h("p", { class: "problem-title" }, "Nothing is indexed yet"), h("p", {}, "In a terminal, give it a folder, then come back:"), h("pre", {}, "mmrag index ~/Documents"))
      : h(
          "ul",
          { class: "legend", "aria-label": "What the marks mean" },
          LEGEND.map(([verdict, sign, word, text]) => h("li", { class: `is-${verdict}` }, h("span", { class: "sign", "aria-hidden": "true" }, sign), h("span", {}, h("b", {}, word), ` ${text}`))),
        ),
    status?.ready && h("p", { class: "quiet scope" }, `Looks into ${count(files, "file")}, ${count(status.pages, "page")}. `, h("a", { href: "#/index" }, "What is indexed?")),
  ];
}

// --------------------------------------------------------------------------------------------------------- one turn

function addTurn(thread, question) {
  if (thread.isEmpty) fill(thread.turns);
  thread.length += 1;
  turnCount += 1;
  const turn = new Turn(thread, question, `q${turnCount}`);
  thread.turns.append(turn.node);
  return turn;
}

/** A question with what is known of its answer so far. */
class Turn {
  constructor(thread, question, id) {
    this.thread = thread;
    this.question = question;
    this.stage = 0;
    this.claims = h("ol", { class: "claims", "aria-label": "Statements checked so far" });
    this.live = h("div", { class: "making" });
    this.body = h("div", { class: "turn-body" });
    this.node = h("article", { class: "turn", "aria-labelledby": id }, said("h2", question, { class: "question", id }), this.body);
  }

  /** Show the steps, before the server has said a word. */
  begin() {
    this.steps = h(
      "ol",
      { class: "steps", "aria-label": "Progress" },
      STAGES.map(([key, word]) => h("li", { data: { stage: key } }, h("span", { class: "step-dot", "aria-hidden": "true" }), word)),
    );
    this.message = h("p", { class: "step-message" }, "Searching your documents…");
    this.pages = h("div", { class: "glance" });
    fill(this.live, this.steps, this.message, this.pages);
    fill(this.body, this.live, this.claims);
    this.step("search");
  }

  step(name, message) {
    const key = ALIASES[name] || name;
    const at = STAGES.findIndex(([stage]) => stage === key);
    if (at < 0) return;
    this.stage = Math.max(this.stage, at);
    for (const [index, item] of [...this.steps.children].entries()) {
      item.classList.toggle("is-done", index < this.stage);
      item.classList.toggle("is-now", index === this.stage);
      if (index === this.stage) item.setAttribute("aria-current", "step");
      else item.removeAttribute("aria-current");
    }
    if (message) {
      this.message.textContent = message;
      announce(message);
    }
  }

  evidence(hits) {
    const seen = hits.filter((hit) => hit.page_id).slice(0, 8);
    fill(
      this.pages,
      seen.map((hit) => h("span", { class: "glance-page" }, thumbnail({ ...hit, box: null }, 160))),
    );
    this.step("read", `Reading ${count(hits.length, "page")}…`);
  }

  claim(claim) {
    this.step("verify");
    this.claims.append(claimView(claim, null, true));
    const number = this.claims.children.length;
    this.message.textContent = `${count(number, "statement")} checked…`;
    announce(claimWords(claim));
  }

  done(answer) {
    if (!answer) {
      fill(this.body, h("p", { class: "quiet" }, "This turn was not kept."));
      return;
    }
    const understood = answer.question && answer.question.trim() !== this.question.trim() && said("p", `Understood as: ${answer.question}`, { class: "understood" });
    const claims = inOrder(answer.claims || []);
    const unsure = answer.text === null && claims.some((claim) => claim.verdict === "supported");
    const heading = unsure ? "On the page, but perhaps not the answer" : "Checked against the page";
    fill(
      this.body,
      understood,
      (answer.dropped || []).map((line) => said("p", line, { class: "note" })),
      answer.unsaved && said("p", answer.unsaved, { class: "note" }),
      answer.text === null ? refusal(answer) : answerText(answer),
      answer.text !== null && answer.reason && claims.every((claim) => claim.verdict === "supported") && said("p", answer.reason, { class: "note" }),
      claims.length > 0 && h("section", { class: "checked" }, h("h3", {}, heading), h("ol", { class: "claims" }, claims.map((claim) => claimView(claim, answer)))),
      sourcesView(answer),
      h("div", { class: "turn-foot" }, factsView(answer), tools(this, answer)),
      lookedAt(answer),
    );
  }

  stopped() {
    fill(this.body, h("p", { class: "stopped" }, "Stopped. ", again(this)), this.claims.children.length > 0 && this.claims);
  }

  failed(error) {
    const checked = this.claims.children.length > 0;
    fill(this.body, problem(error, () => ask(this.question, this)), checked && this.claims);
  }
}

function refusal(answer) {
  const reason = (answer.reason || "The pages found do not state it").trim();
  const sentence = reason.charAt(0).toUpperCase() + reason.slice(1) + (/[.!?。]$/.test(reason) ? "" : ".");
  const found = (answer.claims || []).some((claim) => claim.verdict === "supported");
  const next = found
    ? "What was found stands below. How much may be wrong is yours to set: in the options beside the box."
    : "Rather nothing than something the pages do not carry. What comes nearest stands below.";
  return h("div", { class: "refusal" }, h("p", { class: "refusal-title" }, "No answer"), said("p", sentence), h("p", { class: "quiet" }, next));
}

function tools(turn, answer) {
  const spots = spotsOf(answer);
  const copy = iconButton("Copy the answer and its sources", "copy", async () => {
    try {
      await navigator.clipboard.writeText(plainText(answer));
      announce("Copied");
      copy.classList.add("is-done");
      setTimeout(() => copy.classList.remove("is-done"), 1200);
    } catch {
      announce("The browser does not allow copying here");
    }
  });
  return h(
    "div",
    { class: "turn-tools" },
    spots.length > 0 && button(count(spots.length, "citation"), { class: "button is-quiet", on: { click: (event) => openViewer(spots, 0, event.currentTarget) } }, "page"),
    copy,
    iconButton("Search the pages for this", "search", () => {
      location.hash = `#/search?q=${encodeURIComponent(answer.question || turn.question)}`;
    }),
    turn.thread.turns.lastChild === turn.node && iconButton("Ask it again", "refresh", () => ask(turn.question)),
  );
}

const again = (turn) => button("Ask again", { class: "button is-quiet", on: { click: () => ask(turn.question, turn) } }, "refresh");

/** An error in words, with what to do and a way to try again. */
export function problem(error, retry) {
  return h(
    "div",
    { class: "problem", role: "alert" },
    said("p", error.message || "Something went wrong.", { class: "problem-title" }),
    error.hint && said("p", error.hint),
    retry && button("Try again", { on: { click: retry } }, "refresh"),
  );
}

// -------------------------------------------------------------------------------------------------------- asking

/** Ask what is in the box, or `question`; `replaced` is a turn that failed and gives way to the new one. */
async function ask(question, replaced) {
  const typed = question === undefined;
  const text = (typed ? parts.box.value : question).trim();
  const thread = replaced ? replaced.thread : shown;
  if (!text || thread.running) return;
  if (typed) {
    parts.box.value = "";
    grow();
    if (matchMedia("(pointer: coarse)").matches) parts.box.blur(); // a phone's keyboard would hide the answer
  }
  if (replaced) {
    replaced.node.remove();
    thread.length -= 1;
  }
  const turn = addTurn(thread, text);
  turn.begin();
  const control = new AbortController();
  thread.running = control;
  if (thread === shown) mount();
  requestAnimationFrame(() => turn.node.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" }));
  try {
    await listen(thread, turn, text, control.signal);
  } catch (error) {
    if (error.name === "AbortError") {
      turn.stopped();
      announce("Stopped");
    } else {
      turn.failed(error);
    }
  } finally {
    thread.running = null;
    if (thread === shown && parts.box.isConnected) running();
  }
}

async function listen(thread, turn, question, signal) {
  let answer = null;
  const risk = store.get("risk");
  const pages = store.get("k");
  const body = { question, conversation: thread.id, ...(pages ? { k: Number(pages) } : {}), ...(risk ? { max_risk: Number(risk) } : {}) };
  await stream(
    "/api/ask",
    body,
    (event, data) => {
      if (event === "progress") turn.step(data.stage, data.message);
      else if (event === "evidence") turn.evidence(data.hits || []);
      else if (event === "claim") turn.claim(data.claim && typeof data.claim === "object" ? data.claim : data);
      else if (event === "answer") answer = data;
      else if (event === "error") {
        const error = data.error || data;
        throw new ApiError(error.code, error.message, error.hint);
      }
    },
    signal,
  );
  if (!answer) throw new ApiError("cut_off", "The server ended before the answer was ready.", "Ask again.");
  turn.done(answer);
  announce(answer.text === null ? `No answer. ${answer.reason || ""}` : `Answer: ${answer.text}`);
  if (answer.conversation && !thread.id) {
    thread.id = answer.conversation;
    threads.set(thread.id, thread);
    if (thread === shown && parts.box.isConnected) history.replaceState(null, "", `#/c/${encodeURIComponent(thread.id)}`);
  }
  hooks.changed();
}

/** The id of the conversation shown, for the list beside it. */
export const currentThread = () => shown.id;

