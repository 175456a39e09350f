"use strict";
// Everything that comes from data is set as text, never as markup.

const WHY = {
  confusion: "this class was taken for one that the suite names or attacks towards",
  low_confidence: "the answer is below the confidence that the run found to be needed",
  label_suspects: "another class is predicted as confidently as its own pictures are",
  edge_cases: "right when clean, wrong under this shift",
  fragile: "right when clean, broken by most cases",
  audit: "drawn at random among the pictures that nothing else asks about",
  adjudication: "reviewers see it differently, and you decide",
};
const NAMES = {
  confusion: "confusions", low_confidence: "low confidence", label_suspects: "labels in doubt", edge_cases: "edge cases",
  fragile: "fragile", audit: "audit", adjudication: "conflicts",
};
const SMALL = 200;
const $ = (id) => document.getElementById(id);
let state = null;
let about = {};
let busy = false;
let active = -1;
let shown = [];

function made(tag, text, properties) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  return Object.assign(element, properties || {});
}

async function ask(path, body) {
  const asked = body === undefined ? {} : {
    method: "POST", headers: { "Content-Type": "application/json", "X-Robustcheck": "1" }, body: JSON.stringify(body),
  };
  let answer;
  try {
    answer = await fetch(path, { credentials: "same-origin", ...asked });
  } catch {
    throw new Error("robustcheck review does not answer. What was confirmed to you is on the disk; start it again and open its new address.");
  }
  if (!answer.ok) throw Object.assign(new Error((await answer.text()).trim()), { status: answer.status });
  return answer.json();
}

function picture(box, address, description) {
  const image = made("img", undefined, { alt: description, decoding: "async" });
  image.addEventListener("load", () => image.classList.toggle("small", image.naturalWidth < SMALL));
  image.addEventListener("error", async () => {
    let text = "there is no picture";
    try { text = (await (await fetch(address)).text()).trim(); } catch { /* the server is gone, which the next decision tells */ }
    box.classList.add("none");
    box.replaceChildren(made("span", text));
  });
  image.src = address;
  box.replaceChildren(image);
}

async function noted(caption, address) {
  try {
    const note = (await fetch(address, { method: "HEAD" })).headers.get("X-Note");
    if (note) caption.append(` (${note})`);
  } catch { /* the server is gone, which the next decision tells */ }
}

function figures(item) {
  const views = [["whole", "The whole picture, as it is stored"], ["clean", "What the model sees of it, clean"]];
  if (item.perturbed) views.push(["shown", item.case ? `In the case ${item.case}` : "What the model was given"]);
  return views.map(([view, caption]) => {
    const figure = made("figure");
    const box = made("div", undefined, { className: "frame" });
    const told = made("figcaption", caption);
    picture(box, `/picture/${item.place}/${view}`, caption);
    figure.append(box, told);
    if (view === "shown") noted(told, `/picture/${item.place}/${view}`);
    return figure;
  });
}

async function examplesOf(name) {
  const number = about.classes.indexOf(name);
  const section = made("section");
  section.append(made("h2", `Pictures labelled ${name}`));
  const box = made("div");
  section.append(box);
  if (number >= 0) {
    const { count } = await ask(`/api/examples/${number}`);
    for (let place = 0; place < count; place += 1) {
      const image = made("img", undefined, { alt: `${name}, example ${place + 1}`, loading: "lazy" });
      image.addEventListener("load", () => image.classList.toggle("small", image.naturalWidth < SMALL / 2));
      image.src = `/example/${number}/${place}`;
      box.append(image);
    }
    if (!count) box.append(made("p", "There is none that the model has right and that is not asked about."));
  }
  return section;
}

let wanted = "";
async function compare(names) {
  const unique = [...new Set(names.filter(Boolean))];
  const key = JSON.stringify(unique);
  if (key === wanted) return;
  wanted = key;
  try {
    const sections = await Promise.all(unique.map(examplesOf));
    if (key === wanted) $("examples").replaceChildren(...sections);
  } catch { wanted = ""; }
}

function percent(share) { return `${(100 * share).toFixed(1)}%`; }

function render(focus) {
  $("count").textContent = `${state.done} of ${state.all} decided${state.skipped ? `, ${state.skipped} skipped` : ""}`;
  $("progress").max = Math.max(1, state.all);
  $("progress").value = state.done;
  $("reasons").replaceChildren(...(state.reasons || []).map(([task, done, all]) => made("li", `${NAMES[task] || task} ${done}/${all}`)));
  for (const button of document.querySelectorAll("[data-action=undo]")) button.disabled = !state.undoable;
  const item = state.item;
  $("work").hidden = !item;
  $("end").hidden = Boolean(item);
  if (!item) {
    $("end-title").textContent = state.all ? "Everything is decided" : "There is nothing to decide";
    $("end-text").textContent = `${state.done} of ${state.all} pictures. Every decision is in the overlay; you may close the page.`;
    $("pictures").replaceChildren();
    if (focus) $("end-title").focus();
    return;
  }
  const blind = about.blind;
  $("question").textContent = blind ? "Which class is this?" : `Is this ${item.label}?`;
  $("said").replaceChildren();
  if (blind) {
    $("said").textContent = "Label and prediction are hidden. Choose a class, or say that nobody can tell.";
  } else {
    if (item.predicted) {
      $("said").append("The model said ", made("b", item.predicted), `, ${percent(item.confidence)} sure, in the case ${item.case}. `);
    }
    $("said").append(`Asked because: ${WHY[item.task] || item.task}. Picture ${item.id}.`);
  }
  $("others").hidden = !item.said;
  $("others").replaceChildren(...(item.said || []).map(([name, label]) => made("li", `${name}: ${label}`)));
  $("pictures").replaceChildren(...figures(item));
  document.querySelector("[data-action=confirm]").hidden = blind;
  $("confirm-text").textContent = blind ? "" : `Confirm ${item.label}`;
  $("relabel-text").textContent = blind ? "Class" : "Another class";
  $("reason").value = "";
  open_(blind);
  compare(blind ? [] : [item.label, item.predicted]);
  if (blind) $("examples").replaceChildren();
  if (focus) $("question").focus();
}

