"use strict";
// A token that stands behind a `#` is sent to nobody by a browser; it goes from here, and out of the address.
(() => {
  const said = document.querySelector("[role=alert]"), field = document.getElementById("token");
  async function login(token) {
    const answer = await fetch("/login", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ token }) });
    if (answer.ok) location.replace("/");
    else said.textContent = (await answer.text()).trim();
  }
  document.querySelector("form").addEventListener("submit", (event) => { event.preventDefault(); login(field.value); });
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) { history.replaceState(null, "", "/"); login(given); } else field.focus();
})();
