// Keys on the calendar's pages: every one presses a link that is there, so that without this nothing is missing.
// One letter keys can be switched off (WCAG 2.1.4) in the help, which remembers it in this browser.
"use strict";
(() => {
  const dialog = document.getElementById("keys");
  const button = document.querySelector("[data-keys]");
  if (!dialog || !button) return;
  const remembered = "pufa-keys";
  const kept = (value) => {
    try {
      if (value !== undefined) localStorage.setItem(remembered, value);
      return localStorage.getItem(remembered);
    } catch {
      return null; // a browser that keeps nothing: the keys are on
    }
  };
  const box = dialog.querySelector("[data-keys-on]");
  box.checked = kept() !== "off";
  box.addEventListener("change", () => kept(box.checked ? "on" : "off"));
  button.hidden = false;
  button.addEventListener("click", () => dialog.showModal());

  const press = (selector) => {
    const link = document.querySelector(selector);
    if (link) link.click();
    return Boolean(link);
  };
  const head = (rel) => press(`.page-head a[rel=${rel}]`);
  const typing = (target) => target.closest("input, select, textarea, [contenteditable]:not([contenteditable=false])");

  // With the focus on a day, arrows go from day to day; else they go through time.
  const step = (day, key) => {
    const grid = day.closest("[data-days]");
    const place = (one) => one.querySelector("a").getBoundingClientRect();
    const days = [...grid.querySelectorAll("[data-day]")].filter((one) => one.querySelector("a")?.getClientRects().length);
    const wide = days.length > 1 && Math.abs(place(days[1]).top - place(days[0]).top) < 4;
    const row = wide ? Number(grid.dataset.days) : 1;
    if (wide && row === 1 && /Up|Down/.test(key)) return false; // one row of days: up and down scroll
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -row, ArrowDown: row }[key];
    const next = days[days.indexOf(day) + by];
    if (!next) return by < 0 ? head("prev") : head("next");
    next.querySelector("a").focus();
    return true;
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (dialog.open || !(event.target instanceof Element) || typing(event.target)) return;
    let done = false;
    if (event.key.startsWith("Arrow")) {
      if (event.shiftKey) return;
      const day = event.target.closest("[data-day]");
      if (day) done = step(day, event.key);
      else if (event.target.closest("[tabindex]:not(a)")) return; // a table that is scrolled by the same keys
      else if (event.key === "ArrowLeft") done = head("prev");
      else if (event.key === "ArrowRight") done = head("next");
    } else if (box.checked) {
      if (event.key === "?") {
        dialog.showModal();
        done = true;
      } else if (/^[a-z]$/.test(event.key)) done = press(`[data-key="${event.key}"]`);
    }
    if (done) event.preventDefault();
  });
})();
