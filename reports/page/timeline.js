"use strict";
// One cursor through all rows of the timeline, and one stretch of time that all of them show.
(() => {
  const stack = document.querySelector(".stack");
  const data = JSON.parse(document.getElementById("data").textContent);
  const series = data.timeseries;
  if (!stack || !series.t_s.length || !stack.querySelector("figure")) return;

  const SVG = "http://www.w3.org/2000/svg";
  const end = Number(stack.dataset.end);
  const least = Math.min(end, 2); // seconds; the data has one value a second
  let from = 0, to = end; // what is shown
  let at = 0; // where the cursor stands

  const words = {
    in_flight: "in flight", provider_in_flight: "at provider", ttft_p50: "TTFT p50 ms", ttft_p95: "TTFT p95 ms",
    tokens_emitted: "tokens/s emitted", tokens_delivered: "delivered", stalled: "stalled", intended: "wanted", started: "begun",
    loop_lag_ms: "loop lag ms", gc_ms: "collection ms", cpu: "CPU",
  };

  function element(name, text, className) {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  const percent = (name) => parseFloat(getComputedStyle(stack).getPropertyValue(name)) / 100;

  // The axes' place within the stack; margins are shares of its width.
  function axis() {
    const box = stack.getBoundingClientRect();
    const narrow = getComputedStyle(stack.querySelector(".wide")).display === "none" ? "narrow" : "wide";
    const left = percent(`--${narrow}-left`) * box.width;
    return { box, left, width: box.width - left - percent(`--${narrow}-right`) * box.width };
  }

  function secondAt(event) {
    const { box, left, width } = axis();
    return from + (event.clientX - box.left - left) / width * (to - from);
  }

  // ---- the cursor

  const line = element("div", "", "cursor");
  const readout = element("output", "", "readout");
  line.hidden = true;
  readout.textContent = "Point at the timeline, or focus it and use the arrow keys. Drag over a stretch to see it alone.";
  stack.append(line);

  function move(second) {
    at = Math.min(Math.max(second, from), to);
    const { left, width } = axis();
    line.style.left = `${left + (at - from) / (to - from) * width}px`;
    line.hidden = false;
    readout.replaceChildren(...told(at));
  }

  function told(second) {
    const place = series.t_s.findLastIndex((start) => start <= second);
    const phase = data.phases.findLast((one) => one.span.t0_s <= second && second < one.span.t1_s);
    const found = [pair(`${Math.floor(second)} s`, phase ? phase.span.name : "")];
    for (const [name, label] of Object.entries(words)) {
      const value = series[name] && series[name][place];
      if (value !== null && value !== undefined) found.push(pair(Number(value.toPrecision(4)).toString(), label));
    }
    for (const [name, counts] of Object.entries(series.outcomes))
      if (counts[place]) found.push(pair(String(counts[place]), name.replaceAll("_", " ")));
    return found;
  }

  function pair(value, label) {
    const made = element("span");
    made.append(element("b", value), ` ${label}`);
    return made;
  }

  // ---- the stretch that is shown

  // Whatever is cut off at the axes moves with time; titles, scales and the axes themselves stay.
  function chart(svg, size) {
    const width = svg.viewBox.baseVal.width;
    const left = percent(`--${size}-left`) * width;
    const right = width - percent(`--${size}-right`) * width;
    const movers = [...svg.querySelectorAll("[clip-path]")].map((drawn) => {
      const window = document.createElementNS(SVG, "g"), mover = document.createElementNS(SVG, "g");
      window.setAttribute("clip-path", drawn.getAttribute("clip-path"));
      drawn.removeAttribute("clip-path");
      drawn.replaceWith(window);
      window.append(mover);
      mover.append(drawn);
      return mover;
    });
    const ticks = [...svg.querySelectorAll("[id*='xtick_']")];
    const word = ticks.length ? ticks[0].querySelector("text") : null;
    const own = document.createElementNS(SVG, "g");
    svg.append(own);
    return () => {
      const scale = end / (to - from);
      const shift = left - scale * (left + (right - left) * from / end);
      for (const mover of movers)
        if (scale === 1) mover.removeAttribute("transform");
        else mover.setAttribute("transform", `matrix(${scale} 0 0 1 ${shift} 0)`);
      for (const tick of ticks) tick.style.display = scale === 1 ? "" : "none";
      own.replaceChildren(...(scale === 1 || !word ? [] : instants(size === "wide" ? 8 : 4).map((second) => {
        const text = word.cloneNode();
        const x = left + (right - left) * (second - from) / (to - from);
        text.removeAttribute("transform");
        text.setAttribute("x", x);
        text.textContent = clock(second);
        return text;
      })));
    };
  }

  // Round instants within what is shown, about so many.
  function instants(wanted) {
    const step = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600].find((one) => (to - from) / one <= wanted) || 1800;
    const found = [];
    for (let second = Math.ceil(from / step) * step; second <= to; second += step) found.push(second);
    return found;
  }

  function clock(second) {
    if (end < 120) return `${second} s`;
    return `${Math.floor(second / 60)}:${String(second % 60).padStart(2, "0")}`;
  }

  const charts = ["wide", "narrow"].flatMap((size) =>
    [...stack.querySelectorAll(`.${size} > svg`)].map((svg) => chart(svg, size)));
  const spans = [...stack.querySelectorAll(".lane span")].map((span) => {
    const { left, width } = span.style;
    return { span, left: parseFloat(left) / 100 * end, width: parseFloat(width) / 100 * end };
  });

  function show(begin, finish) {
    const length = Math.min(Math.max(finish - begin, least), end);
    from = Math.min(Math.max(begin, 0), end - length);
    to = from + length;
    stack.classList.toggle("zoomed", length < end);
    for (const draw of charts) draw();
    for (const { span, left, width } of spans) {
      span.style.left = `${(left - from) / length * 100}%`;
      span.style.width = `${width / length * 100}%`;
    }
    line.hidden = true;
    shown.textContent = length < end ? `${clock(Math.round(from))} to ${clock(Math.round(to))}` : "";
    all.disabled = length >= end;
    closer.disabled = length <= least;
  }

  function zoom(factor, around) {
    const length = (to - from) * factor;
    show(around - length * (around - from) / (to - from), around + length * (to - around) / (to - from));
  }

  function button(words, label, action) {
    const made = element("button", words);
    made.type = "button";
    made.setAttribute("aria-label", label);
    made.addEventListener("click", action);
    return made;
  }

  const middle = () => (line.hidden ? (from + to) / 2 : at);
  const closer = button("+", "Show half as much time", () => zoom(0.5, middle()));
  const all = button("Whole run", "Show the whole run", () => show(0, end));
  const wider = button("−", "Show twice as much time", () => zoom(2, middle()));
  const shown = element("output", "", "shown");
  const tools = element("div", "", "zoom");
  tools.append(closer, wider, all, shown);
  const strip = stack.querySelector(".strip") || stack;
  strip.append(readout, tools);

  // ---- pointer and keys

  stack.tabIndex = 0;
  stack.setAttribute("role", "group");
  stack.setAttribute("aria-label", "Timeline; arrow keys move the cursor, plus and minus zoom, 0 shows the whole run");

  const brush = element("div", "", "brush");
  brush.hidden = true;
  stack.append(brush);
  let began = null; // where a drag began, s

  stack.addEventListener("pointerdown", (event) => {
    const second = secondAt(event);
    const free = event.pointerType === "mouse" && event.button === 0 && !event.target.closest("button, output");
    if (free && from <= second && second <= to) began = second;
  });
  stack.addEventListener("pointermove", (event) => {
    const second = secondAt(event);
    if (began !== null) {
      const { left, width } = axis();
      const [low, high] = [began, second].sort((one, other) => one - other).map((one) => Math.min(Math.max(one, from), to));
      brush.style.left = `${left + (low - from) / (to - from) * width}px`;
      brush.style.width = `${(high - low) / (to - from) * width}px`;
      brush.hidden = false;
    }
    if (from <= second && second <= to) move(second);
  });
  window.addEventListener("pointerup", (event) => {
    if (began === null) return;
    const [low, high] = [began, secondAt(event)].sort((one, other) => one - other);
    began = null;
    brush.hidden = true;
    if ((high - low) / (to - from) > 0.01) show(Math.max(low, from), Math.min(high, to));
  });
  stack.addEventListener("pointerleave", () => { if (began === null) line.hidden = true; });
  stack.addEventListener("dblclick", (event) => { if (!event.target.closest("button")) show(0, end); });
  stack.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 }[event.key];
    const factor = { "+": 0.5, "=": 0.5, "-": 2 }[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (step !== undefined) {
      event.preventDefault();
      if (at + step < from || at + step > to) show(from + step, to + step);
      move(at + step);
    } else if (factor !== undefined) {
      const around = middle();
      zoom(factor, around);
      move(around);
    } else if (event.key === "0" || event.key === "Escape") show(0, end);
  });
  window.addEventListener("beforeprint", () => show(0, end));
  show(0, end);
})();
