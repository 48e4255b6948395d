// The link that holds the whole state: what is chosen, the points, and what has been done.
"use strict";
(function (playground) {
  const { CHOICES, CHOSEN_LOSSES, START, DATA, MOST_LAYERS, MOST_UNITS, MOST_POINTS } = playground;
  const MOST_STEPS = 1000; // words of what has been done
  const MOST_EPOCHS = 100_000;

  const packed = (set) => set.map((point) => point.join(".")).join("_");
  const unpacked = (text) => text.split("_").filter(Boolean).slice(0, MOST_POINTS)
    .map((point) => point.split(".").map(Number))
    .filter((p) => p.length === 3 && p.every((v) => Number.isFinite(v) && Math.abs(v) <= 100));

  // `done` is a list of {epochs} and {row}; `followed` is {layer, unit, row} or null.
  function toHash(config, done, followed) {
    const parts = new URLSearchParams();
    for (const [name, value] of Object.entries(config)) {
      if (name === "units") {
        if (String(value) !== String(START.units)) parts.set("units", value.join("-"));
      } else if (name === "points") {
        if (config.data === "drawn") parts.set("points", packed(value));
      } else if (value !== START[name]) parts.set(name, value);
    }
    const words = done.map(({ epochs, row }) => (epochs ? String(epochs) : `r${row}`));
    if (done.length) parts.set("done", words.join("-"));
    if (followed) parts.set("follow", [followed.layer, followed.unit, followed.row].join("-"));
    return parts.toString();
  }

  const natural = (value) => Number.isInteger(value) && value >= 0;
  const numbers = (text) => (text ?? "").split("-").filter(Boolean).map(Number);

  function doneOf(text) {
    const steps = (text ?? "").split("-").slice(0, MOST_STEPS).map((word) =>
      (word.startsWith("r") ? { row: Number(word.slice(1)) } : { epochs: Number(word) }));
    return steps.filter(({ epochs, row }) =>
      (row === undefined ? natural(epochs) && epochs > 0 && epochs <= MOST_EPOCHS : natural(row)));
  }

  function followedOf(text, { units }) {
    const [layer, unit, row] = numbers(text);
    if (![layer, unit, row].every(natural) || layer < 1 || layer > units.length + 1) return null;
    return unit < (units[layer - 1] ?? 1) ? { layer, unit, row } : null;
  }

  // What a link says; what is not one of the choices is left as it is at the start.
  function fromHash(text) {
    const parts = new URLSearchParams(text);
    const config = { ...START };
    for (const [name, choices] of Object.entries(CHOICES)) {
      const found = choices.find((choice) => String(choice) === parts.get(name));
      if (found !== undefined) config[name] = found;
    }
    const { task } = config;
    const one = (name, choices) => (choices.includes(parts.get(name)) ? parts.get(name)
      : choices.includes(config[name]) ? config[name] : choices[0]);
    config.data = one("data", DATA[task]);
    config.loss = one("loss", CHOSEN_LOSSES[task]);
    if (parts.has("units")) {
      config.units = numbers(parts.get("units"))
        .filter((n) => natural(n) && n >= 1 && n <= MOST_UNITS).slice(0, MOST_LAYERS);
    }
    const seed = Number(parts.get("seed"));
    if (natural(seed) && seed < 2 ** 31) config.seed = seed;
    config.points = unpacked(parts.get("points") ?? "").map(([x1, x2, value]) =>
      [x1, x2, task === "regression" ? value : +(value > 0)]);
    return { config, done: doneOf(parts.get("done")),
      followed: followedOf(parts.get("follow"), config) };
  }

  Object.assign(playground, { toHash, fromHash });
})(globalThis.skfnnPlayground ??= {});
