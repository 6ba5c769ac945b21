// What htmx leaves to us: which row is open, one key for each button, and what to say when nobody answers.
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
  const alarm = (text, door) => {
    const place = document.getElementById("alerts");
    if (!place || place.childElementCount) return;
    const toast = document.createElement(door ? "a" : "p");
    toast.className = "toast";
    toast.textContent = text;
    place.append(toast);
    if (door) {
      Object.assign(toast, { href: door, target: "_blank", rel: "noopener" });
      return;
    }
    const leave = () => {
      if (toast.matches(":hover")) setTimeout(leave, 2000);
      else toast.remove();
    };
    setTimeout(leave, 8000);
  };

  // Signed out in the middle of a form: the page stays as it is. Who comes back from the other window is known here
  // again: the forms get the seal of the new session, and what was typed meanwhile is kept.
  let isOut = false;
  const signedOut = () => {
    isOut = true;
    alarm(words().mOut, `/login?next=${encodeURIComponent(location.pathname)}`);
  };
  const seal = (page) => page.querySelector("form:not(.sign-in) input[name=csrf]")?.value;
  const cameBack = async () => {
    if (!isOut) return;
    const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
    const fresh = seal(page);
    if (!page.getElementById("keys") || !fresh) return;
    isOut = false;
    document.getElementById("alerts").replaceChildren();
    const unopened = document.querySelector("#keys template")?.content;
    for (const place of [document, unopened]) for (const one of place?.querySelectorAll("input[name=csrf]") ?? []) one.value = fresh;
    document.querySelector("form.answering")?.dispatchEvent(new Event("input", { bubbles: true }));
  };
  addEventListener("focus", cameBack);
  document.addEventListener("visibilitychange", () => document.hidden || cameBack());

  // The server says where the reader goes on: an error summary, a note, a heading. Who walks the list stays there.
  let passed;
  const focusMarked = (source) => {
    const place = document.querySelector("[data-focus]");
    place?.removeAttribute("data-focus");
    if (!source || source !== passed) place?.focus();
    else passed = undefined;
  };

  // ---- keys: what a key does, a click on its visible button does ----

  const TYPING = "input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]";
  const REPEAT_MS = 80;
  const rows = () => [...document.querySelectorAll("#list .row > a")];
  const isWide = () => matchMedia("(min-width: 900px)").matches;
  let opening;

  // Up and down the list; where there is room for it, the row opens as one comes by.
  const walk = (by) => {
    const all = rows();
    if (!all.length) return;
    const here = document.activeElement?.closest("#list .row")?.querySelector("a") ?? document.querySelector("#list .row > a[aria-current]");
    const from = all.indexOf(here);
    const next = from < 0 ? all[0] : all[Math.min(Math.max(from + by, 0), all.length - 1)];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
    if (!isWide() || next.getAttribute("aria-current")) return;
    clearTimeout(opening);
    opening = setTimeout(() => {
      passed = next;
      next.click();
    }, REPEAT_MS);
  };

  const back = () => {
    const open = document.querySelector("#list .row > a[aria-current]");
    if (open?.offsetParent) open.focus();
    else document.querySelector("#detail .back")?.click();
  };

  const press = (key) => {
    const search = key === "/" && document.querySelector("[role=search] input:not([type=hidden])");
    const place = search || [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find(
      (one) => one.offsetParent && !one.matches(":disabled, :disabled *"),
    );
    if (!place) return false;
    if (place.matches("input, textarea, [data-key-focus]")) (place.querySelector("input:not(:disabled)") ?? place).focus();
    else {
      if (place.matches("summary")) place.focus();  // what opens is walked through from here
      place.click();
    }
    return true;
  };

  const help = () => {
    const keys = document.getElementById("keys");
    const written = keys?.querySelector("template");
    written?.replaceWith(written.content);
    keys?.showModal();
  };
  const KEYS = {
    j: () => walk(1), k: () => walk(-1), "]": () => walk(1), "[": () => walk(-1),
    o: () => document.activeElement?.closest("#list .row > a")?.click(),
    x: () => document.activeElement?.closest("#list .row")?.querySelector("[name=task]")?.click(),
    "?": help, Escape: back, u: back,
  };

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.altKey || event.defaultPrevented) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.ctrlKey || event.metaKey) {
      // Written to the end: off it goes, without a way to the button.
      if (event.key === "Enter") event.target.closest?.("form.answering")?.requestSubmit();
      return;
    }
    if (event.target.closest?.(TYPING)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (event.key.startsWith("Arrow") && event.target.closest?.("#list .row")) {
      if (event.key === "ArrowDown") walk(1);
      else if (event.key === "ArrowUp") walk(-1);
      else return;
      event.preventDefault();
      return;
    }
    if (words().keys === "off" && event.key !== "Escape") return;
    const act = KEYS[event.key];
    if (act) act();
    else if (event.key.length !== 1 || !press(event.key)) return;
    event.preventDefault();
  });

  // Once something is chosen, all of the page can be: what has no script chooses one by one.
  const picks = () => [...document.querySelectorAll("#list [name=task]")];
  const offerAll = () => {
    const all = document.querySelector("[data-picks]");
    if (all) all.hidden = false;
  };

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-opens=keys]")) help();
    if (event.target.closest("[data-picks]")) for (const one of picks()) one.checked = true;
  });

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

  // What can be taken back says so as long as it can; not while somebody is about to.
  const watchOffers = () => {
    for (const one of document.querySelectorAll("[data-leaves]:not([data-watched])")) {
      one.dataset.watched = "";
      const leave = () => {
        if (one.matches(":hover, :focus-within")) setTimeout(leave, 1000);
        else one.remove();
      };
      setTimeout(leave, one.dataset.leaves * 1000);
    }
  };

  // What is being written is kept every two seconds, however long somebody writes without a pause.
  const KEEP_MS = 2_000;
  let keeping;
  document.addEventListener("input", (event) => {
    const draft = event.target.closest?.("form.answering")?.querySelector("[data-draft]");
    if (!draft || keeping) return;
    keeping = setTimeout(() => {
      keeping = undefined;
      if (draft.isConnected) draft.dispatchEvent(new Event("keep"));
    }, KEEP_MS);
  });

  // On paper each page says who printed it and when, by the bank's clock, and what it is of.
  addEventListener("beforeprint", () => {
    const foot = document.querySelector(".printed");
    if (!foot) return;
    const { at, zone, mPrinted } = foot.dataset;
    const now = new Date(at * 1000 + performance.now());
    const time = now.toLocaleString("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "short" });
    const said = { "--printed-by": mPrinted.replace("{time}", time), "--printed-what": `${document.title} · ${location.pathname}` };
    for (const [name, text] of Object.entries(said)) document.documentElement.style.setProperty(name, JSON.stringify(text));
  });

  // ---- what is pushed: nothing moves, new rows are counted until somebody asks for them ----

  const countNews = () => {
    const pill = document.getElementById("news");
    if (!pill) return;
    const ids = new Set([...pill.querySelectorAll("[data-new]")].map((one) => one.dataset.new));
    const fresh = [...ids].filter((id) => id !== "*" && !document.getElementById(`row-${id}`));
    pill.hidden = !fresh.length && !ids.has("*");
    const text = ids.has("*") ? pill.dataset.mOld : pill.dataset.mNews.replace("{n}", fresh.length);
    const [label] = pill.childNodes;
    if (label?.nodeType === Node.TEXT_NODE) {
      if (label.data !== text) label.data = text;
    } else pill.prepend(text);
  };
  const dot = (state) => document.querySelector("[data-live]")?.setAttribute("data-live", state);
  document.addEventListener("htmx:sse:after:connection", () => dot("on"));
  document.addEventListener("htmx:sse:error", () => dot("off"));

  focusMarked();
  watchLooks();
  offerAll();
  watchOffers();
  document.addEventListener("htmx:after:swap", (event) => {
    markRow();
    countNews();
    const source = event.detail.ctx?.sourceElement;
    focusMarked(source);
    // All of a page was shown anew in its place: nothing jumps.
    if (source?.id === "main") source.focus({ preventScroll: true });
    watchLooks();
    offerAll();
    watchOffers();
  });
  document.addEventListener("htmx:error", () => alarm(words().mSilent));
  document.addEventListener("htmx:response:error", (event) => {
    const { status } = event.detail.ctx.response;
    if (status >= 500) alarm(words().mSilent);
    else if (status === 401) signedOut();
  });
})();
