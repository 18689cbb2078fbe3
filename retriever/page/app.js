// SPDX-License-Identifier: Apache-2.0
// The page: search as you type, answers with citations, the pipeline live.
// Everything shown is put in as text, never as markup.
"use strict";

const $ = (id) => document.getElementById(id);
const TYPING_MS = 120;
const STATUS_MS = 1000;

let asked = 0; // the newest request; older answers are dropped
let answerEvent = null;
let typing = 0; // the timer of the search to come

async function call(path, body) {
  const reply = await fetch(path, body === undefined ? {} : {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const value = await reply.json();
  if (!reply.ok) throw new Error(value.error ? value.error.message : reply.status);
  return value;
}

function make(name, properties = {}, ...children) {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
}

function showProblem(text) {
  $("problem").textContent = text;
  $("problem").hidden = !text;
}

// Offsets are bytes of UTF-8.
function highlighted(text, ranges) {
  const bytes = new TextEncoder().encode(text);
  const decoder = new TextDecoder();
  const parts = [];
  let at = 0;
  for (const [start, end] of ranges) {
    parts.push(decoder.decode(bytes.subarray(at, start)));
    parts.push(make("mark", {}, decoder.decode(bytes.subarray(start, end))));
    at = end;
  }
  parts.push(decoder.decode(bytes.subarray(at)));
  return parts;
}

// Only http and https become links: an address comes from a document.
function source(hit) {
  if (/^https?:\/\//i.test(hit.url || ""))
    return make("a", { href: hit.url, rel: "noreferrer" }, hit.url);
  return make("span", {}, hit.document);
}

function showHits(reply) {
  const list = $("results");
  list.replaceChildren(...reply.hits.map((hit, nth) => make("li", { id: `hit-${nth}`, tabIndex: -1 },
    make("h3", {}, hit.title || hit.document),
    make("div", { className: "meta" }, source(hit),
      hit.headings ? ` · ${hit.headings}` : "", ` · ${hit.score.toFixed(3)}`),
    make("p", {}, ...highlighted(hit.text, hit.highlights)))));
  $("empty").hidden = reply.hits.length > 0;
  $("empty").textContent = "Nothing was found.";
  $("took").textContent = `${reply.hits.length} in ${reply.took_ms} ms`
    + (reply.recall < 1 ? `, recall ${reply.recall.toFixed(3)}` : "");
  showProblem(reply.partial ? `These results are partial: ${reply.problem}` : "");
}

function wish() {
  return { query: $("query").value.trim(), mode: document.querySelector("[name=mode]:checked").value };
}

async function search() {
  const request = { ...wish(), draft: true };
  const mine = ++asked;
  if (!request.query) {
    $("results").replaceChildren();
    $("took").textContent = "";
    $("empty").hidden = false;
    $("empty").textContent = "Type to search. Nothing leaves this machine.";
    return;
  }
  try {
    const reply = await call("/v1/search", request);
    if (mine === asked) showHits(reply);
  } catch (error) {
    if (mine === asked) showProblem(error.message);
  }
}

function showHit(nth) {
  document.querySelectorAll("#results .shown").forEach((node) => node.classList.remove("shown"));
  const node = $(`hit-${nth}`);
  node.classList.add("shown");
  node.focus();
  node.scrollIntoView({ block: "center" });
}

function showAnswer(reply) {
  answerEvent = reply.event;
  $("answer").hidden = false;
  $("answer-text").textContent = reply.answer;
  $("citations").replaceChildren(...reply.citations.map((citation) => {
    const open = make("a", { href: `#hit-${citation.hit}` }, citation.title || citation.document);
    open.addEventListener("click", (event) => {
      event.preventDefault();
      showHit(citation.hit);
    });
    return make("li", {}, open);
  }));
  for (const id of ["up", "down"]) $(id).setAttribute("aria-pressed", "false");
  $("rated").textContent = reply.generator_problem ? `the generator failed: ${reply.generator_problem}` : "";
}

async function answer(event) {
  event.preventDefault();
  clearTimeout(typing); // a search that is still to come would replace it
  const request = wish();
  const mine = ++asked;
  if (!request.query) return;
  $("answer-button").disabled = true;
  try {
    const reply = await call("/v1/answer", request);
    if (mine === asked) {
      showHits(reply);
      showAnswer(reply);
    }
  } catch (error) {
    showProblem(error.message);
  }
  $("answer-button").disabled = false;
}

async function rate(rating) {
  try {
    await call("/v1/feedback", { event: answerEvent, rating });
    $("up").setAttribute("aria-pressed", String(rating === 1));
    $("down").setAttribute("aria-pressed", String(rating === -1));
    $("rated").textContent = "Thank you, noted.";
  } catch (error) {
    $("rated").textContent = error.message;
  }
}

// The rate of each stage, from one status to the next.
const before = new Map();

function rateOf(stage, now) {
  const last = before.get(stage.stage);
  before.set(stage.stage, { inputs: stage.inputs, now });
  if (!last || now <= last.now) return 0;
  return Math.max(0, (stage.inputs - last.inputs) * 1000 / (now - last.now));
}

function duration(seconds) {
  if (!isFinite(seconds) || seconds <= 0) return "–";
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

const count = (number) => number.toLocaleString("en");

function showStatus(status) {
  const now = performance.now();
  const { documents, searchable, stages } = status;
  $("searchable").textContent =
    `searchable by words ${count(searchable.keyword)}, by meaning ${count(searchable.dense)}`;
  $("documents").replaceChildren(...Object.entries(documents).flatMap(([name, number]) =>
    [make("dt", {}, name), make("dd", {}, count(number))]));
  $("stages").replaceChildren(...stages.map((stage) => {
    const rate = rateOf(stage, now);
    const cells = [count(stage.inputs), rate.toFixed(rate < 10 ? 1 : 0), count(stage.lag),
      duration(stage.lag / rate), count(stage.rejected), count(stage.failed)];
    return make("tr", { title: stage.error || "" }, make("th", { scope: "row" }, stage.stage),
      ...cells.map((cell) => make("td", {}, cell)));
  }));
  $("sources").replaceChildren(...(status.sources || []).map((one) =>
    make("li", {}, `${one.name}: ${one.state}, ${count(one.sent || 0)} sent, ${count(one.failed || 0)} failed`)));
}

async function watch() {
  if (!document.hidden) {
    try {
      showStatus(await call("/v1/status"));
      $("offline").hidden = true;
    } catch {
      $("offline").hidden = false;
    }
  }
  setTimeout(watch, STATUS_MS);
}

$("query").addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(search, TYPING_MS);
});
document.querySelectorAll("[name=mode]").forEach((node) => node.addEventListener("change", search));
$("ask").addEventListener("submit", answer);
$("up").addEventListener("click", () => rate(1));
$("down").addEventListener("click", () => rate(-1));
watch();
