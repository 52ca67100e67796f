// What pages do beyond their forms: search as you type, pin, switch edges, try the API. Every page works without.
"use strict";

const model = document.body.dataset.model;
const api = (path) => `/api/v1/models/${encodeURIComponent(model)}/${path}`;

/** Tells something in the corner, and to screen readers. */
function tell(text) {
  const live = document.querySelector(".live");
  live.textContent = text;
  clearTimeout(tell.timer);
  tell.timer = setTimeout(() => { live.textContent = ""; }, 5000);
}

/** What a problem says, or a status. */
async function problemOf(response) {
  const problem = await response.json().catch(() => null);
  return problem?.detail ?? `The server answered with ${response.status}.`;
}

/** The text of a hit with the parts that fit marked. */
function marked(hit) {
  const text = document.createDocumentFragment();
  let done = 0;
  for (const [begin, end] of hit.ranges) {
    text.append(hit.text.slice(done, begin));
    const mark = document.createElement("mark");
    mark.textContent = hit.text.slice(begin, end);
    text.append(mark);
    done = end;
  }
  text.append(hit.text.slice(done));
  return text;
}

function span(kind, text) {
  const element = document.createElement("span");
  element.className = kind;
  element.append(text);
  return element;
}

/** A combobox (WAI-ARIA 1.2) on an input: lists what is found, and gives what is chosen to `choose`. */
function combobox(input, choose) {
  const list = document.createElement("ul");
  list.className = "hits";
  list.id = `${input.id || input.name}-hits`;
  list.role = "listbox";
  list.setAttribute("aria-label", "Found nodes");
  list.hidden = true;
  const holder = input.closest("form.search, .search-field");
  holder.append(list);
  for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-controls", list.id], ["aria-expanded", "false"]]) {
    input.setAttribute(name, value);
  }
  let hits = [];
  let at = -1;
  let asking = null;

  function select(place) {
    at = place;
    [...list.children].forEach((item, of) => item.setAttribute("aria-selected", String(of === at)));
    const item = list.children[at];
    if (item?.id) {
      input.setAttribute("aria-activedescendant", item.id);
      item.scrollIntoView({ block: "nearest" });
    } else {
      input.removeAttribute("aria-activedescendant");
    }
  }
  function show(open) {
    list.hidden = !open;
    input.setAttribute("aria-expanded", String(open));
    if (!open) select(-1);
  }
  function fill() {
    list.replaceChildren(...hits.map((hit, place) => {
      const item = document.createElement("li");
      item.id = `${list.id}-${place}`;
      item.role = "option";
      const own = hit.source === "name";
      item.append(span("", own ? marked(hit) : hit.name), span("tag", hit.type));
      if (!own) {
        const also = span("also", hit.source === "id" ? "" : "also ");
        also.append(marked(hit));
        item.append(also);
      }
      item.addEventListener("pointerdown", (event) => { event.preventDefault(); choose(hits[place]); show(false); });
      return item;
    }));
    if (!hits.length) {
      const item = document.createElement("li");
      item.className = "empty";
      item.textContent = "Nothing is called like this.";
      list.append(item);
    }
    show(true);
    select(hits.length ? 0 : -1);
  }
  async function ask() {
    asking?.abort();
    const text = input.value.trim();
    if (!text) { hits = []; show(false); return; }
    asking = new AbortController();
    try {
      const response = await fetch(api(`search?limit=12&q=${encodeURIComponent(text)}`), { signal: asking.signal });
      if (!response.ok) { tell(await problemOf(response)); return; }
      hits = await response.json();
      fill();
    } catch (error) {
      if (error.name !== "AbortError") tell("The server does not answer.");
    }
  }
  input.addEventListener("input", ask);
  input.addEventListener("focus", () => { if (hits.length) show(true); });
  input.addEventListener("blur", () => show(false));
  input.addEventListener("keydown", (event) => {
    const open = !list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!open) { ask(); return; }
      const step = event.key === "ArrowDown" ? 1 : -1;
      if (hits.length) select((at + step + hits.length) % hits.length);
      event.preventDefault();
    } else if (event.key === "Enter" && open && hits[at]) {
      event.preventDefault();
      choose(hits[at]);
      show(false);
    } else if (event.key === "Escape" && open) {
      show(false);
      event.preventDefault();
    }
  });
}

const pageOf = (hit) => {
  const kind = hit.ranked ? "candidates" : "node";
  return `/m/${encodeURIComponent(model)}/${kind}/${encodeURIComponent(hit.type)}/${encodeURIComponent(hit.id)}`;
};

const search = document.querySelector(".search input");
if (search) {
  combobox(search, (hit) => { location.href = pageOf(hit); });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  });
}

for (const input of document.querySelectorAll("input[data-search]")) {
  const field = document.createElement("span");
  field.className = "search-field";
  input.replaceWith(field);
  field.append(input);
  combobox(input, (hit) => { input.value = `${hit.type}:${hit.id}`; });
}

// A filter applies as soon as it is chosen.
document.querySelector(".filters")?.addEventListener("change", (event) => {
  if (event.target.matches("input[type=checkbox], select")) event.currentTarget.requestSubmit();
});
// What is left empty has no place in the address.
document.querySelector(".filters")?.addEventListener("submit", (event) => {
  for (const field of event.currentTarget.elements) {
    if (field.name && !field.value) field.disabled = true;
  }
});

