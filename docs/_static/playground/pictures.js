// Pictures: colours of numbers, heat maps, rows as points, curves.
"use strict";
(function (playground) {
  const LOW = [0, 114, 178];
  const HIGH = [230, 159, 0];
  const MIDDLE = { light: [255, 255, 255], dark: [24, 28, 34] };
  const theme = () => (document.documentElement.dataset.theme === "dark" ? "dark" : "light");

  function mixed(value) {
    const middle = MIDDLE[theme()];
    const end = value < 0 ? LOW : HIGH;
    const share = Math.min(1, Math.abs(value));
    return middle.map((m, i) => Math.round(m + share * (end[i] - m)));
  }

  const palettes = {};
  function palette() { // 255 colours, from -1 to 1, as pixels
    return palettes[theme()] ??= Uint32Array.from({ length: 255 }, (_, i) => {
      const [red, green, blue] = mixed((i - 127) / 127);
      return (255 << 24) | (blue << 16) | (green << 8) | red;
    });
  }

  // `value(i)` in [-1, 1] of the i-th of side x side places, row by row from the top.
  function heatMap(canvas, side, value) {
    if (canvas.width !== side) canvas.width = canvas.height = side;
    const pen = canvas.getContext("2d");
    const image = pen.createImageData(side, side);
    const pixels = new Uint32Array(image.data.buffer);
    const colors = palette();
    for (let i = 0; i < pixels.length; i++) {
      const v = value(i);
      pixels[i] = colors[v <= -1 ? 0 : v >= 1 ? 254 : Math.round(127 + 127 * v) || 0];
    }
    pen.putImageData(image, 0, 0);
  }

  // The places of a heat map, as rows of features.
  function places(side) {
    const at = (i) => -1 + (2 * (i + 0.5)) / side;
    return Array.from({ length: side * side }, (_, i) =>
      [at(i % side), -at(Math.floor(i / side))]);
  }

  // Rows as points: [x1, x2, number in [-1, 1], whether it is a test row]; one may be chosen, and
  // a cross shows where the keyboard is.
  function points(canvas, rows, chosen, cross) {
    const size = Math.round(canvas.clientWidth * (globalThis.devicePixelRatio || 1)) || 300;
    if (canvas.width !== size) canvas.width = canvas.height = size;
    const pen = canvas.getContext("2d");
    pen.clearRect(0, 0, size, size);
    const unit = size / 300;
    const [x, y] = [(v) => ((v + 1) / 2) * size, (v) => ((1 - v) / 2) * size];
    for (const [i, [x1, x2, value, isTest]] of rows.entries()) {
      pen.beginPath();
      pen.arc(x(x1), y(x2), (i === chosen ? 7 : isTest ? 3 : 4) * unit, 0, 7);
      pen.fillStyle = `rgb(${mixed(value)})`;
      pen.strokeStyle = i === chosen ? "#d5008f" : isTest ? "#777" : "#fff";
      pen.lineWidth = (i === chosen ? 3 : 1) * unit;
      if (theme() === "light" && Math.abs(value) < 0.5 && !isTest) pen.strokeStyle = "#555";
      if (i === chosen) pen.strokeStyle = "#d5008f";
      pen.fill();
      pen.stroke();
    }
    if (cross) {
      pen.strokeStyle = theme() === "dark" ? "#fff" : "#000";
      pen.lineWidth = 1.5 * unit;
      pen.beginPath();
      pen.moveTo(x(cross[0]) - 9 * unit, y(cross[1]));
      pen.lineTo(x(cross[0]) + 9 * unit, y(cross[1]));
      pen.moveTo(x(cross[0]), y(cross[1]) - 9 * unit);
      pen.lineTo(x(cross[0]), y(cross[1]) + 9 * unit);
      pen.stroke();
    }
  }

  const SVG = "http://www.w3.org/2000/svg";
  function svg(tag, attributes = {}, text = undefined) {
    const made = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  // Two curves by epoch, and their legend.
  class Curves {
    constructor(text) {
      this.text = text;
      this.root = svg("svg", { class: "pg-chart", viewBox: "0 0 300 132", role: "img" });
      this.root.append(svg("path", { d: "M36 8V104H296", class: "pg-axis" }));
      this.test = svg("path", { class: "pg-curve pg-curve-test" });
      this.train = svg("path", { class: "pg-curve" });
      this.high = svg("text", { x: 32, y: 14, "text-anchor": "end" });
      this.last = svg("text", { x: 296, y: 118, "text-anchor": "end" });
      this.root.append(this.test, this.train, this.high, this.last,
        svg("text", { x: 32, y: 104, "text-anchor": "end" }, "0"));
      const legend = [["pg-curve", text.train, 40], ["pg-curve pg-curve-test", text.test, 130]];
      for (const [name, word, x] of legend) {
        this.root.append(svg("path", { class: name, d: `M${x} 124h18` }),
          svg("text", { x: x + 23, y: 128 }, word));
      }
    }
    draw({ loss, test }) {
      const finite = [...loss, ...test].filter(Number.isFinite);
      const high = Math.max(0.05, ...this.thinned(finite).map(([, value]) => value));
      const n = Math.max(loss.length - 1, 1);
      const path = (values) => this.thinned(values)
        .filter(([, value]) => Number.isFinite(value))
        .map(([i, value], at) => `${at ? "L" : "M"}${(36 + (260 * i) / n).toFixed(1)} `
          + `${(104 - 96 * Math.min(1, value / high)).toFixed(1)}`).join("");
      this.train.setAttribute("d", path(loss));
      this.test.setAttribute("d", path(test));
      this.high.textContent = high.toFixed(2);
      this.last.textContent = String(loss.length - 1);
      this.root.setAttribute("aria-label", `${this.text.lossCurve}: `
        + `${this.text.train} ${loss.at(-1)?.toFixed(3)}`
        + (test.length ? `, ${this.text.test} ${test.at(-1).toFixed(3)}` : ""));
    }
    thinned(values) {
      const step = Math.max(1, Math.ceil(values.length / 260));
      return [...values.entries()].filter(([i]) => i % step === 0 || i === values.length - 1);
    }
  }

  Object.assign(playground, { heatMap, places, points, mixed, svg, Curves });
})(globalThis.skfnnPlayground ??= {});
