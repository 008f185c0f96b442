"use strict";
// What is planned and made from the page: the plan as the shell shows it, its question, and how far it is.
(() => {
  const { on, post, make, rows, open_tab } = vnetsh;
  const [plan, text, planned, apply, answer, drop] = ["plan", "text", "planned", "apply", "answer", "drop"].map((id) => document.getElementById(id));
  const label = document.querySelector("label[for=answer]");
  let offer = null;
  const underWay = new Set();  // runs, by their names
  on("jobs", (told) => { underWay.clear(); for (const one of told) if (one.name !== "-") underWay.add(`run ${one.name}`); });
  function show(told) {
    offer = told.error || !told.allowed ? null : told;
    planned.textContent = told.error || told.text + (told.allowed ? "" : `\nthis would cost ${told.impact}, which is more than is allowed here`);
    apply.hidden = !offer || (!told.changes && !told.plan.expectations.length);
    answer.hidden = label.hidden = !told.typed;
    label.textContent = told.typed ? told.question : "";
    answer.value = "";
    apply.querySelector("[type=submit]").textContent = told.question && !told.typed ? `Apply: ${told.impact}` : "Apply";
    if (!apply.hidden) (told.typed ? answer : apply.querySelector("[type=submit]")).focus();
  }
  async function ask(path, body) {
    apply.hidden = true;
    planned.textContent = "planning …";
    const waits = setInterval(() => {
      const words = underWay.size ? `waiting for what is under way: ${[...underWay].join(", ")}` : "still planning: a host is slow, or somebody changes it just now";
      if (planned.textContent !== words) planned.textContent = words;
    }, 1000);
    try { show(await post(path, body)); } finally { clearInterval(waits); }
  }
  plan.addEventListener("submit", (event) => { event.preventDefault(); ask("/plan", { text: text.value }); });
  text.addEventListener("keydown", (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) plan.requestSubmit(); });
  text.addEventListener("input", () => { if (offer) { offer = null; apply.hidden = true; planned.textContent = ""; } });
  drop.addEventListener("click", () => { offer = null; apply.hidden = true; planned.textContent = ""; text.focus(); });
  apply.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!offer) return;
    const told = await post("/apply", { hash: offer.hash, answer: offer.typed ? answer.value : offer.question ? "yes" : "" });
    if (told.error) { planned.textContent = told.error; if (!offer.typed) apply.hidden = true; return; }
    offer = null; apply.hidden = true; planned.textContent = "";
  });
  document.addEventListener("run", (event) => {
    const { run, into } = event.detail;
    if (!run.undo) return;
    const button = make("button", `Undo run ${run.name} …`, into);
    button.type = "button";
    button.addEventListener("click", () => { open_tab("change"); ask("/undo", { run: run.name }); });
  });
  const came = document.getElementById("came");
  on("works", (told) => {
    const newest = told[0], words = newest ? `${newest.run ? `run ${newest.run}: ` : ""}${newest.what}: ${newest.state}` : "";
    if (came.textContent !== words) came.textContent = words;  // how far it is need not be heard each time
  });
  on("works", (told) => rows("works", told, (one, into) => {
    make("span", `${one.run ? `run ${one.run}: ` : ""}${one.what} `, into);
    make("span", one.ending && one.state === "under way" ? "being taken back" : one.state, into, { done: "soft", failed: "bad", refused: "bad", "broken off": "bad" }[one.state] || "hint");
    for (const line of one.progress) make("div", line, into, "soft");
    if (one.text) make("pre", one.text, into);
    if (one.until) {
      make("div", `its hosts go back at ${new Date(one.until * 1000).toLocaleTimeString()} unless it is confirmed`, into, "bad");
      const button = make("button", "Confirm: it stays", into);
      button.type = "button";
      button.addEventListener("click", () => post("/confirm", { work: one.work }));
    }
    if (one.state === "under way" || one.state === "checking") {
      const button = make("button", one.ending ? "Leave what hangs" : "Take it back", into);
      button.type = "button";
      button.addEventListener("click", () => post("/end", { work: one.work }));
    }
  }));
})();
