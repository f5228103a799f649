"use strict";
// textual.js opens the terminal when the page is loaded, but leaves the keyboard with the page.
window.addEventListener("load", () => {
  document.querySelector(".xterm-helper-textarea")?.focus();
});
