"use strict";
// What a still page cannot do: one cursor through all rows of the timeline, a choice of percentile series,
// and the data as files. Everything the page says is there without it.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);

  function element(name, text, className) {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  function chooseSeries() {
    const place = document.querySelector(".choose");
    if (!place || !document.querySelector("[data-series]")) return;
    place.append(element("span", "Series"));
    const names = { all: "all, failures as ∞", ok: "ok only", both: "both" };
    const buttons = Object.entries(names).map(([choice, words]) => {
      const button = element("button", words);
      button.type = "button";
      button.addEventListener("click", () => show(choice));
      button.dataset.choice = choice;
      place.append(button);
      return button;
    });
    function show(choice) {
      for (const body of document.querySelectorAll("[data-series]"))
        body.hidden = choice !== "both" && body.dataset.series !== choice;
      for (const button of buttons)
        button.setAttribute("aria-pressed", String(button.dataset.choice === choice));
    }
    show("all");
    place.hidden = false;
  }

  function cursorThroughTimeline() {
    const stack = document.querySelector(".stack");
    const series = data.timeseries;
    if (!stack || !series.t_s.length || !stack.querySelector("figure")) return;
    const end = Number(stack.dataset.end);
    const line = element("div", "", "cursor");
    const readout = element("output", "", "readout");
    line.hidden = true;
    readout.textContent = "Point at the timeline, or focus it and use the arrow keys.";
    stack.append(line);
    (stack.querySelector(".strip") || stack).append(readout);
    stack.tabIndex = 0;
    stack.setAttribute("role", "group");
    stack.setAttribute("aria-label", "Timeline; arrow keys move the cursor");
    const words = {
      in_flight: "in flight", provider_in_flight: "at provider", ttft_p50: "TTFT p50 ms", ttft_p95: "TTFT p95 ms",
      tokens_emitted: "tokens/s emitted", tokens_delivered: "delivered", stalled: "stalled", intended: "wanted", started: "begun",
      loop_lag_ms: "loop lag ms", gc_ms: "collection ms", cpu: "CPU",
    };
    let at = 0;

    // The axes' place within the stack; margins are shares of its width.
    function axis() {
      const box = stack.getBoundingClientRect();
      const share = (name) => parseFloat(getComputedStyle(stack).getPropertyValue(name)) / 100 * box.width;
      const narrow = getComputedStyle(stack.querySelector(".wide")).display === "none" ? "narrow" : "wide";
      const left = share(`--${narrow}-left`);
      return { box, left, width: box.width - left - share(`--${narrow}-right`) };
    }

    function move(second) {
      at = Math.min(Math.max(second, 0), end);
      const { left, width } = axis();
      line.style.left = `${left + at / end * width}px`;
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

    stack.addEventListener("pointermove", (event) => {
      const { box, left, width } = axis();
      const share = (event.clientX - box.left - left) / width;
      if (share >= 0 && share <= 1) move(share * end);
    });
    stack.addEventListener("pointerleave", () => { line.hidden = true; });
    stack.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      move(at + step);
    });
  }

  function downloads() {
    const place = document.querySelector(".downloads");
    const save = (name, kind, text) => {
      const button = element("button", name);
      button.type = "button";
      button.addEventListener("click", () => {
        const link = element("a");
        link.href = URL.createObjectURL(new Blob([text()], { type: kind }));
        link.download = name;
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 10000);
      });
      place.append(button, " ");
    };
    save("summary.json", "application/json", () => JSON.stringify(data, null, 1));
    if (data.timeseries.t_s.length) save("timeline.csv", "text/csv", timelineCsv);
    place.hidden = false;
  }

  function timelineCsv() {
    const { outcomes, gaps, ...lists } = data.timeseries;
    for (const [name, counts] of Object.entries(outcomes)) lists[`outcome_${name}`] = counts;
    const names = Object.keys(lists).filter((name) => lists[name] && lists[name].length);
    const rows = data.timeseries.t_s.map((_, place) => names.map((name) => lists[name][place] ?? "").join(","));
    return [names.join(","), ...rows].join("\n") + "\n";
  }

  chooseSeries();
  cursorThroughTimeline();
  downloads();
})();