// At most four are compared.
for (const form of document.querySelectorAll("form[action$='/compare']")) {
  form.addEventListener("change", () => {
    const ticked = form.querySelectorAll("input[name=id]:checked").length;
    for (const box of form.querySelectorAll("input[name=id]:not(:checked)")) box.disabled = ticked >= 4;
  });
  form.addEventListener("submit", (event) => {
    if (event.submitter?.name !== "pin" && !form.querySelector("input[name=id]:checked")) {
      event.preventDefault();
      tell("Tick the candidates that are to be compared, up to four.");
    }
  });
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("button.pin");
  if (!button) return;
  event.preventDefault();
  const [name, source, target] = button.value.split("\t");
  button.disabled = true;
  const response = await fetch("/api/v1/shortlist", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ model: name, pair: { source, target } }),
  }).catch(() => null);
  if (!response?.ok) {
    button.disabled = false;
    tell(response ? await problemOf(response) : "The server does not answer.");
    return;
  }
  const link = document.createElement("a");
  link.className = "pinned";
  link.href = `/m/${encodeURIComponent(name)}/pair/${encodeURIComponent(source)}/${encodeURIComponent(target)}`;
  link.textContent = "pinned";
  button.replaceWith(link);
  link.focus();
  tell("Kept on the shortlist.");
});

// Switching an edge tells at once what becomes of the pair.
const switches = document.querySelector("form.switches");
switches?.addEventListener("change", async (event) => {
  if (event.target.type !== "checkbox") return;
  const address = new URL(switches.action);
  for (const [name, value] of new FormData(switches)) {
    if (value) address.searchParams.append(name, value);
  }
  const outcome = document.getElementById("outcome");
  outcome.setAttribute("aria-busy", "true");
  const response = await fetch(address).catch(() => null);
  outcome.removeAttribute("aria-busy");
  if (!response?.ok) { tell("What becomes of it could not be computed."); return; }
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  outcome.replaceChildren(...page.getElementById("outcome").childNodes);
  history.replaceState(null, "", address);
});

// What is typed and not saved is not lost by accident.
const judge = document.querySelector("form.judge");
if (judge) {
  let changed = false;
  judge.addEventListener("input", () => { changed = true; });
  judge.addEventListener("submit", () => { changed = false; });
  addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
}

for (const file of document.querySelectorAll("input[type=file][data-into]")) {
  file.hidden = false;
  file.addEventListener("change", async () => {
    if (file.files[0]) document.getElementById(file.dataset.into).value = await file.files[0].text();
  });
}

for (const form of document.querySelectorAll("form.try")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    let path = form.dataset.path;
    const query = new URLSearchParams();
    for (const field of form.querySelectorAll("input")) {
      if (field.dataset.in === "path") path = path.replace(`{${field.name}}`, encodeURIComponent(field.value));
      else if (field.value) query.append(field.name, field.value);
    }
    const body = form.elements.body?.value;
    const options = { method: form.dataset.method.toUpperCase() };
    if (body !== undefined) {
      options.body = body;
      options.headers = { "Content-Type": form.dataset.kind };
    }
    const shown = form.querySelector(".response");
    const response = await fetch(query.size ? `${path}?${query}` : path, options).catch(() => null);
    let text = response ? await response.text() : "The server does not answer.";
    try { text = JSON.stringify(JSON.parse(text), null, 2); } catch { /* not JSON: as it is */ }
    shown.firstElementChild.textContent = response ? `${response.status} ${response.statusText}\n\n${text.slice(0, 100000)}` : text;
    shown.hidden = false;
  });
}

// The map is looked at more closely by the wheel, by dragging, or by buttons; spots keep their size.
const map = document.querySelector("svg.spots");
if (map) {
  const whole = map.viewBox.baseVal;
  const [width, height] = [whole.width, whole.height];
  let view = { x: 0, y: 0, scale: 1 };
  const show = () => {
    view.scale = Math.min(Math.max(view.scale, 1), 40);
    view.x = Math.min(Math.max(view.x, 0), width - width / view.scale);
    view.y = Math.min(Math.max(view.y, 0), height - height / view.scale);
    map.setAttribute("viewBox", `${view.x} ${view.y} ${width / view.scale} ${height / view.scale}`);
    const size = 1 / view.scale ** 0.8;
    for (const spot of map.querySelectorAll(".spot")) spot.setAttribute("transform", `scale(${size})`);
  };
  const zoom = (factor, x, y) => {
    const [left, top] = [view.x + x * width / view.scale, view.y + y * height / view.scale];
    view.scale = Math.min(Math.max(view.scale * factor, 1), 40);
    view.x = left - x * width / view.scale;
    view.y = top - y * height / view.scale;
    show();
  };
  const within = (event) => {
    const box = map.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  };
  map.addEventListener("wheel", (event) => { event.preventDefault(); zoom(event.deltaY < 0 ? 1.25 : 0.8, ...within(event)); }, { passive: false });
  let held = null;
  let moved = false;
  map.addEventListener("pointerdown", (event) => { held = within(event); moved = false; });
  map.addEventListener("pointermove", (event) => {
    if (!held || !event.buttons) return;
    const at = within(event);
    if (Math.hypot(at[0] - held[0], at[1] - held[1]) > 0.005) moved = true;
    if (!moved) return;
    view.x -= (at[0] - held[0]) * width / view.scale;
    view.y -= (at[1] - held[1]) * height / view.scale;
    held = at;
    show();
  });
  addEventListener("pointerup", () => { held = null; });
  map.addEventListener("click", (event) => { if (moved) event.preventDefault(); });
  map.addEventListener("dragstart", (event) => event.preventDefault());
  const buttons = document.querySelector(".zoom");
  buttons.hidden = false;
  buttons.addEventListener("click", (event) => {
    const kind = event.target.dataset?.zoom;
    if (kind === "in") zoom(1.6, 0.5, 0.5);
    if (kind === "out") zoom(0.625, 0.5, 0.5);
    if (kind === "all") { view = { x: 0, y: 0, scale: 1 }; show(); }
  });
}