function open_(yes, focus) {
  $("relabel").hidden = !yes;
  document.querySelector("[data-action=relabel]").setAttribute("aria-expanded", String(yes));
  $("filter").value = "";
  active = -1;
  list();
  if (yes && focus) $("filter").focus();
}

function list() {
  const text = $("filter").value.trim().toLowerCase();
  shown = about.classes.map((name, number) => ({ name, number })).filter(({ name }) => name.toLowerCase().includes(text));
  if (text) active = shown.length ? 0 : -1;
  const numbered = !text;
  $("classes").replaceChildren(...shown.map(({ name, number }, place) => {
    const option = made("li", undefined, { id: `class-${number}` });
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", String(place === active));
    if (numbered && place < 9) option.append(made("kbd", String(place + 1)), " ");
    option.append(name);
    option.addEventListener("click", () => choose(place));
    return option;
  }));
  mark();
}

function mark() {
  [...$("classes").children].forEach((option, place) => option.setAttribute("aria-selected", String(place === active)));
  const option = $("classes").children[active];
  if (option) {
    $("filter").setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
    compare(about.blind ? [shown[active].name] : [state.item.label, state.item.predicted, shown[active].name]);
  } else {
    $("filter").removeAttribute("aria-activedescendant");
  }
}

function choose(place) {
  if (shown[place]) act("label", { class: shown[place].number }, `labelled ${shown[place].name}`);
}

async function act(action, more, told) {
  if (busy || !state || (action !== "undo" && !state.item)) return;
  busy = true;
  $("problem").textContent = "";
  const body = action === "undo" ? {} : { place: state.item.place, reason: $("reason").value, ...more };
  try {
    state = await ask(`/api/${action}`, body);
    render(true);
    const item = state.item;
    const next = item ? (about.blind ? "next picture" : `next: labelled ${item.label}, predicted ${item.predicted}`) : "all done";
    $("status").textContent = `${told}; ${state.done} of ${state.all} decided; ${next}`;
  } catch (error) {
    $("problem").textContent = error.message;
    if (error.status === 409) {
      try { state = await ask("/api/state"); render(true); } catch { /* told above */ }
    }
  } finally {
    busy = false;
  }
}

const DO = {
  confirm: () => { if (!about.blind && state.item) act("confirm", {}, `confirmed ${state.item.label}`); },
  relabel: () => { if (state.item) open_($("relabel").hidden || about.blind, true); },
  ambiguous: () => act("ambiguous", {}, "ambiguous"),
  skip: () => act("skip", {}, "skipped"),
  undo: () => { if (state.undoable) act("undo", {}, "taken back"); },
};
const KEYS = { c: "confirm", Enter: "confirm", r: "relabel", "/": "relabel", a: "ambiguous", s: "skip", u: "undo" };

function inFilter(event) {
  const digit = /^[1-9]$/.test(event.key) && !$("filter").value;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && shown.length) active = active < 0 ? (step > 0 ? 0 : shown.length - 1) : (active + step + shown.length) % shown.length;
  else if (event.key === "Enter" && active >= 0) { event.preventDefault(); return choose(active); }
  else if (digit) { event.preventDefault(); return choose(Number(event.key) - 1); }
  else if (event.key === "Escape") { if (!about.blind) open_(false); $("question").focus(); }
  else return undefined;
  event.preventDefault();
  return mark();
}

document.addEventListener("keydown", (event) => {
  // A key that is held must not decide picture after picture.
  if (event.repeat && (Object.hasOwn(KEYS, event.key) || /^[1-9]$/.test(event.key))) {
    if (!(event.target instanceof HTMLInputElement) || event.key === "Enter") event.preventDefault();
    return;
  }
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || !state || $("help").open) return;
  if (event.target === $("filter")) { inFilter(event); return; }
  if (event.target === $("reason")) {
    if (event.key === "Enter" || event.key === "Escape") { event.preventDefault(); $("question").focus(); }
    return;
  }
  if (event.target instanceof HTMLButtonElement && (event.key === "Enter" || event.key === " ")) return;
  if (!$("keys").checked) return;
  if (event.key === "?") { event.preventDefault(); $("help").showModal(); return; }
  if (event.key === "n" && state.item) { event.preventDefault(); $("reason").focus(); return; }
  if (!$("relabel").hidden && /^[1-9]$/.test(event.key)) { event.preventDefault(); choose(Number(event.key) - 1); return; }
  const action = Object.hasOwn(KEYS, event.key) ? KEYS[event.key] : "";
  if (action) { event.preventDefault(); DO[action](); }
});
for (const button of document.querySelectorAll("[data-action]")) button.addEventListener("click", () => DO[button.dataset.action]());
$("help-button").addEventListener("click", () => $("help").showModal());
$("filter").addEventListener("input", list);

(async () => {
  try {
    const { reviewer, blind, adjudicate, classes, ...rest } = await ask("/api/state");
    about = { reviewer, blind, adjudicate, classes };
    state = rest;
    $("reviewer").textContent = reviewer;
    $("mode").hidden = !(blind || adjudicate);
    $("mode").textContent = [blind && "blind", adjudicate && "adjudication"].filter(Boolean).join(", ");
    render(false);
  } catch (error) {
    $("problem").textContent = error.message;
  }
})();
