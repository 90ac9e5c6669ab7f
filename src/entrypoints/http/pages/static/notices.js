// Lets a notice go when it has been said. The pages are complete without it.
"use strict";
(() => {
  if (document.querySelector("[role=status].flash")) history.replaceState(null, "", location.pathname);

  const fault = document.querySelector("[role=alert].flash");
  document.getElementById("choose")?.addEventListener("change", (event) => {
    if (event.target.checked) fault?.remove();
  });
})();
