// The link that holds the whole state: what is chosen, the points, and what has been done.
"use strict";
(function (playground) {
  const { CHOICES, CHOSEN_LOSSES, START, DATA, MOST_LAYERS, MOST_UNITS, MOST_POINTS } = playground;

  const packed = (set) => set.map((point) => point.join(".")).join("_");
  const unpacked = (text) => text.split("_").filter(Boolean).slice(0, MOST_POINTS)
    .map((point) => point.split(".").map(Number))
    .filter((p) => p.length === 3 && p.every((v) => Number.isFinite(v) && Math.abs(v) <= 100));

  function toHash(config, done) {
    const parts = new URLSearchParams();
    for (const [name, value] of Object.entries(config)) {
      if (name === "units") {
        if (String(value) !== String(START.units)) parts.set("units", value.join("-"));
      } else if (name === "points") {
        if (config.data === "drawn") parts.set("points", packed(value));
      } else if (value !== START[name]) parts.set(name, value);
    }
    if (done.length) {
      parts.set("done", done.map(({ epochs, row }) => (epochs ? String(epochs) : `r${row}`)).join("-"));
    }
    return parts.toString();
  }

  // What a link says; what is not one of the choices is left as it is at the start.
  function fromHash(text) {
    const parts = new URLSearchParams(text);
    const config = { ...START };
    for (const [name, choices] of Object.entries(CHOICES)) {
      const found = choices.find((choice) => String(choice) === parts.get(name));
      if (found !== undefined) config[name] = found;
    }
    if (DATA[config.task].includes(parts.get("data"))) config.data = parts.get("data");
    else if (!DATA[config.task].includes(config.data)) [config.data] = DATA[config.task];
    if (CHOSEN_LOSSES[config.task].includes(parts.get("loss"))) config.loss = parts.get("loss");
    else [config.loss] = CHOSEN_LOSSES[config.task];
    if (parts.has("units")) {
      config.units = parts.get("units").split("-").map(Number)
        .filter((n) => Number.isInteger(n) && n >= 1 && n <= MOST_UNITS).slice(0, MOST_LAYERS);
    }
    const seed = Number(parts.get("seed"));
    if (Number.isInteger(seed) && seed >= 0 && seed < 2 ** 31) config.seed = seed;
    config.points = unpacked(parts.get("points") ?? "").map(([x1, x2, value]) =>
      [x1, x2, config.task === "regression" ? value : +(value > 0)]);
    const done = (parts.get("done") ?? "").split("-").filter(Boolean).slice(0, 100).map((word) =>
      (word[0] === "r" ? { row: Number(word.slice(1)) } : { epochs: Math.min(20000, Number(word)) }))
      .filter(({ epochs, row }) => Number.isInteger(epochs ?? row) && (epochs ?? row) >= 0);
    return { config, done };
  }

  Object.assign(playground, { toHash, fromHash });
})(globalThis.skfnnPlayground ??= {});
