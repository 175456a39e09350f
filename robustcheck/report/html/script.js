"use strict";
(() => {
  const root = document.documentElement;
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  let pictures = null;

  /* Pictures: each is in the page once, and is decoded when somebody looks at it. */
  const show = (part) => {
    const waiting = all("img[data-picture]", part);
    if (!waiting.length) return;
    pictures ??= JSON.parse(document.getElementById("pictures").textContent);
    for (const image of waiting) {
      image.addEventListener("load", () => image.classList.toggle("enlarged", image.naturalWidth < 80), { once: true });
      image.src = pictures[image.dataset.picture];
      image.removeAttribute("data-picture");
    }
  };

  /* Rows. */
  const isOpen = (body) => body.classList.contains("open");
  const open = (body, yes) => {
    body.classList.toggle("open", yes);
    body.querySelector(".opens").setAttribute("aria-expanded", String(yes));
    if (yes) show(body);
  };

  const compare = (key, numeric) => (one, other) => {
    const [a, b] = [one.dataset[key], other.dataset[key]];
    if (a === undefined || b === undefined) return (a === undefined) - (b === undefined);
    return numeric ? a - b : a.localeCompare(b, "en", { numeric: true });
  };

  const sorter = (table, bodies) => (head, button) => {
    const down = head.getAttribute("aria-sort") === "ascending";
    all("th[aria-sort]", table).forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const { key, kind } = head.dataset;
    const order = compare(key, kind === "n");
    const missing = (body) => body.dataset[key] === undefined;
    bodies.sort((a, b) => (down && !missing(a) && !missing(b) ? order(b, a) : order(a, b)) || a.dataset.place - b.dataset.place);
    table.append(...bodies);
    button.focus();
  };

  const checks = (part) => {
    const table = part.querySelector("table.results");
    const bodies = all("tbody[data-place]", table);
    const form = part.querySelector("form");
    const chips = all("button[data-verdict]", form);
    const every = form.querySelector("[data-open]");
    const output = form.querySelector("output");
    const texts = new Map(bodies.map((body) => [body, `${body.querySelector(".row").textContent} ${body.dataset.search}`.toLowerCase()]));

    const filter = () => {
      const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
      const verdicts = chips.filter((chip) => chip.getAttribute("aria-pressed") === "true").map((chip) => chip.dataset.verdict);
      const kind = form.elements.kind.value;
      let count = 0;
      for (const body of bodies) {
        const fits = words.every((word) => texts.get(body).includes(word))
          && (!verdicts.length || verdicts.includes(body.dataset.verdict))
          && (!kind || kind === body.dataset.kind);
        body.hidden = !fits;
        count += fits;
      }
      output.textContent = `${count} of ${bodies.length} shown`;
    };
    const clear = () => {
      form.elements.text.value = "";
      form.elements.kind.value = "";
      chips.forEach((chip) => chip.setAttribute("aria-pressed", "false"));
      filter();
    };

    bodies.forEach((body) => {
      open(body, false);
      body.querySelector(".opens").addEventListener("click", () => open(body, !isOpen(body)));
    });
    const sort = sorter(table, bodies);
    for (const head of all("th[data-key]", table)) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      button.addEventListener("click", () => sort(head, button));
      head.append(button);
    }
    for (const chip of chips) {
      chip.addEventListener("click", () => {
        chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
        filter();
      });
    }
    every.addEventListener("click", () => {
      const yes = every.getAttribute("aria-pressed") !== "true";
      every.setAttribute("aria-pressed", String(yes));
      bodies.forEach((body) => body.hidden || open(body, yes));
      if (!yes) bodies.forEach((body) => open(body, false));
    });
    form.addEventListener("input", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("keydown", (event) => event.key === "Escape" && clear());
    form.hidden = false;
    part.querySelector(".tally").hidden = true;
    return { bodies, clear };
  };

  const tables = all("[data-checks]").map(checks);

  /* A link to a case opens it. */
  const follow = () => {
    const body = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!body?.matches("tbody[data-place]")) return;
    if (body.hidden) tables.find((table) => table.bodies.includes(body)).clear();
    open(body, true);
    body.scrollIntoView();
    body.querySelector(".opens").focus({ preventScroll: true });
  };
  addEventListener("hashchange", follow);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (link && link.getAttribute("href") === location.hash) follow();
  });

  /* On paper everything is open. */
  let closed = [];
  const unfold = () => {
    if (closed.length) return;
    closed = [...tables.flatMap((table) => table.bodies).filter((body) => !isOpen(body)), ...all("details:not([open])")];
    closed.forEach((one) => (one.matches("details") ? (one.open = true) : open(one, true)));
    show(document);
  };
  const fold = () => {
    closed.forEach((one) => (one.matches("details") ? (one.open = false) : open(one, false)));
    closed = [];
  };
  addEventListener("beforeprint", unfold);
  addEventListener("afterprint", fold);
  const print = document.getElementById("print");
  print.hidden = false;
  print.addEventListener("click", () => window.print());

  /* Light and dark: as the system says, until somebody says otherwise. */
  const theme = document.getElementById("theme");
  const dark = () => (root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches);
  const name = () => (theme.textContent = dark() ? "Light" : "Dark");
  theme.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    name();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", name);
  theme.hidden = false;
  name();

  /* Near pictures at once, the others when there is time: also for a picture of the page that nobody scrolls. */
  const later = window.requestIdleCallback ?? ((then) => setTimeout(then, 200));
  for (const list of all("ol.strip")) {
    new IntersectionObserver((entries, observer) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      show(list);
    }, { rootMargin: "600px" }).observe(list);
    later(() => show(list));
  }
  follow();
})();
