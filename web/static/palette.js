// Ctrl+K: everything the page offers by its name, the places of the menu, and the search for whatever else is typed.
(() => {
  "use strict";

  // What is done on the page comes before where one may go.
  const OFFERED = ["main :is(a, button, summary)[data-key]", "main .acts :is(a, button, summary)", ".splits a", ".menu a"];
  const FOLDED = "details:not([open]) > :not(summary), details:not([open]) > :not(summary) *";
  const dialog = document.getElementById("palette");
  if (!dialog) return;
  const form = dialog.querySelector("form");
  const [input, list] = [form.querySelector("#f-wanted"), form.querySelector("ul")];
  let acts = [];
  let chosen = 0;

  const named = (place) => (place.getAttribute("aria-label") ?? place.textContent).replace(/\s+/g, " ").trim();
  const offered = () =>
    [...new Set(OFFERED.flatMap((some) => [...document.querySelectorAll(some)]))]
      .filter((place) => place.offsetParent && !place.matches(`:disabled, :disabled *, [aria-current], ${FOLDED}`) && named(place))
      .map((place) => ({ name: named(place), key: place.dataset.key ?? "", go: () => place.click() }));

  const option = (act, at) => {
    const line = document.createElement("li");
    line.id = `act-${at}`;
    line.setAttribute("role", "option");
    line.setAttribute("aria-selected", at === chosen);
    line.textContent = act.name;
    if (act.key) line.append(Object.assign(document.createElement("kbd"), { textContent: act.key }));
    return line;
  };

  let shown = [];
  const show = () => {
    const wanted = input.value.trim().toLowerCase();
    const place = (act) => act.name.toLowerCase().indexOf(wanted);
    shown = acts.filter((act) => place(act) >= 0).sort((one, other) => place(one) - place(other));
    if (wanted && form.dataset.finds === "yes") {
      const name = form.dataset.mFind.replace("{words}", input.value.trim());
      shown.push({ name, key: "", go: () => form.submit() });
    }
    chosen = Math.min(chosen, Math.max(shown.length - 1, 0));
    list.replaceChildren(...shown.map(option));
    form.querySelector("[data-none]").hidden = shown.length > 0;
    if (shown.length) input.setAttribute("aria-activedescendant", `act-${chosen}`);
    else input.removeAttribute("aria-activedescendant");
    list.children[chosen]?.scrollIntoView({ block: "nearest" });
  };

  const open = () => {
    if (document.querySelector("dialog[open]")) return;
    acts = offered();
    [input.value, chosen] = ["", 0];
    show();
    dialog.showModal();
  };
  const go = (act) => {
    dialog.close();
    act?.go();
  };

  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
    event.preventDefault();
    open();
  });
  document.addEventListener("click", (event) => event.target.closest("[data-opens=palette]") && open());
  input.addEventListener("input", () => {
    chosen = 0;
    show();
  });
  input.addEventListener("keydown", (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by || event.isComposing || !shown.length) return;
    event.preventDefault();
    chosen = (chosen + by + shown.length) % shown.length;
    show();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (shown.length) go(shown[chosen]);
  });
  list.addEventListener("click", (event) => {
    const at = [...list.children].indexOf(event.target.closest("li"));
    if (at >= 0) go(shown[at]);
  });
})();
