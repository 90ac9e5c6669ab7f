// Keeps the list current while it is looked at, says when it can't, and closes a question without leaving one's place.
// The page is complete without it.
"use strict";
(() => {
  const platform = document.getElementById("platform");
  const every = Number(document.getElementById("accounts").dataset.every) * 1000;
  const notice = (id, shown) => (document.getElementById(id).hidden = !shown);
  let failures = 0;

  async function refresh() {
    if (!document.hidden) await look();
    if (document.getElementById("ended").hidden) setTimeout(refresh, every);
  }

  async function look() {
    try {
      const answer = await fetch("/dashboard/platforms", { credentials: "same-origin", redirect: "manual" });
      if (answer.type === "opaqueredirect" || answer.status === 401) return notice("ended", true); // to the sign-in
      if (!answer.ok) throw new Error(String(answer.status));
      show(new DOMParser().parseFromString(await answer.text(), "text/html"));
      failures = 0;
    } catch {
      failures += 1; // one alone is a deployment, or a train in a tunnel
    }
    notice("away", failures > 1);
  }

  function show(fresh) {
    const [list, wanted] = [document.getElementById("accounts"), fresh.getElementById("accounts")];
    if (!list || !wanted) return list || wanted ? platform.replaceChildren(...fresh.getElementById("platform").childNodes) : null;
    const focused = list.contains(document.activeElement);
    arrange(list, wanted);
    for (const old of document.querySelectorAll("[data-live]")) {
      const now = fresh.getElementById(old.id);
      if (now && now.innerHTML !== old.innerHTML && !old.contains(document.activeElement)) {
        old.className = now.className;
        old.replaceChildren(...now.childNodes);
      }
    }
    if (focused && !list.contains(document.activeElement)) document.getElementById("tiktok").focus();
  }

  // Rows that are gone go, new ones come, and the others stay the elements that they are: one may hold a question or the focus.
  function arrange(list, wanted) {
    const ids = new Set([...wanted.children].map((row) => row.id));
    for (const row of [...list.children]) if (!ids.has(row.id)) row.remove();
    let next = list.firstElementChild;
    for (const row of [...wanted.children]) {
      const here = document.getElementById(row.id);
      if (here && here === next) next = next.nextElementSibling;
      else list.insertBefore(here ?? row.cloneNode(true), next);
    }
  }

  function close(question) {
    question.open = false;
    question.querySelector("summary").focus();
  }

  platform.addEventListener("click", (event) => {
    const question = event.target.closest("[data-keep]")?.closest("details");
    if (!question) return;
    event.preventDefault();
    close(question);
  });
  addEventListener("keydown", (event) => {
    const open = event.key === "Escape" && [...document.querySelectorAll("details[open]")];
    if (open && open.length) close(open.find((question) => question.contains(document.activeElement)) ?? open[0]);
  });
  addEventListener("visibilitychange", () => document.hidden || look());
  setTimeout(refresh, every);
})();
