// SPDX-License-Identifier: Apache-2.0
// Calls to the server, with the key that people gave if it wants one.  The key
// is kept for this tab only, and goes nowhere but to the page's own server.
"use strict";

const $ = (id) => document.getElementById(id);
const KEY = "millrace-key";

// What the server said; anything else that fails is the way to it.
class Refusal extends Error {}

const keyIsWanted = () => !$("key-form").hidden;

function showKeyProblem(text) {
  $("key-problem").textContent = text;
  $("key-problem").hidden = !text;
}

// Asks for a key; `problem` says what was wrong with the one before.
function wantKey(problem) {
  showKeyProblem(problem);
  if (keyIsWanted()) return;
  $("key-form").hidden = false;
  $("forget-key").hidden = true;
  $("key").focus();
}

async function refusalOf(reply) {
  const value = await reply.json().catch(() => ({}));
  return new Refusal(value.error ? value.error.message : `answered with ${reply.status}`);
}

async function send(path, options = {}) {
  const key = sessionStorage.getItem(KEY);
  const headers = key ? { ...options.headers, Authorization: `Bearer ${key}` } : options.headers;
  const reply = await fetch(path, { ...options, headers });
  if (reply.ok) return reply;
  const refusal = await refusalOf(reply);
  // Another call may have been given a better key meanwhile.
  if (reply.status === 401 && key === sessionStorage.getItem(KEY)) {
    sessionStorage.removeItem(KEY);
    wantKey(key ? refusal.message : "");
    throw new Refusal("This needs an API key.");
  }
  throw refusal;
}

// Letters beyond ASCII cannot stand in a header, and in no key.
async function useKey(event) {
  event.preventDefault();
  const key = $("key").value.trim();
  if (!/^[!-~]+$/.test(key)) {
    showKeyProblem("That is no API key: it is one word, such as mr_…");
    return;
  }
  sessionStorage.setItem(KEY, key);
  try {
    await send("/v1/status");
  } catch (problem) {
    const kept = sessionStorage.getItem(KEY); // not when it was found to be wrong
    if (kept) showKeyProblem(problem instanceof Refusal ? problem.message : "The server does not answer.");
    sessionStorage.removeItem(KEY);
    return;
  }
  $("key").value = "";
  $("key-form").hidden = true;
  $("forget-key").hidden = false;
  showKeyProblem("");
  $("query").focus();
}

// What was shown with the key goes with it.
function forgetKey() {
  sessionStorage.removeItem(KEY);
  location.reload();
}

$("key-form").addEventListener("submit", useKey);
$("forget-key").addEventListener("click", forgetKey);
$("forget-key").hidden = !sessionStorage.getItem(KEY);
