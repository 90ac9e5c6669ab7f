// Searching, choosing all, and the count of what is chosen. The page is complete without it.
"use strict";
(() => {
  const form = document.getElementById("choose");
  const boxes = [...form.querySelectorAll("[name=accountIds]")];
  const rows = [...document.querySelectorAll("#choices .choice")];
  const [search, all, words, count] = ["search", "all", "all-words", "count"].map((id) => document.getElementById(id));
  for (const part of form.querySelectorAll("[data-script]")) part.hidden = false;

  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/ß/g, "ss");
  const texts = new Map(rows.map((row) => [row, plain(row.textContent)]));
  const shown = () => boxes.filter((box) => !box.closest(".choice").hidden);

  function tell() {
    count.textContent = `${boxes.filter((box) => box.checked).length} of ${boxes.length} chosen`;
    if (!all) return;
    const inView = shown(), ticked = inView.filter((box) => box.checked).length;
    all.checked = inView.length > 0 && ticked === inView.length;
    all.indeterminate = ticked > 0 && ticked < inView.length;
    all.disabled = inView.length === 0;
    words.textContent = inView.length === boxes.length ? `Select all ${boxes.length}` : `Select the ${inView.length} found`;
  }

  search?.addEventListener("input", () => {
    const wanted = plain(search.value.trim());
    for (const row of rows) row.hidden = !texts.get(row).includes(wanted);
    document.getElementById("none").hidden = rows.some((row) => !row.hidden);
    tell();
  });
  search?.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault(); // it searches already, and would send the choice
  });
  all?.addEventListener("change", () => {
    for (const box of shown()) box.checked = all.checked;
  });
  form.addEventListener("change", (event) => {
    if (event.target.checked) document.querySelector("[role=alert].flash")?.remove();
    tell();
  });
  addEventListener("pageshow", tell); // a browser that comes back ticks what was ticked
  tell();
})();
