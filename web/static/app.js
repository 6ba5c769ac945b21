// What htmx leaves to us: which row is open, and what to say when nobody answers.
(() => {
  "use strict";

  const words = () => document.body.dataset;

  // The open task's row is marked, however the task was opened: a click, the way back, a decision.
  const markRow = () => {
    const open = document.querySelector("#detail [data-task]")?.dataset.task;
    for (const link of document.querySelectorAll("#list .row > a")) {
      const here = open !== undefined && link.parentElement.id === `row-${open}`;
      if (here) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  };

  // A form stays as it is when the server fails; the alert says so and goes away by itself once read.
  const alarm = (text) => {
    const place = document.getElementById("alerts");
    if (!place || place.childElementCount) return;
    const toast = document.createElement("p");
    toast.className = "toast";
    toast.textContent = text;
    place.append(toast);
    const leave = () => {
      if (toast.matches(":hover")) setTimeout(leave, 2000);
      else toast.remove();
    };
    setTimeout(leave, 8000);
  };

  // The server says where the reader goes on: an error summary, a note, a heading.
  const focusMarked = () => {
    const place = document.querySelector("[data-focus]");
    place?.removeAttribute("data-focus");
    place?.focus();
  };

  // What was shown in full is masked again after half a minute, and at once when the page is left for another.
  const LOOK_MS = 30_000;
  const mask = (one) => {
    one.textContent = one.dataset.masked;
    one.removeAttribute("data-masked");
  };
  const watchLooks = () => {
    for (const one of document.querySelectorAll("[data-masked]:not([data-watched])")) {
      one.dataset.watched = "";
      setTimeout(() => one.hasAttribute("data-masked") && mask(one), LOOK_MS);
    }
  };
  addEventListener("pagehide", () => document.querySelectorAll("[data-masked]").forEach(mask));

  focusMarked();
  watchLooks();
  document.addEventListener("htmx:after:swap", () => {
    markRow();
    focusMarked();
    watchLooks();
  });
  document.addEventListener("htmx:error", () => alarm(words().mSilent));
  document.addEventListener("htmx:response:error", (event) => {
    if (event.detail.ctx.response.status >= 500) alarm(words().mSilent);
  });
})();
