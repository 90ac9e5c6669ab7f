// Lets a notice go when it has been said: its address is not kept. The pages are complete without it.
"use strict";
if (document.querySelector(".flash:not([hidden])")) history.replaceState(null, "", location.pathname);
