// SPDX-License-Identifier: Apache-2.0
// The page: search as you type, answers with citations, ratings.
// Everything shown is put in as text, never as markup.
"use strict";

const TYPING_MS = 120;
const HINT = /^(localhost|127\..*|\[::1\])$/.test(location.hostname)
  ? "Type to search. Nothing leaves this machine." : "Type to search.";

let asked = 0; // the newest request; older answers are dropped
let answerEvent = null;
let typing = 0; // the timer of the search to come
let shownHits = [];

async function call(path, body) {
  const reply = await send(path, body === undefined ? {} : {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  return reply.json();
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

// Offsets are bytes of UTF-8; `cited` is one range that stands out.
function highlighted(text, ranges, cited) {
  const bytes = new TextEncoder().encode(text);
  const decoder = new TextDecoder();
  const cuts = new Set([0, bytes.length, ...ranges.flat(), ...(cited || [])]);
  const parts = [];
  const inside = (range, at) => range && range[0] <= at && at < range[1];
  [...cuts].sort((a, b) => a - b).reduce((from, to) => {
    const piece = decoder.decode(bytes.subarray(from, to));
    const marked = ranges.some((range) => inside(range, from));
    const node = marked ? make("mark", {}, piece) : piece;
    parts.push(inside(cited, from) ? make("span", { className: "cited" }, node) : node);
    return to;
  });
  return parts;
}

// Only http and https become links: an address comes from a document.
function source(hit) {
  if (/^https?:\/\//i.test(hit.url || ""))
    return make("a", { href: hit.url, rel: "noreferrer" }, hit.url);
  return make("span", {}, hit.document);
}

function passage(hit, nth) {
  return make("div", { id: `hit-${nth}`, className: "passage", tabIndex: -1 },
    make("div", { className: "meta" }, hit.headings && hit.headings !== hit.title ? `${hit.headings} · ` : "",
      `score ${hit.score.toFixed(3)}`),
    make("p", {}, ...highlighted(hit.text, hit.highlights)));
}

// Passages of one document stand together, where its best one is.
function grouped(hits) {
  const groups = new Map();
  hits.forEach((hit, nth) => {
    if (!groups.has(hit.document)) groups.set(hit.document, []);
    groups.get(hit.document).push([hit, nth]);
  });
  return [...groups.values()];
}

function documentOf(group) {
  const [first] = group[0];
  return make("li", {}, make("h3", {}, first.title || first.document),
    make("div", { className: "meta" }, source(first), group.length > 1 ? ` · ${group.length} passages` : ""),
    ...group.map(([hit, nth]) => passage(hit, nth)));
}

function showHits(reply) {
  const groups = grouped(reply.hits);
  shownHits = reply.hits;
  $("found").hidden = reply.hits.length === 0;
  $("empty").hidden = reply.hits.length > 0;
  $("hint").textContent = "Nothing was found. Other words, or a search by meaning, may find more.";
  $("examples").hidden = true;
  $("results").replaceChildren(...groups.map(documentOf));
  $("took").textContent = `${reply.hits.length}, from ${groups.length} `
    + `document${groups.length === 1 ? "" : "s"}, in ${reply.took_ms} ms`
    + (reply.recall < 1 ? `, recall ${reply.recall.toFixed(3)}` : "");
  showProblem(reply.partial ? `These results are partial: ${reply.problem}` : "");
}

function showNothing() {
  shownHits = [];
  $("found").hidden = true;
  $("answer").hidden = true;
  $("empty").hidden = false;
  showProblem("");
  showExamples();
}

function wish() {
  return { query: $("query").value.trim(), mode: document.querySelector("[name=mode]:checked").value };
}

async function search() {
  const request = { ...wish(), draft: true };
  const mine = ++asked;
  if (!request.query) {
    showNothing();
    return;
  }
  try {
    const reply = await call("/v1/search", request);
    if (mine !== asked) return;
    $("answer").hidden = true; // it was about another question
    showHits(reply);
  } catch (error) {
    if (mine === asked) showProblem(error.message);
  }
}

// The cited sentence's place within its passage, if it is there.
function citedRange(citation) {
  const hit = shownHits[citation.hit];
  const range = [citation.start - hit.start, citation.end - hit.start];
  const bytes = new TextEncoder().encode(hit.text).subarray(Math.max(0, range[0]), range[1]);
  return new TextDecoder().decode(bytes) === citation.text ? range : null;
}

function showCited(citation) {
  const node = $(`hit-${citation.hit}`);
  const hit = shownHits[citation.hit];
  document.querySelectorAll("#results .shown").forEach((other) => other.classList.remove("shown"));
  node.querySelector("p").replaceChildren(...highlighted(hit.text, hit.highlights, citedRange(citation)));
  node.classList.add("shown");
  node.focus({ preventScroll: true });
  node.scrollIntoView({ block: "center" });
}

function citationLink(citation, text) {
  const open = make("a", { href: `#hit-${citation.hit}` }, text);
  open.addEventListener("click", (event) => {
    event.preventDefault();
    showCited(citation);
  });
  return open;
}

// "[1]" in an answer leads to its passage, too.
function withLinks(text, citations) {
  const known = new Map(citations.map((citation) => [`[${citation.number}]`, citation]));
  return text.split(/(\[\d+\])/).map((part) =>
    known.has(part) ? citationLink(known.get(part), part) : part);
}

// Where in its document the cited passage stands, as it is written above it.
function placeOf(citation) {
  const { headings } = shownHits[citation.hit];
  const title = citation.title || citation.document;
  return headings && headings !== title ? `${title} · ${headings}` : title;
}

function showAnswer(reply) {
  answerEvent = reply.event;
  $("answer").hidden = false;
  $("answer-text").replaceChildren(...withLinks(reply.answer, reply.citations));
  $("citations").replaceChildren(...reply.citations.map((citation) =>
    make("li", { value: citation.number }, citationLink(citation, placeOf(citation)))));
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
    if (mine === asked) showProblem(error.message);
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

// Examples are titles of documents that are there, never made up.
let examples = [];

async function findExamples() {
  const reply = await call("/v1/search", { query: "overview", mode: "hybrid", top_k: 12, per_document: 1, draft: true });
  const titles = reply.hits.map((hit) => (hit.title || "").trim());
  examples = [...new Set(titles)].filter((title) => title.length > 2 && title.length <= 60).slice(0, 3);
  if (!$("empty").hidden && !$("query").value.trim()) showExamples();
}

function tryExample(title) {
  $("query").value = title;
  $("query").focus();
  search();
}

function showExamples() {
  $("hint").textContent = stock === 0
    ? "Nothing is here yet. Give it a site, a folder or documents: see Sources." : HINT;
  $("examples").hidden = examples.length < 3 || stock === 0;
  $("examples").replaceChildren("Try: ", ...examples.map((title) => {
    const button = make("button", { type: "button", className: "example" }, title);
    button.addEventListener("click", () => tryExample(title));
    return button;
  }));
}

// Called with each status; asks for examples when there begins to be something.
let stock = null;
function stockIs(documents) {
  const before = stock;
  stock = documents;
  if (stock > 0 && examples.length < 3 && stock !== before) findExamples().catch(() => {});
  if (before === null || (before === 0) !== (stock === 0))
    if (!$("empty").hidden && !$("query").value.trim()) showExamples();
}

$("query").addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(search, TYPING_MS);
});
document.querySelectorAll("[name=mode]").forEach((node) => node.addEventListener("change", search));
$("ask").addEventListener("submit", answer);
$("up").addEventListener("click", () => rate(1));
$("down").addEventListener("click", () => rate(-1));
