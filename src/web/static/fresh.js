// Keeps a part of a page fresh while something in it is under way; without it, reloading does.
"use strict";
for (const part of document.querySelectorAll("[data-fresh]")) {
  const turn = async () => {
    if (!part.querySelector("[data-running]")) return;
    if (!document.hidden && !part.contains(document.activeElement)) {
      try {
        const answer = await fetch(part.dataset.fresh, { headers: { accept: "text/html" } });
        if (answer.ok && !answer.redirected) {
          const body = new DOMParser().parseFromString(await answer.text(), "text/html").body;
          part.replaceChildren(...body.childNodes);
        }
      } catch {
        // Offline: the next turn tries again.
      }
    }
    setTimeout(turn, 3000);
  };
  setTimeout(turn, 3000);
}
