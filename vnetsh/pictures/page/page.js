"use strict";
// The page of a picture: zoom, find, fold, details, ways between two things. The picture itself is there already; a newer
// one is taken by the event `picture`, and where things are stays.
(() => {
  let things = [], lines = [], byId = new Map(), inside = new Map(), beside = new Map();
  const paper = d3.select("#paper"), world = d3.select("#world");
  const shapes = new Map(), cords = new Map();
  const words = (one) => [`${one.kind} ${one.name}`, one.state, ...one.tags, one.wrong].filter(Boolean).join(", ");
  const rect = (id) => shapes.get(id).querySelector("rect");
  const box = (id) => {
    const at = rect(id), value = (name) => +at.getAttribute(name);
    return { x: value("x"), y: value("y"), w: value("width"), h: value("height") };
  };

  // Zoom and pan
  const zoom = d3.zoom().scaleExtent([0.05, 8]).on("zoom", (event) => world.attr("transform", event.transform));
  paper.call(zoom).on("dblclick.zoom", null);
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const moved = () => (still ? paper : paper.transition().duration(250));
  const size = () => paper.node().getBoundingClientRect();
  function fit(slowly) {
    const { width, height } = size(), whole = world.node().getBBox();
    const k = Math.min(width / (whole.width + 60), height / (whole.height + 60), 1);
    const to = d3.zoomIdentity.translate(width / 2 - k * (whole.x + whole.width / 2), height / 2 - k * (whole.y + whole.height / 2)).scale(k);
    (slowly ? moved() : paper).call(zoom.transform, to);
  }
  function show(id) {
    const { x, y, w, h } = box(id), { width, height } = size();
    const k = Math.max(Math.min(1, width / (w + 80), height / (h + 80)), 0.3);
    moved().call(zoom.transform, d3.zoomIdentity.translate(width / 2 - k * (x + w / 2), height / 2 - k * (y + h / 2)).scale(k));
  }
  const near = (factor) => moved().call(zoom.scaleBy, factor);

  // What is shown: folded boxes, and tags that are chosen
  const folded = new Set(), only = new Set();
  const boxes = (id) => { const up = []; for (let at = byId.get(id).within; at; at = byId.get(at).within) up.push(at); return up; };
  const hiddenBy = (id) => boxes(id).reverse().find((up) => folded.has(up));
  function tagged(one) {
    return !only.size || inside.has(one.id) || one.kind === "host" || one.kind === "bridge" || one.tags.some((tag) => only.has(tag));
  }
  function refresh() {
    const gone = new Set();
    for (const one of things) {
      const off = Boolean(hiddenBy(one.id)) || !tagged(one);
      if (off) gone.add(one.id);
      shapes.get(one.id).classList.toggle("gone", off);
      const fold = folded.has(one.id);
      shapes.get(one.id).classList.toggle("folded", fold);
      if (inside.has(one.id)) shapes.get(one.id).setAttribute("aria-expanded", String(!fold));
    }
    for (const line of lines) {
      const ends = [line.one, line.other].map((id) => hiddenBy(id) || id);
      const off = ends[0] === ends[1] || ends.some((id) => gone.has(id));
      const cord = cords.get(line.id), path = cord.querySelector("path");
      cord.classList.toggle("gone", off);
      path.dataset.whole ??= path.getAttribute("d");
      const same = ends[0] === line.one && ends[1] === line.other;
      path.setAttribute("d", same || off ? path.dataset.whole : straight(ends[0], ends[1]));
    }
  }
  function straight(one, other) {
    const a = box(one), b = box(other);
    return `M${a.x + a.w / 2},${a.y + 26} L${b.x + b.w / 2},${b.y + 26}`;
  }
  function fold(id) {
    if (!inside.has(id)) return;
    if (!folded.delete(id)) folded.add(id);
    refresh();
  }
  function foldHosts(button) {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    for (const one of things) if (one.kind === "host") on ? folded.add(one.id) : folded.delete(one.id);
    refresh();
  }

  // Who is joined to whom: lines, and what is in a box with the box
  function way(from, to) {
    const came = new Map([[from, null]]), waiting = [from];
    while (waiting.length) {
      const at = waiting.shift();
      if (at === to) break;
      for (const [next, by] of beside.get(at)) if (!came.has(next)) { came.set(next, [at, by]); waiting.push(next); }
    }
    if (!came.has(to)) return null;
    const steps = [];
    for (let at = to; at; at = came.get(at)?.[0]) steps.unshift([at, came.get(at)?.[1] || ""]);
    return steps;
  }
  function light(ids, by) {
    for (const [id, g] of shapes) g.classList.toggle("on", ids.has(id));
    for (const [id, g] of cords) g.classList.toggle("on", by.has(id));
    world.classed("dim", ids.size > 0);
  }
  const lightOne = (id) => light(new Set([id, ...boxes(id), ...beside.get(id).flatMap(([to]) => [to, ...boxes(to)])]), new Set(beside.get(id).map(([, by]) => by)));

  // Details
  const told = document.getElementById("told");
  let chosen = "", second = "";
  const put = (tag, words, into) => { const made = document.createElement(tag); made.textContent = words; into.append(made); return made; };
  function link(id, into, by) {
    const item = put("li", "", into), button = put("button", `${byId.get(id).kind} ${byId.get(id).name}`, item);
    button.type = "button";
    button.addEventListener("click", () => { choose(id); show(id); });
    if (by) put("span", ` ${by}`, item);
  }
  // Told again, the same stays as it is: nobody needs to hear it twice.
  function retell(tell) {
    const made = document.createElement("div");
    tell(made);
    if (made.innerHTML !== told.innerHTML) told.replaceChildren(...made.childNodes);
  }
  function tell(id, told) {
    const one = byId.get(id);
    put("h2", `${one.kind} ${one.name}`, told);
    if (one.wrong) put("p", one.wrong, told).className = "wrong";
    const list = put("dl", "", told);
    const rows = [["state", one.state], ["plan", one.change], ["tags", one.tags.join(", ")], ...Object.entries(one.about)];
    for (const [name, value] of rows) if (value !== "" && name !== "name") { put("dt", name, list); put("dd", Array.isArray(value) ? value.join(", ") : String(value), list); }
    if (one.within) { put("h2", "in", told); link(one.within, put("ul", "", told)); }
    const joined = beside.get(id).filter(([, by]) => by);
    if (joined.length) {
      put("h2", "joined to", told);
      const into = put("ul", "", told);
      for (const [to, by] of joined) { const line = lines.find((it) => it.id === by); link(to, into, [line.kind, line.label, line.wrong].filter(Boolean).join("  ")); }
    }
  }
  // What `why` calls a thing; nothing where it is asked of no such thing, or by no plain name
  function end(id) {
    const one = byId.get(id), alike = things.filter((it) => it.name === one.name && ["vm", "port", "host"].includes(it.kind));
    if (!["vm", "port", "host"].includes(one.kind) || !/^[A-Za-z0-9_][\w.@-]*$/.test(one.name)) return "";
    if (one.kind === "port") return `${one.place}/${one.name}`;
    return alike.some((it) => it.kind !== one.kind) ? `${one.kind}:${one.name}` : one.name;
  }
  function tellWay(from, to, told) {
    put("h2", `${byId.get(from).name} → ${byId.get(to).name}`, told);
    const steps = way(from, to);
    if (steps) {
      const into = put("ul", "", told);
      for (const [id, by] of steps) link(id, into, by && lines.find((it) => it.id === by).label);
    } else put("p", "Nothing that is drawn joins the two.", told).className = "wrong";
    const ends = [from, to].map(end);
    if (ends.every(Boolean)) {
      put("p", "That is what is drawn; whether packets pass, and what stops them, is said by:", told);
      put("code", `vnetsh 'why ${ends.join(" -> ")}'`, told);  // in quotes: a shell would take > for a file
      document.dispatchEvent(new CustomEvent("way", { detail: { from, to, into: told } }));
    } else put("p", "Whether packets pass is told between vms, ports and hosts.", told);
    if (!steps) { light(new Set([from, to]), new Set()); return; }
    light(new Set(steps.flatMap(([id]) => [id, ...boxes(id)])), new Set(steps.map(([, by]) => by)));
  }
  function choose(id, more, again) {
    for (const at of [chosen, second]) shapes.get(at)?.classList.remove("chosen");
    if (more && chosen && id && id !== chosen) { second = id; retell((into) => tellWay(chosen, id, into)); }
    else { chosen = id; second = ""; if (id) { retell((into) => tell(id, into)); lightOne(id); } else { light(new Set(), new Set()); } }
    for (const at of [chosen, second]) shapes.get(at)?.classList.add("chosen");
    if (id && !again) document.dispatchEvent(new CustomEvent("chosen", { detail: byId.get(id) }));
  }

  // Mouse and keys; one thing at a time is reached by Tab, the others by the arrows
  let current = "";
  function focus(id) {
    shapes.get(current)?.setAttribute("tabindex", "-1");
    current = id;
    shapes.get(id).setAttribute("tabindex", "0");
    shapes.get(id).focus({ preventScroll: true });
    const at = rect(id).getBoundingClientRect(), around = size();
    if (at.left < around.left || at.right > around.right || at.top < around.top || at.bottom > around.bottom) show(id);
  }
  function next(id, key) {
    const from = box(id), at = [from.x + Math.min(from.w, 150) / 2, from.y + Math.min(from.h, 38) / 2];
    let best = "", least = Infinity;
    for (const [other, g] of shapes) {
      if (other === id || g.classList.contains("gone")) continue;
      const there = box(other), dx = there.x + Math.min(there.w, 150) / 2 - at[0], dy = there.y + Math.min(there.h, 38) / 2 - at[1];
      const [along, aside] = { ArrowRight: [dx, dy], ArrowLeft: [-dx, dy], ArrowDown: [dy, dx], ArrowUp: [-dy, dx] }[key];
      const far = along + 3 * Math.abs(aside);
      if (along > 1 && far < least) { least = far; best = other; }
    }
    return best;
  }
  const prepared = new WeakSet();
  function prepare(id, g) {
    g.setAttribute("role", "button");
    g.setAttribute("tabindex", "-1");
    g.addEventListener("click", (event) => { event.stopPropagation(); focus(id); choose(id, event.shiftKey); });
    g.addEventListener("dblclick", (event) => { event.stopPropagation(); fold(id); });
    g.addEventListener("mouseenter", () => { if (!chosen) lightOne(id); });
    g.addEventListener("mouseleave", () => { if (!chosen) light(new Set(), new Set()); });
    g.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") { if (chosen === id && !event.shiftKey) fold(id); choose(id, event.shiftKey); event.preventDefault(); }
      else if (event.key.startsWith("Arrow")) { const to = next(id, event.key); if (to) focus(to); event.preventDefault(); }
    });
    prepared.add(g);
  }
  paper.on("click", () => choose(""));

  // Find
  const find = document.getElementById("find"), found = document.getElementById("found");
  let hits = [], turn = 0;
  find.addEventListener("input", () => {
    const asked = find.value.trim().toLowerCase();
    hits = asked ? things.filter((one) => `${words(one)} ${Object.values(one.about).join(" ")}`.toLowerCase().includes(asked)).map((one) => one.id) : [];
    turn = 0;
    found.textContent = asked ? `${hits.length} found` : "";
    light(new Set(hits.flatMap((id) => [id, ...boxes(id)])), new Set());
    if (asked && !hits.length) world.classed("dim", true);
  });
  find.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && hits.length) {
      const id = hits[turn++ % hits.length];
      for (const up of boxes(id)) folded.delete(up);
      refresh(); choose(id); show(id);
    } else if (event.key === "Escape") { find.value = ""; find.dispatchEvent(new Event("input")); find.blur(); }
  });

  // Tags
  const tagButtons = new Map();
  function offerTags() {
    const tags = [...new Set(things.flatMap((one) => one.tags).filter((tag) => tag.startsWith("vlan ")))].sort((a, b) => a.slice(5) - b.slice(5));
    for (const [tag, button] of tagButtons) if (!tags.includes(tag)) { button.remove(); tagButtons.delete(tag); only.delete(tag); }
    for (const tag of tags) {
      const into = document.getElementById("tags");
      if (tagButtons.has(tag)) { into.append(tagButtons.get(tag)); continue; }
      const button = put("button", tag, into);
      tagButtons.set(tag, button);
      button.type = "button";
      button.setAttribute("aria-pressed", "false");
      button.addEventListener("click", () => { if (!only.delete(tag)) only.add(tag); button.setAttribute("aria-pressed", String(only.has(tag))); refresh(); });
    }
  }

  // A picture, the first or a newer one: what is drawn is there already
  function take(picture) {
    ({ things, lines } = picture);
    byId = new Map(things.map((one) => [one.id, one]));
    inside = new Map(); beside = new Map(things.map((one) => [one.id, []]));
    shapes.clear(); cords.clear();
    document.querySelectorAll("#world .thing").forEach((g) => shapes.set(g.dataset.id, g));
    document.querySelectorAll("#world .line").forEach((g) => cords.set(g.dataset.id, g));
    for (const one of things) {
      if (!inside.has(one.within)) inside.set(one.within, []);
      inside.get(one.within).push(one.id);
      const g = shapes.get(one.id);
      if (!prepared.has(g)) prepare(one.id, g);
      g.setAttribute("aria-label", words(one));
      if (one.within && byId.get(one.within).kind === "bridge") {
        beside.get(one.id).push([one.within, ""]);
        beside.get(one.within).push([one.id, ""]);
      }
    }
    for (const line of lines) {
      beside.get(line.one).push([line.other, line.id]);
      beside.get(line.other).push([line.one, line.id]);
    }
    for (const id of folded) if (!inside.has(id)) folded.delete(id);
    const lost = document.activeElement === document.body && heldFocus;
    if (!shapes.has(current)) current = things.length ? things[0].id : "";
    shapes.get(current)?.setAttribute("tabindex", "0");
    if (lost) shapes.get(current)?.focus({ preventScroll: true });
    offerTags();
    refresh();
    const both = [chosen, second].filter((id) => shapes.has(id));
    chosen = second = "";
    if (both.length) { choose(both[0], false, true); if (both.length > 1) choose(both[1], true, true); } else light(new Set(), new Set());
    if (find.value) find.dispatchEvent(new Event("input"));
  }

  // What is drawn of a newer picture: what is otherwise comes in place of what there was
  let heldFocus = false;
  document.addEventListener("picture", (event) => {
    const { pieces, order, drawn, title } = event.detail, held = document.activeElement;
    heldFocus = Boolean(held?.closest?.("#world"));
    for (const [key, markup] of Object.entries(pieces)) {
      const holder = document.createElementNS("http://www.w3.org/2000/svg", "g");
      holder.innerHTML = markup;  // the server's own, in which names are text
      const made = holder.firstElementChild;
      drawn.get(key)?.replaceWith(made);
      drawn.set(key, made);
    }
    const wanted = new Set(order);
    for (const [key, g] of drawn) if (!wanted.has(key)) { g.remove(); drawn.delete(key); }
    let before = null;
    for (const key of order) {
      const g = drawn.get(key), place = before ? before.nextElementSibling : world.node().firstElementChild;
      if (g !== place) world.node().insertBefore(g, place);
      before = g;
    }
    document.title = title;
    take(event.detail);
  });

  const on = (id, do_) => document.getElementById(id).addEventListener("click", (event) => do_(event.currentTarget));
  on("fit", () => fit(true)); on("in", () => near(1.4)); on("out", () => near(1 / 1.4)); on("fold", foldHosts);
  on("look", () => { const root = document.documentElement, dark = matchMedia("(prefers-color-scheme: dark)").matches; root.dataset.look = (root.dataset.look || (dark ? "dark" : "light")) === "dark" ? "light" : "dark"; });
  document.addEventListener("keydown", (event) => {
    if (event.target.matches("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
    const does = { "/": () => find.focus(), "+": () => near(1.4), "-": () => near(1 / 1.4), 0: () => fit(true), h: () => foldHosts(document.getElementById("fold")), Escape: () => choose("") }[event.key];
    if (does) { does(); event.preventDefault(); }
  });
  addEventListener("beforeprint", () => fit(false));
  take(JSON.parse(document.getElementById("data").textContent));
  fit(false);
  document.documentElement.dataset.ready = "yes";
})();
