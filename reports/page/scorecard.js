"use strict";
// What a still page cannot do: show only promises in one state, open or close all of them, save the data.
// Everything the page says is there without it.
(() => {
  const checks = [...document.querySelectorAll(".check")];

  function button(place, name, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = name;
    made.addEventListener("click", act);
    place.append(made, " ");
    return made;
  }

  function chooseState() {
    const place = document.querySelector(".choose");
    if (!place || !checks.length) return;
    const counts = new Map();
    for (const check of checks) counts.set(check.dataset.state, (counts.get(check.dataset.state) || 0) + 1);
    const label = document.createElement("span");
    label.textContent = "Show";
    place.append(label);
    const buttons = [["", `all ${checks.length}`]].concat(
      ["FAIL", "INVALID", "INCONCLUSIVE", "NOT MEASURED", "PASS"]
        .filter((state) => counts.has(state))
        .map((state) => [state, `${state} ${counts.get(state)}`]),
    ).map(([state, name]) => {
      const made = button(place, name, () => show(state));
      made.dataset.choice = state;
      return made;
    });
    function show(state) {
      for (const check of checks) check.hidden = state !== "" && check.dataset.state !== state;
      for (const group of document.querySelectorAll(".group"))
        group.hidden = !group.querySelector(".check:not([hidden])");
      for (const one of buttons) one.setAttribute("aria-pressed", String(one.dataset.choice === state));
    }
    const toggle = button(place, "open all", () => {
      const open = toggle.textContent === "open all";
      for (const check of checks) check.open = open;
      toggle.textContent = open ? "close all" : "open all";
    });
    place.setAttribute("role", "group");
    place.setAttribute("aria-label", "Which promises are shown");
    show("");
    place.hidden = false;
    return show;
  }

  // A link to a promise opens it, even where a choice has hidden it.
  function openLinked(show) {
    function open() {
      const found = location.hash && document.getElementById(location.hash.slice(1));
      if (!found) return;
      if (show && (found.hidden || found.closest("[hidden]"))) show("");
      if (found.matches(".check")) found.open = true;
      found.scrollIntoView();
    }
    window.addEventListener("hashchange", open);
    if (location.hash) open();
  }

  function downloads() {
    const place = document.querySelector(".downloads");
    button(place, "audit.json", () => {
      const text = JSON.stringify(JSON.parse(document.getElementById("data").textContent), null, 2);
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
      link.download = "audit.json";
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    });
    place.hidden = false;
  }

  openLinked(chooseState());
  downloads();
})();
