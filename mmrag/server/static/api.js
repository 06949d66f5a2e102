// Talks to the server: JSON, the event stream of an answer, and whether the server is there at all.

/** What went wrong, in words: `message` says what, `hint` what to do. */
export class ApiError extends Error {
  constructor(code, message, hint = "", status = 0) {
    super(message);
    this.code = code;
    this.hint = hint;
    this.status = status;
  }
}

const WORDS = {
  401: ["unauthorized", "This page may not speak to the server.", "Open the address that `mmrag serve` printed."],
  403: ["forbidden", "The server refused this address.", "Open the page by the address that `mmrag serve` printed."],
  404: ["not_found", "The server does not know this.", "It may have been deleted; reload the page."],
  410: ["source_changed", "The file has changed since it was indexed.", "Bring the index up to date, then ask again."],
  413: ["too_large", "That is too long for one question.", "Shorten it."],
  429: ["busy", "The server is answering as many questions as it can.", "Wait a moment, then ask again."],
  503: ["busy", "The server is busy.", "Wait a moment, then try again."],
};

const watchers = new Set();
let connected = true;
let retry = 0;

/** Be told "online", "offline" or "unauthorized" whenever that changes. */
export function onConnection(listener) {
  watchers.add(listener);
}

function tell(state) {
  for (const watcher of watchers) watcher(state);
}

function lost() {
  if (!connected) return;
  connected = false;
  tell("offline");
  const delays = [500, 1000, 2000, 3000, 5000];
  const knock = async () => {
    retry += 1;
    try {
      const answer = await fetch("/healthz", { cache: "no-store" });
      if (!answer.ok) throw new Error("not ready");
      connected = true;
      retry = 0;
      tell("online");
    } catch {
      setTimeout(knock, delays[Math.min(retry, delays.length - 1)]);
    }
  };
  setTimeout(knock, delays[0]);
}

async function failure(response) {
  let said = {};
  try {
    said = (await response.json()).error || {};
  } catch {
    // Not JSON: the words below must do.
  }
  const [code, message, hint] = WORDS[response.status] || ["error", `The server failed (${response.status}).`, "Try again."];
  if (response.status === 401) tell("unauthorized");
  return new ApiError(said.code || code, said.message || message, said.hint || (said.message ? "" : hint), response.status);
}

async function send(path, options = {}) {
  let response;
  try {
    response = await fetch(path, { credentials: "same-origin", cache: "no-store", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    lost();
    throw new ApiError("offline", "The server does not answer.", "Start it again with `mmrag serve`; this page reconnects by itself.");
  }
  if (!response.ok) throw await failure(response);
  return response;
}

/** GET, or another method with a JSON body; resolves to the JSON of the answer. */
export async function call(path, { method = "GET", body, signal } = {}) {
  const headers = body === undefined ? {} : { "Content-Type": "application/json" };
  const response = await send(path, { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) });
  const text = await response.text();
  return text ? JSON.parse(text) : null;
}

/** POST and read the event stream; `listener(event, data)` for each. Ends with the stream; aborting `signal` cancels. */
export async function stream(path, body, listener, signal) {
  const response = await send(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
    body: JSON.stringify(body),
    signal,
  });
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      rest += decoder.decode(value || new Uint8Array(), { stream: !done });
      const blocks = rest.split(/\r?\n\r?\n/);
      rest = done ? "" : blocks.pop();
      for (const block of blocks) hear(block, listener);
      if (done) return;
    }
  } catch (error) {
    if (error.name === "AbortError" || error instanceof ApiError) throw error;
    lost();
    throw new ApiError("offline", "The connection broke before the answer was ready.", "Ask again once the server is back.");
  }
}

function hear(block, listener) {
  let event = "message";
  const data = [];
  for (const line of block.split(/\r?\n/)) {
    if (line.startsWith("event:")) event = line.slice(6).trim();
    else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
  }
  if (data.length) listener(event, JSON.parse(data.join("\n")));
}

/** Where the picture of a page is. */
export function pageUrl(pageId, { width = 1000, thumb = false } = {}) {
  return `/api/pages/${encodeURIComponent(pageId)}.png?width=${width}&boxes=0${thumb ? "&thumb=1" : ""}`;
}

/** Why a picture did not come: an image element cannot say, so the server is asked once more. */
export async function whyNoPage(url) {
  try {
    await send(url);
    return new ApiError("error", "The picture of the page could not be shown.", "Try again.");
  } catch (error) {
    return error;
  }
}
