(() => {
  "use strict";
  // A click on the head of a column sorts the table by it.
  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        heads.forEach((h) => h.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const number = head.classList.contains("number");
        const key = (row) => {
          const cell = row.cells[column];
          const text = cell.dataset.sort ?? cell.textContent;
          return number ? (text === "" ? NaN : Number(text)) : text;
        };
        const rows = [...table.tBodies[0].rows].map((row, i) => ({ row, i, key: key(row) }));
        rows.sort((a, b) => {
          if (number && (isNaN(a.key) || isNaN(b.key))) return isNaN(a.key) - isNaN(b.key) || a.i - b.i;
          const order = a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
          return (down ? -order : order) || a.i - b.i;
        });
        table.tBodies[0].append(...rows.map((r) => r.row));
      });
    });
  }

  // Traces are played as the cursor moved.
  const examples = JSON.parse(document.getElementById("examples").textContent);
  const make = (name, attributes) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [k, v] of Object.entries(attributes)) node.setAttribute(k, v);
    return node;
  };
  document.querySelectorAll(".play").forEach((article, i) => {
    const example = examples[i];
    if (!example) return;
    const svg = article.querySelector("svg"), live = article.querySelector(".live");
    const button = article.querySelector("button"), clock = article.querySelector("output");
    const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
    const end = Math.max(...example.samples.map((s) => s.t), ...example.events.map((e) => e.t));
    const speed = Math.max(1, end / 15000); // at most 15 seconds
    const total = clock.textContent;
    let frame = 0;
    const stop = () => {
      cancelAnimationFrame(frame);
      frame = 0;
      live.replaceChildren();
      article.classList.remove("running");
      button.textContent = "Play";
      clock.textContent = total;
    };
    const draw = (now) => {
      live.replaceChildren();
      let path = "", last = null;
      for (const s of example.samples) {
        if (s.t > now) break;
        path += (last && !(example.data_set === "coco" && s.t - last.t > 400) ? "L" : "M") + s.x * width + " " + s.y * height;
        last = s;
      }
      if (path) live.append(make("path", { class: "way", d: path, style: "opacity:1" }));
      const icons = new Map();
      for (const e of example.events) {
        if (e.t > now) break;
        if (e.kind === "remove") icons.delete(e.icon);
        else icons.set(e.icon ?? "click", e);
      }
      for (const [name, e] of icons) {
        const g = make("g", { transform: `translate(${e.x * width} ${e.y * height})` });
        g.append(make("path", { d: "M-6 -6L6 6M-6 6L6 -6", style: "stroke:var(--end);stroke-width:3" }));
        if (e.icon) {
          const label = make("text", { x: 9, y: 4 });
          label.textContent = name;
          g.append(label);
        }
        live.append(g);
      }
      if (last) live.append(make("circle", { class: "cursor", cx: last.x * width, cy: last.y * height, r: 5 }));
      clock.textContent = (now / 1000).toFixed(1) + " s of " + total;
    };
    button.hidden = false;
    button.setAttribute("aria-label", "Play the trace: " + article.querySelector("h3").textContent);
    button.addEventListener("click", () => {
      if (frame) return stop();
      article.classList.add("running");
      button.textContent = "Stop";
      const began = performance.now();
      const step = () => {
        const now = (performance.now() - began) * speed;
        draw(Math.min(now, end));
        if (now < end + 800 * speed) frame = requestAnimationFrame(step);
        else stop();
      };
      frame = requestAnimationFrame(step);
    });
  });

  // Escape closes a figure that is opened large.
  addEventListener("keydown", (e) => {
    const open = document.querySelector("figure:target");
    if (e.key === "Escape" && open) open.querySelector(".close").click();
  });
})();
