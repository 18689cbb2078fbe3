// SPDX-License-Identifier: Apache-2.0
// The pipeline, live: /v1/status once a second; reasons of rejections and dead
// letters when their numbers change.  Nodes are kept, so that what is open or
// has the focus stays so.
"use strict";

const STATUS_MS = 1000;
const RATE_MS = 10000; // rates are of the last ten seconds
const DEAD_SHOWN = 5;

const count = (number) => (number || 0).toLocaleString("en");
const plural = (number, word) => `${count(number)} ${word}${number === 1 ? "" : "s"}`;

function duration(seconds) {
  if (!isFinite(seconds)) return "–";
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return seconds < 129600 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86400)} d`;
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// Makes the children of `parent` one a key, in order, and gives them.
function keyed(parent, keys, create) {
  const old = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  const nodes = keys.map((key) => {
    const node = old.get(key) || create(key);
    node.dataset.key = key;
    old.delete(key);
    return node;
  });
  old.forEach((node) => node.remove());
  nodes.forEach((node, nth) => {
    if (parent.children[nth] !== node) parent.insertBefore(node, parent.children[nth] || null);
  });
  return nodes;
}

// How fast a number of a stage rises, from the statuses of the last seconds.
const seen = new Map();

function rateOf(name, number, now) {
  const samples = (seen.get(name) || []).filter((sample) => now - sample.now <= RATE_MS);
  if (samples.length > 0 && number < samples[0].number) samples.length = 0; // it was started anew
  samples.push({ now, number });
  seen.set(name, samples);
  const took = now - samples[0].now;
  return took > 0 ? (number - samples[0].number) * 1000 / took : 0;
}

// The embedder takes bulk documents in and works them off later: what waits
// for it is what has words and no vectors.
function waitingFor(stage, searchable) {
  const gap = stage.stage === "embed" ? Math.max(0, searchable.keyword - searchable.dense) : 0;
  return Math.max(stage.lag, gap);
}

function showStages({ stages, searchable }, now) {
  const rows = keyed($("stages"), stages.map((stage) => stage.stage), (name) => make("tr", {},
    make("th", { scope: "row" }, name), ...Array.from({ length: 6 }, () => make("td"))));
  stages.forEach((stage, nth) => {
    const done = stage.stage === "embed" ? stage.outputs : stage.inputs;
    const rate = rateOf(stage.stage, done, now);
    const waiting = waitingFor(stage, searchable);
    const cells = [count(stage.inputs), rate.toFixed(rate < 10 ? 1 : 0), count(waiting),
      waiting > 0 ? duration(waiting / rate) : "–", count(stage.rejected), count(stage.failed)];
    cells.forEach((cell, at) => setText(rows[nth].children[at + 1], cell));
    rows[nth].title = stage.error || "";
    rows[nth].classList.toggle("problem", Boolean(stage.error));
  });
}

// "millrace_rejections_total{stage="clean",reason="empty"} 3"
function readRejections(metrics) {
  const line = /^millrace_rejections_total\{stage="([^"]*)",reason="([^"]*)"\} (\d+)/gm;
  return [...metrics.matchAll(line)].map((found) => ({ stage: found[1], reason: found[2], number: +found[3] }));
}

let rejectedShown = "";

async function showRejections({ documents, stages }) {
  const mark = `${documents.rejected}/${stages.map((stage) => stage.rejected).join()}`;
  if (mark === rejectedShown) return;
  rejectedShown = mark;
  const found = readRejections(await (await send("/metrics")).text());
  const lines = found.map((one) => `${one.reason}: ${count(one.number)}`);
  const known = found.filter((one) => one.reason !== "duplicate")
    .reduce((sum, one) => sum + one.number, 0);
  if (documents.rejected > known)
    lines.push(`${count(documents.rejected - known)} before the start: millrace why ID tells each`);
  $("rejections").hidden = lines.length === 0;
  keyed($("rejections").querySelector("ul"), lines, (line) => make("li", {}, line));
}

let deadShown = null;

async function showDead({ documents, stages }) {
  const mark = `${documents.failed}/${stages.map((stage) => stage.failed).join()}`;
  if (mark === deadShown) return;
  deadShown = mark;
  const { letters, next } = await call(`/v1/dead?limit=${DEAD_SHOWN}`);
  const lines = letters.map((letter) =>
    `${letter.partition}/${letter.offset} ${letter.stage}, ${letter.id}: ${letter.error}`);
  if (next) lines.push("and older ones: millrace dead list");
  $("dead").hidden = lines.length === 0;
  keyed($("dead").querySelector("ul"), lines, (line) => make("li", {}, line));
}

function freshness(one, now) {
  const ended = Date.parse(one.last_end);
  const next = Date.parse(one.next);
  const parts = [isNaN(ended) ? "not read to an end yet" : `read ${duration((now - ended) / 1000)} ago`];
  if (one.state === "idle" && next > now) parts.push(`next in ${duration((next - now) / 1000)}`);
  return parts.join(", ");
}

function found(one) {
  const what = { web: "page", kafka: "record" }[one.kind] || "file";
  // What it read is of the last reading, and not known after a start.
  const read = one.found || !one.documents ? ` of ${plural(one.found, what)}` : "";
  const parts = [`${plural(one.documents, "document")}${read}`];
  if (one.skipped) parts.push(`${count(one.skipped)} skipped`);
  if (one.left_out) parts.push(`${count(one.left_out)} left out`);
  return [...parts, `${count(one.failed)} failed`].join(", ");
}

function makeSource(name) {
  return make("li", {}, make("div", {}, make("strong", {}, name), " ", make("span", { className: "state" })),
    make("div", { className: "numbers" }), make("div", { className: "fresh" }),
    make("details", { hidden: true }, make("summary"), make("ul")));
}

function showSource(node, one, now) {
  const [state, numbers, fresh, problems] = ["state", "numbers", "fresh"]
    .map((name) => node.querySelector(`.${name}`)).concat(node.querySelector("details"));
  node.title = one.url || one.path || one.topic || "";
  setText(state, one.outcome === "done" || one.state !== "idle" ? one.state : `${one.state}, ${one.outcome}`);
  setText(numbers, found(one));
  setText(fresh, freshness(one, now));
  problems.hidden = !one.problem_count;
  setText(problems.querySelector("summary"), plural(one.problem_count, "problem"));
  keyed(problems.querySelector("ul"), [...new Set((one.problems || []).map((problem) =>
    `${problem.where}: ${problem.problem}`))], (line) => make("li", {}, line));
}

function showSources(sources) {
  const nodes = keyed($("sources"), sources.map((one) => one.name), makeSource);
  $("no-sources").hidden = sources.length > 0;
  sources.forEach((one, nth) => showSource(nodes[nth], one, Date.now()));
}

function health(one) {
  if (!one.healthy) return "does not answer";
  return one.lag === null ? "answers" : `answers, ${plural(one.lag, "record")} behind`;
}

// Shards on other machines, each on one or more of them.
function showReplicas(replicas) {
  $("replicas").hidden = replicas.length === 0;
  const nodes = keyed($("replicas").querySelector("ul"),
    replicas.map((one) => `${one.shard} ${one.address}`), () => make("li"));
  replicas.forEach((one, nth) => {
    setText(nodes[nth], `shard ${one.shard}, ${one.name}: ${health(one)}`);
    nodes[nth].title = one.address;
    nodes[nth].classList.toggle("problem", !one.healthy);
  });
}

function showDocuments(documents) {
  const nodes = keyed($("documents"), Object.keys(documents), (name) =>
    make("div", {}, make("dt", {}, name), make("dd")));
  for (const node of nodes) setText(node.lastChild, count(documents[node.dataset.key]));
}

async function showStatus(status) {
  const { documents, searchable } = status;
  setText($("searchable"), `searchable by words ${count(searchable.keyword)}, by meaning ${count(searchable.dense)}`);
  showDocuments(documents);
  showStages(status, performance.now());
  showSources(status.sources || []);
  showReplicas(status.replicas || []);
  stockIs(searchable.keyword);
  await showRejections(status);
  await showDead(status);
}

function showTrouble(text) {
  setText($("offline"), text);
  $("offline").hidden = !text;
}

// While a key is asked for there is nothing to ask the server.
async function watch() {
  if (!document.hidden && !keyIsWanted()) {
    try {
      await showStatus(await call("/v1/status"));
      showTrouble("");
    } catch (error) {
      const words = error instanceof Refusal ? error.message : "The server does not answer.";
      showTrouble(keyIsWanted() ? "" : words);
    }
  }
  setTimeout(watch, STATUS_MS);
}

watch();
