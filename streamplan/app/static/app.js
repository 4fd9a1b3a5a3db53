"use strict";
// The page of `streamplan app`. Numbers, table and bill follow each movement of a control; the figures follow when it rests.

const byId = (id) => document.getElementById(id);
const REST = 250;        // milliseconds without a movement after which the figures are drawn
const SHOWN = 12;        // rows of the table before it is unfolded
const asked = new URLSearchParams(location.search);
const state = { start: null, platform: asked.get("platform") || "", moved: {}, unfolded: false, newest: 0 };

const number = (value, digits = 0) => value.toLocaleString("en-US", { maximumFractionDigits: digits });
const money = (value) => value == null ? "–" : number(value, Math.abs(value) >= 100 ? 0 : 2);

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

// A setting in words: 1,500 MB/s is 1.5 GB/s, 168 h are 7 d.
function words(control, value) {
  const short = (v) => Number(v.toPrecision(3)).toLocaleString("en-US");
  switch (control.name) {
    case "write": return value >= 1000 ? `${short(value / 1000)} GB/s` : value < 1 ? `${short(value * 1000)} kB/s` : `${short(value)} MB/s`;
    case "message": return value >= 1e6 ? `${short(value / 1e6)} MB` : value >= 1000 ? `${short(value / 1000)} kB` : `${short(value)} B`;
    case "retention": return value >= 48 ? `${short(value / 24)} d` : `${short(value)} h`;
    default: return `${short(value)} ${control.unit}`;
  }
}

const position = (control, value) => control.logarithmic ? Math.log10(value) : value;
const setting = (control, at) => control.logarithmic ? Number((10 ** at).toPrecision(3)) : at;

function address(path) {
  const query = new URLSearchParams({ workload: byId("workload").value, ...state.moved });
  if (state.platform) { query.set("platform", state.platform); }
  return `${path}?${query}`;
}

// An answer; where too many wait already it asks again after the time that it is told.
async function fetched(url) {
  let reply = await fetch(url);
  for (let tries = 0; reply.status === 503 && tries < 3; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 1000 * Number(reply.headers.get("Retry-After") || 1)));
    reply = await fetch(url);
  }
  const document_ = await reply.json();
  if (!reply.ok) { throw new Error(document_.error); }
  return document_;
}

function complain(error) {
  byId("error").textContent = error ? error.message : "";
  byId("error").hidden = !error;
}

// ------------------------------------------------------------------------------------------------------------ controls

function slider(control) {
  const value = Number(state.moved[control.name] ?? control.start);
  const low = position(control, Math.min(control.low, value)), high = position(control, Math.max(control.high, value));
  const range = element("input", { type: "range", id: control.name, min: low, max: high,
    step: control.logarithmic ? (high - low) / 400 : control.step });
  range.value = position(control, value);
  const box = element("input", { type: "number", step: "any", value: Number(value.toPrecision(6)) });
  box.setAttribute("aria-label", `${control.label} in ${control.unit}`);
  const shown = element("output", { textContent: words(control, value) });
  shown.htmlFor = control.name;
  const frame = element("div", { className: "control", title: control.doc },
    element("div", { className: "head" }, element("label", { htmlFor: control.name, textContent: control.label }), shown),
    element("div", { className: "row" }, range, box, element("span", { className: "unit", textContent: control.unit })));
  frame.classList.toggle("moved", control.name in state.moved);
  const set = (to) => {
    state.moved[control.name] = to;
    shown.textContent = words(control, to);
    frame.classList.add("moved");
    ask();
  };
  range.addEventListener("input", () => {
    const to = setting(control, Number(range.value));
    box.value = to;
    set(to);
  });
  box.addEventListener("change", () => {
    if (box.value === "") { return; }
    range.value = position(control, Number(box.value));
    set(Number(box.value));
  });
  return frame;
}

function setUp(start) {
  state.start = start;
  const select = byId("workload"), chosen = select.value || asked.get("workload") || start.workloads[0];
  select.replaceChildren(...start.workloads.map((name) => element("option", { value: name, textContent: name })));
  select.value = chosen;
  byId("sliders").replaceChildren(...start.controls.map(slider));
  byId("legend").replaceChildren(...start.parts.map((part) => {
    const swatch = element("i");
    swatch.style.background = part.colour;
    return element("span", {}, swatch, part.label);
  }));
}

// ------------------------------------------------------------------------------------------------- what a study answers

function bar(offer, widest) {
  const frame = element("div", { className: "bar" });
  for (const part of state.start.parts) {
    const usd = offer.parts[part.category] || 0;
    if (usd > 0) {
      const piece = element("span", { title: `${part.label}: ${money(usd)} USD a month` });
      piece.style.width = `${100 * usd / widest}%`;
      piece.style.background = part.colour;
      frame.append(piece);
    }
  }
  return frame;
}

