// What arms show at the pointer: the mark that follows it over images, and the loupe.

import { h } from "./dom.js";

/** Shows the mark over elements; stops with the signal. The dot replaces the pointer, the ring surrounds it. */
export function follow(arm, over, signal) {
  if (arm !== "red-dot" && arm !== "ring") return;
  const mark = h("div", { class: "mark " + arm, hidden: true, "aria-hidden": "true" });
  document.body.append(mark);
  document.documentElement.classList.toggle("no-pointer", arm === "red-dot");
  const move = e => {
    mark.hidden = e.pointerType === "touch" || !(e.target instanceof Element && e.target.closest(over));
    if (!mark.hidden) mark.style.transform = `translate(${e.clientX}px, ${e.clientY}px)`;
  };
  for (const type of ["pointermove", "pointerover"]) addEventListener(type, move, { passive: true, signal });
  document.documentElement.addEventListener("pointerleave", () => { mark.hidden = true; }, { signal });
  signal.addEventListener("abort", () => {
    mark.remove();
    document.documentElement.classList.remove("no-pointer");
  });
}

/** Leaves the dot in an image, where it was clicked; removes it without a place. */
export function stay(arm, slot, place) {
  slot.querySelector(".dot")?.remove();
  if (arm !== "red-dot" || !place) return;
  const dot = h("span", { class: "dot", "aria-hidden": "true" });
  dot.style.left = place.x * 100 + "%";
  dot.style.top = place.y * 100 + "%";
  slot.append(dot);
}

/** Adds a loupe to an image. Returns a function that shows it at a place, in fractions of the image, or hides it. */
export function magnify(stage, photo, { loupe: radius, zoom }) {
  const loupe = h("div", { class: "loupe", hidden: true });
  stage.append(loupe);
  return at => {
    loupe.hidden = !at;
    if (!at) return;
    const { width, height } = photo.getBoundingClientRect();
    Object.assign(loupe.style, { left: at.x * 100 + "%", top: at.y * 100 + "%", backgroundImage: `url("${photo.currentSrc}")`,
      backgroundSize: `${width * zoom}px ${height * zoom}px`,
      backgroundPosition: `${radius - at.x * width * zoom}px ${radius - at.y * height * zoom}px` });
  };
}
