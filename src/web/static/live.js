// Keeps the counts of a session under way fresh; without it, reloading does.
"use strict";
for (const list of document.querySelectorAll("[data-live]")) {
  const say = document.querySelector("[data-say]");
  const meter = document.querySelector(".meter");
  let said = 0;
  const refresh = async () => {
    if (document.hidden) return;
    let answer;
    try {
      answer = await fetch(list.dataset.live, { headers: { accept: "application/json" } });
    } catch {
      return; // offline: the next turn tries again
    }
    if (!answer.ok) return;
    const figures = await answer.json();
    let changed = false;
    for (const cell of list.querySelectorAll("[data-count]")) {
      const value = String(figures[cell.dataset.count]);
      if (cell.textContent !== value) {
        cell.textContent = value;
        changed = true;
      }
    }
    if (!changed) return;
    if (meter) {
      meter.replaceChildren(...figures.bar.map(([tone, x, width]) => {
        const part = document.createElementNS("http://www.w3.org/2000/svg", "rect");
        part.setAttribute("class", tone);
        part.setAttribute("x", x);
        part.setAttribute("width", width);
        part.setAttribute("height", "100%");
        return part;
      }));
    }
    if (say && Date.now() - said > 15000) {
      said = Date.now();
      say.textContent = say.dataset.say.replace("%1", figures.attended).replace("%2", figures.expected);
    }
  };
  setInterval(refresh, 5000);
}
