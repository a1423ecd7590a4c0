"use strict";
// What a still page cannot do: a choice of percentile series, and the data as files. Everything the page says is
// there without it.
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
  downloads();
})();
