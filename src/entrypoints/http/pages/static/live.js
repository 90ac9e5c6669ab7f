// Keeps the shown lives of tokens current while the page is visible, and closes a question without leaving one's place.
// The page is complete without it.
"use strict";
(() => {
  const list = document.querySelector("[data-every]");
  if (!list) return;
  const every = Number(list.dataset.every) * 1000;

  async function refresh() {
    try {
      if (document.hidden) return;
      const answer = await fetch(location.pathname, { credentials: "same-origin", redirect: "error" });
      if (!answer.ok) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const old of document.querySelectorAll("[data-live]")) {
        const now = fresh.getElementById(old.id);
        if (now && now.innerHTML !== old.innerHTML && !old.contains(document.activeElement)) old.replaceWith(now);
      }
    } catch {
      // The server is away or the session has ended: what is shown stays until the page is loaded again.
    } finally {
      setTimeout(refresh, every);
    }
  }
  setTimeout(refresh, every);

  list.addEventListener("click", (event) => {
    const question = event.target.closest("[data-keep]")?.closest("details");
    if (!question) return;
    event.preventDefault();
    question.open = false;
    question.querySelector("summary").focus();
  });
})();
