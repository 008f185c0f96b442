"use strict";
// What is live of the page: it is told what becomes otherwise, knows when it is not, and finds back by itself.
const vnetsh = (() => {
  const about = JSON.parse(document.getElementById("about").textContent);
  if (location.hash.startsWith("#token=")) history.replaceState(null, "", "/");  // known already
  const live = document.getElementById("live");
  const first = JSON.parse(document.getElementById("data").textContent);
  const make = (tag, words, into, kind) => { const made = document.createElement(tag); made.textContent = words; if (kind) made.className = kind; into.append(made); return made; };
  const clock = () => new Date().toLocaleTimeString();
  const say = (words, cut) => { if (live.textContent !== words) live.textContent = words; live.classList.toggle("cut", Boolean(cut)); };

  // The picture: pieces by their keys. The first one is drawn already.
  const pieces = new Map(), drawn = new Map();
  let order = [];
  (() => {
    const seen = new Set();
    for (const g of document.querySelectorAll("#world > g")) {
      let key = `${g.classList.contains("line") ? "l" : "t"} ${g.dataset.id}`;
      while (seen.has(key)) key += "'";
      seen.add(key); drawn.set(key, g); order.push(key);
    }
    const known = new Map([...first.things.map((one) => [`t ${one.id}`, one]), ...first.lines.map((one) => [`l ${one.id}`, one])]);
    for (const key of order) pieces.set(key, known.get(key) || known.get(key.replace(/'+$/, "")));
  })();
  let has = about.has;
  function picture(told, id) {
    for (const [key, [data]] of Object.entries(told.pieces)) pieces.set(key, data);
    order = told.order || order;
    const wanted = new Set(order);
    for (const key of pieces.keys()) if (!wanted.has(key)) pieces.delete(key);
    const of = (sign) => order.filter((key) => key.startsWith(sign)).map((key) => pieces.get(key));
    const markup = Object.fromEntries(Object.entries(told.pieces).map(([key, [, text]]) => [key, text]));
    document.dispatchEvent(new CustomEvent("picture", { detail: { title: told.title, order, drawn, pieces: markup, things: of("t "), lines: of("l ") } }));
    has = id;
    document.documentElement.dataset.picture = id;
  }

  // The stream. Whoever hears nothing for a while is cut off, whatever the browser says; also after an hour's sleep.
  const QUIET = 25000, listeners = {};
  let source = null, heard = 0, cutSince = "", said = "", boot = "", page = "", again = 0;
  const on = (topic, does) => { (listeners[topic] ??= []).push(does); source?.addEventListener(topic, (event) => hear(topic, event)); };
  function hear(topic, event) {
    heard = Date.now();
    if (cutSince || topic === "hello") { cutSince = ""; again = 0; say("live"); }
    const told = JSON.parse(event.data);
    for (const does of listeners[topic] || []) does(told, event.lastEventId);
  }
  function cut(why) {
    source?.close(); source = null;
    cutSince ||= clock();
    say(why || `cut off since ${cutSince}: this may be old; trying again`, true);
    clearTimeout(cut.timer);
    cut.timer = setTimeout(open, Math.min(1000 * 2 ** again++, 8000));
  }
  async function open() {
    clearTimeout(cut.timer);
    if (document.hidden || source) return;
    heard = Date.now();
    source = new EventSource(`/events?has=${encodeURIComponent(has)}`);
    for (const topic of Object.keys(listeners)) source.addEventListener(topic, (event) => hear(topic, event));
    source.onerror = async () => {
      const shut = source?.readyState === EventSource.CLOSED;
      cut();
      if (shut) try { if ((await fetch("/run?name=0")).status === 401) cut("log in again: load the page anew"); } catch { /* cut off */ }
    };
  }
  setInterval(() => { if (source && Date.now() - heard > QUIET) cut(); }, 1000);
  // A page that nobody sees takes no connection: browsers have few for one server.
  document.addEventListener("visibilitychange", () => { if (document.hidden) { source?.close(); source = null; clearTimeout(cut.timer); } else { again = 0; open(); } });
  addEventListener("online", () => { again = 0; if (!source) open(); });
  addEventListener("pagehide", () => { source?.close(); source = null; });
  addEventListener("pageshow", (event) => { if (event.persisted) open(); });

  async function post(path, body) {
    try {
      const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json", "X-Vnetsh-Token": said }, body: JSON.stringify(body) });
      if (answer.status === 204) return {};
      return answer.headers.get("content-type").startsWith("application/json") ? await answer.json() : { error: (await answer.text()).trim() };
    } catch { return { error: "the server does not answer: whether it was asked is not known" }; }
  }

  on("hello", (told) => {
    if (page && page !== told.page) say("the server is a newer one: load the page anew");
    [boot, page, said] = [told.boot, told.page, told.said];
  });
  on("picture", picture);
  on("beat", () => {});
  on("failures", (told) => { if (told.length) say(`live, but: ${told.join("; ")}`); else if (!cutSince) say("live"); });
  on("waiting", (told) => { if (told.length) say(`live, but waiting for ${told.join(", ")}`); else if (!cutSince) say("live"); });

  // Tabs
  const tabs = [...document.querySelectorAll("#tabs [role=tab]")], panel = (tab) => document.getElementById(tab.getAttribute("aria-controls"));
  function show(tab, focus) {
    for (const one of tabs) {
      const chosen = one === tab;
      one.setAttribute("aria-selected", String(chosen));
      one.tabIndex = chosen ? 0 : -1;
      panel(one).hidden = !chosen;
    }
    if (focus) tab.focus();
  }
  for (const tab of tabs) {
    panel(tab).setAttribute("role", "tabpanel");
    panel(tab).setAttribute("aria-labelledby", tab.id);
    panel(tab).removeAttribute("aria-label");
    panel(tab).tabIndex = 0;
    tab.addEventListener("click", () => show(tab));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step) { show(tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length], true); event.preventDefault(); event.stopPropagation(); }
    });
  }
  const open_tab = (name) => show(document.getElementById(`tab-${name}`));
  open_tab("told");
  document.addEventListener("chosen", () => open_tab("told"));
  function count(name, number) {
    const tab = document.getElementById(`tab-${name}`);
    tab.dataset.words ??= tab.textContent;
    tab.textContent = number ? `${tab.dataset.words} ${number}` : tab.dataset.words;
  }
  // Rows are told anew as a whole; where the keyboard was, it stays.
  function rows(id, told, row) {
    const list = document.querySelector(`#${id} .rows`) || document.getElementById(id), at = [...list.querySelectorAll("button")].indexOf(document.activeElement);
    list.replaceChildren();
    for (const one of told) row(one, make("li", "", list));
    if (at >= 0) list.querySelectorAll("button")[at]?.focus();
  }

  // Between two chosen things: what `why` says, asked once; of a picture that has changed since it is asked again by the button
  const answers = new Map();
  function tellWhy(key, box) {
    box.textContent = answers.get(key) || "asking the hosts …";
    box.parentNode?.querySelector(".again")?.toggleAttribute("disabled", !answers.has(key));
  }
  async function askWhy(from, to) {
    const key = JSON.stringify([from, to]);
    answers.delete(key);
    for (const box of document.querySelectorAll("#told .why")) if (box.dataset.way === key) tellWhy(key, box);
    const told = await post("/why", { from, to });
    if (answers.size > 50) answers.clear();
    answers.set(key, `${clock()}\n${told.error || told.text}`);
    for (const box of document.querySelectorAll("#told .why")) if (box.dataset.way === key) tellWhy(key, box);
  }
  document.addEventListener("way", (event) => {
    const { from, to, into } = event.detail, key = JSON.stringify([from, to]), box = make("pre", "", into, "why");
    box.dataset.way = key;
    box.tabIndex = 0;
    box.setAttribute("aria-label", "What `why` says");
    const again = make("button", "Ask again", into, "again");
    again.type = "button";
    again.addEventListener("click", () => askWhy(from, to));
    tellWhy(key, box);
    if (!answers.has(key) && !asking.has(key)) { asking.add(key); askWhy(from, to).finally(() => asking.delete(key)); }
  });
  const asking = new Set();

  // Runs
  const run = document.getElementById("run");
  async function tellRun(name) {
    try { const told = await (await fetch(`/run?name=${encodeURIComponent(name)}`)).json(); run.textContent = told.text || told.error; }
    catch { run.textContent = "the server does not answer"; }
  }
  on("silent", (told) => { document.querySelector("#runs .silent").textContent = told.length ? `Not asked for runs of others, for they do not answer: ${told.join(", ")}` : ""; });
  on("runs", (told) => rows("runs", told, (one, into) => {
    const button = make("button", `run ${one.name}`, into);
    button.type = "button";
    button.addEventListener("click", () => tellRun(one.name));
    make("span", ` ${one.what || ""} `, into);
    make("span", one.outcome, into, ["done", "finished"].includes(one.outcome) ? "soft" : "bad");
    if (one.time) make("div", [new Date(one.time).toLocaleString(), one.who, Object.entries(one.changes || {}).map(([how, many]) => `${many} ${how}`).join(", "), one.taken_back_by && `taken back by ${one.taken_back_by}`].filter(Boolean).join(" · "), into, "soft");
    document.dispatchEvent(new CustomEvent("run", { detail: { run: one, into } }));
  }));

  // Jobs: moves with how far they are, and other runs under way
  on("jobs", (told) => {
    count("jobs", told.length);
    document.querySelector("#jobs .none").hidden = told.length > 0;
    rows("jobs", told, (one, into) => {
      make("div", [one.name !== "-" && `run ${one.name}`, one.vm && `${one.vm}: ${one.from} → ${one.to || "?"}`, one.what].filter(Boolean).join(" · "), into);
      const size = (text) => { const found = /^([\d.]+)\s*([KMGT]?)/.exec(text || ""); return found ? found[1] * { "": 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 }[found[2]] : 0; };
      const sent = size(one.sent), left = size(one.left);
      if (sent || left) {
        const bar = make("progress", "", into);
        bar.max = sent + left; bar.value = sent;
        bar.setAttribute("aria-label", `sent of ${one.vm}`);
        make("div", [`sent ${one.sent}`, one.left && `left ${one.left}`, one.rate && `at ${one.rate}`, one.ends && `about ${one.ends} to go`].filter(Boolean).join(", "), into, "soft");
      } else if (one.since) make("div", `since ${one.since}`, into, "soft");
    });
  });

  // What `doctor` finds
  on("warnings", (told) => {
    count("warnings", told.found.length);
    document.querySelector("#warnings .at").textContent = `looked at ${told.at}: ${told.found.length ? `${told.found.length} found` : "nothing is wrong"}`;
    rows("warnings", told.found, (one, into) => {
      make("div", [one.severity, one.kind, one.name, one.host && `on ${one.host}`].filter(Boolean).join(" "), into, one.severity === "error" ? "bad" : "hint");
      make("div", one.finding || one.says || "", into);
      if (one.mend) make("div", one.mend, into, "soft");
    });
  });
  document.getElementById("look-again").addEventListener("click", () => { document.querySelector("#warnings .at").textContent = "looking …"; post("/look", {}); });

  document.addEventListener("DOMContentLoaded", open);  // the other programs of the page have said what they listen to
  return { on, post, make, rows, open_tab };
})();