function row(offer, widest, platform) {
  const fits = offer.monthly_usd != null;
  const name = element("button", { type: "button", className: "name", textContent: offer.title });
  const out = element("tr", { className: fits ? "" : "out" },
    element("td", {}, name), element("td", { className: "n", textContent: fits ? money(offer.monthly_usd) : offer.status }),
    element("td", {}, fits ? bar(offer, widest) : ""), element("td", { textContent: fits ? offer.what : offer.reason }));
  out.classList.toggle("looked-at", offer.platform === platform);
  out.dataset.platform = offer.platform;
  out.addEventListener("click", () => { state.platform = offer.platform; ask(); });
  return out;
}

function showOffers(seen) {
  const rows = state.unfolded ? seen.offers : seen.offers.slice(0, SHOWN);
  const widest = Math.max(1e-9, ...rows.map((offer) => offer.monthly_usd || 0));
  byId("offers").tBodies[0].replaceChildren(...rows.map((offer) => row(offer, widest, seen.platform)));
  byId("more").textContent = state.unfolded ? `only the first ${SHOWN}` : `all ${seen.offers.length}, with those that do not fit`;
}

function showBill(plan) {
  byId("plan-title").textContent = plan.title;
  byId("plan-what").textContent = plan.reason ? `Does not have a cost: ${plan.reason}`
    : `${plan.what} in ${plan.region}; ${plan.binding} binds, ${plan.next_wall || "nothing"} is next.`;
  byId("bill").tBodies[0].replaceChildren(...plan.lines.map((line) => {
    const source = element("td", {}, ...line.links.map((link) => link.href
      ? element("a", { href: link.href, textContent: link.text, target: "_blank", rel: "noopener" }) : link.text));
    return element("tr", { title: line.formula },
      element("td", { textContent: line.sku ? `${line.title} (${line.sku})` : line.title }),
      element("td", { className: "n", textContent: number(line.quantity, 2) }), element("td", { textContent: line.unit }),
      element("td", { className: "n", textContent: line.unit_price == null ? "missing" : Number(line.unit_price.toPrecision(4)) }),
      element("td", { className: "n", textContent: line.cost == null ? "–" : number(line.cost, 2) }),
      element("td", { className: "keep", textContent: `${line.as_of}${line.stale ? ", old" : ""}` }), source);
  }));
  byId("total").textContent = plan.total == null ? "–" : number(plan.total, 2);
  byId("missing").textContent = plan.missing.join("; ");
}

function show(seen) {
  const best = seen.recommended, next = seen.next;
  const whole = one => `${money(one.monthly_usd)}${one.work_usd == null ? "" : ` and ${money(one.work_usd)} of work`}`;
  byId("recommended").textContent = best ? best.title : "none";
  byId("recommended-what").textContent = best ? best.what : "no offer is both feasible and fully priced";
  byId("cost").textContent = best ? money(best.monthly_usd) : "–";
  byId("next").textContent = [
    best && best.work_usd != null ? `and about ${money(best.work_usd)} of work to run it` : "",
    next ? `next: ${next.title}, ${whole(next)}` : ""].filter(Boolean).join("; ");
  byId("binds").textContent = best ? best.binding : "–";
  byId("wall").textContent = best && best.next_wall ? `next wall: ${best.next_wall}` : "";
  byId("took").textContent = `Sized and priced ${seen.offers.length} offers in ${number(seen.ms)} ms.`;
  showOffers(seen);
  showBill(seen.plan);
  state.seen = seen;
}

async function draw(mine) {
  const specifications = await fetched(address("/api/charts"));
  if (mine !== state.newest) { return; }
  for (const [name, specification] of Object.entries(specifications)) {
    const place = byId(`chart-${name}`);
    if (place) {
      await vegaEmbed(place, specification, { actions: false, renderer: "svg" });
      place.classList.remove("stale");
    }
  }
  document.body.dataset.drawn = String(mine);
}

// One question at a time: while one is answered the newest setting waits, what lies between is left out.
let busy = false, waiting = false, rest = 0;

async function ask() {
  state.newest += 1;
  const mine = state.newest;
  history.replaceState(null, "", address("/"));
  document.querySelectorAll(".chart").forEach((place) => place.classList.add("stale"));
  clearTimeout(rest);
  if (busy) { waiting = true; return; }
  busy = true;
  try {
    show(await fetched(address("/api/study")));
    complain(null);
    rest = setTimeout(() => draw(mine).catch(complain), REST);
    document.body.dataset.answered = String(mine);
  } catch (error) {
    complain(error);
  } finally {
    busy = false;
    if (waiting) { waiting = false; ask(); }
  }
}

async function begin(name) {
  try {
    setUp(await fetched(`/api/start?workload=${encodeURIComponent(name)}`));
    ask();
  } catch (error) {
    complain(error);
  }
}

byId("workload").addEventListener("change", () => { state.moved = {}; state.platform = ""; begin(byId("workload").value); });
byId("reset").addEventListener("click", () => { state.moved = {}; state.platform = ""; setUp(state.start); ask(); });
byId("more").addEventListener("click", () => { state.unfolded = !state.unfolded; showOffers(state.seen); });
byId("controls").addEventListener("submit", (event) => event.preventDefault());
for (const [name, value] of asked) {
  if (name !== "workload" && name !== "platform") { state.moved[name] = Number(value); }
}
begin(asked.get("workload") || "");
