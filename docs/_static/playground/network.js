// The network as a graph: a heat map a unit, a line a weight; buttons that change its shape.
"use strict";
(function (playground) {
  const { heatMap, svg, mixed, filled } = playground;
  const MOST_LAYERS = 6;
  const MOST_UNITS = 8;

  // An element with properties, attributes and children.
  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.includes("-") || name === "role" || name === "for") made.setAttribute(name, value);
      else made[name] = value;
    }
    made.append(...children);
    return made;
  }

  function button(text, action, attributes = {}) {
    const made = element("button", { type: "button", textContent: text, ...attributes });
    made.addEventListener("click", action);
    return made;
  }

  class Graph {
    // `ask`: change(units), follow(layer, unit), preview(layer, unit) or preview(null).
    constructor(text, ask) {
      this.text = text;
      this.ask = ask;
      this.edges = svg("svg", { class: "pg-edges", "aria-hidden": "true" });
      this.columns = element("div", { className: "pg-columns" });
      this.root = element("div", { className: "pg-graph" }, this.edges, this.columns);
      this.edges.addEventListener("pointerover", ({ target }) => this.nameEdge(target));
      new ResizeObserver(() => this.place()).observe(this.columns);
      this.shape = null;
    }

    // Columns 0 (the inputs) to units.length + 1 (the output).
    build(units) {
      if (this.shape === String(units)) return;
      const focused = this.keep();
      this.shape = String(units);
      this.units = units;
      this.nodes = [this.inputs(), ...units.map((n, i) => this.layer(n, i + 1)),
        [this.unit(units.length + 1, 0, this.text.outputLabel)]];
      const titles = [this.text.input, ...units.map((_, i) => filled(this.text.hidden, i + 1)),
        this.text.output];
      this.columns.replaceChildren(...this.nodes.map((nodes, i) => {
        const hidden = i > 0 && i <= units.length;
        return element("div", { className: "pg-column" },
          element("div", { className: "pg-head" }, element("span", { textContent: titles[i] }),
            hidden ? this.sizes(i) : element("span", { className: "pg-sizes" })), ...nodes);
      }));
      this.buildEdges();
      this.place();
      if (focused) this.columns.querySelector(`[data-key="${focused}"]`)?.focus();
    }

    // The button that has the focus, to be found again after the columns are made anew.
    keep() {
      const { activeElement } = document;
      return this.columns.contains(activeElement) ? activeElement.dataset.key : null;
    }

    inputs() {
      return [0, 1].map((i) => {
        const canvas = element("canvas");
        const name = `x${"₁₂"[i]}`;
        const node = element("div", { className: "pg-unit pg-input", role: "img",
          "aria-label": filled(this.text.inputLabel, name) }, canvas,
        element("span", { className: "pg-badge", textContent: name }));
        heatMap(canvas, 16, (at) => (i === 0 ? (at % 16) / 7.5 - 1 : 1 - Math.floor(at / 16) / 7.5));
        return node;
      });
    }

    layer(n, layer) {
      return Array.from({ length: n }, (_, unit) =>
        this.unit(layer, unit, filled(this.text.unitLabel, layer, unit + 1)));
    }

    unit(layer, unit, label) {
      const node = button("", () => this.ask.follow(layer, unit), { className: "pg-unit",
        "aria-label": `${label}: ${this.text.followHint}`, title: label, "aria-pressed": "false" });
      node.dataset.key = `unit ${layer} ${unit}`;
      node.append(element("canvas"), element("span", { className: "pg-bias" }),
        element("span", { className: "pg-badge" }));
      for (const event of ["pointerenter", "focus"]) {
        node.addEventListener(event, () => this.ask.preview({ layer, unit }));
      }
      for (const event of ["pointerleave", "blur"]) {
        node.addEventListener(event, () => this.ask.preview(null));
      }
      return node;
    }

    sizes(layer) {
      const change = (by) => {
        const units = [...this.units];
        units[layer - 1] += by;
        this.ask.change(units.filter((n) => n > 0));
      };
      const make = (sign, by, label) => {
        const made = button(sign, () => change(by), { "aria-label": filled(label, layer),
          title: filled(label, layer), className: "pg-size" });
        made.dataset.key = `size ${layer} ${by}`;
        return made;
      };
      const more = make("+", 1, this.text.addUnit);
      more.disabled = this.units[layer - 1] >= MOST_UNITS;
      return element("span", { className: "pg-sizes" }, make("−", -1, this.text.removeUnit), more);
    }

    buildEdges() {
      this.lines = [];
      for (let layer = 1; layer < this.nodes.length; layer++) {
        for (const from of this.nodes[layer - 1].keys()) {
          for (const to of this.nodes[layer].keys()) {
            const line = svg("line", { "data-layer": layer, "data-from": from, "data-to": to });
            line.append(svg("title"));
            this.lines.push({ line, layer, from, to, title: line.firstChild });
          }
        }
      }
      this.edges.replaceChildren(...this.lines.map(({ line }) => line));
    }

    // Puts the ends of the lines where the units are.
    place() {
      if (!this.nodes) return;
      const box = this.root.getBoundingClientRect();
      const [left, top] = [box.left - this.root.scrollLeft, box.top - this.root.scrollTop];
      this.edges.style.width = `${this.columns.scrollWidth}px`;
      const at = this.nodes.map((nodes) => nodes.map((node) => {
        const spot = node.getBoundingClientRect();
        return { left: spot.left - left, right: spot.right - left,
          middle: (spot.top + spot.bottom) / 2 - top };
      }));
      for (const { line, layer, from, to } of this.lines) {
        line.setAttribute("x1", at[layer - 1][from].right);
        line.setAttribute("y1", at[layer - 1][from].middle);
        line.setAttribute("x2", at[layer][to].left);
        line.setAttribute("y2", at[layer][to].middle);
      }
    }

    // `weights`, `biases`: an array a layer, the output layer included, as coefs_ and intercepts_.
    draw({ maps, side, weights, biases }) {
      maps.forEach((values, i) => {
        const n = values.length / (side * side);
        this.nodes[i + 1].forEach((node, unit) => {
          let largest = 1e-9;
          for (let p = unit; p < values.length; p += n) {
            largest = Math.max(largest, Math.abs(values[p]));
          }
          heatMap(node.firstChild, side, (p) => values[p * n + unit] / largest);
        });
      });
      this.weights = weights;
      for (const { line, layer, from, to } of this.lines) {
        const weight = weights[layer - 1][from * this.nodes[layer].length + to];
        line.setAttribute("stroke-width", (0.4 + Math.min(5, 2.2 * Math.abs(weight))).toFixed(2));
        const color = weight < 0 ? "pg-low" : "pg-high";
        if (line.className.baseVal !== color) line.setAttribute("class", color);
      }
      biases.forEach((values, i) => values.forEach((value, unit) => {
        const mark = this.nodes[i + 1][unit].children[1];
        mark.style.background = `rgb(${mixed(Math.tanh(value))})`;
        mark.title = `${this.text.bias} ${value.toFixed(3)}`;
      }));
    }

    nameEdge(target) {
      const found = this.lines.find(({ line }) => line === target);
      if (!found || !this.weights) return;
      const { layer, from, to } = found;
      const weight = this.weights[layer - 1][from * this.nodes[layer].length + to];
      const unitName = (column, unit) => this.nodes[column][unit].title
        || this.nodes[column][unit].getAttribute("aria-label");
      found.title.textContent = filled(this.text.weight, weight.toFixed(4),
        unitName(layer - 1, from), unitName(layer, to));
    }

    // Marks the unit that is followed, its lines, and the layer whose line of the listing runs.
    mark(chosen, runs = null) {
      this.root.classList.toggle("pg-following", Boolean(chosen));
      this.nodes.forEach((nodes, layer) => nodes.forEach((node, unit) => {
        const is = chosen?.layer === layer && chosen.unit === unit;
        node.classList.toggle("pg-chosen", is);
        if (node.dataset.key) node.setAttribute("aria-pressed", is);
        node.classList.toggle("pg-runs", runs === layer);
      }));
      for (const { line, layer, from, to } of this.lines) {
        line.classList.toggle("pg-into", chosen?.layer === layer && chosen.unit === to);
        line.classList.toggle("pg-out", chosen?.layer === layer - 1 && chosen.unit === from);
      }
    }

    // Numbers below the units, one array a column; null takes them away.
    badges(columns) {
      this.nodes.forEach((nodes, layer) => nodes.forEach((node, unit) => {
        const badge = node.lastChild;
        if (layer === 0 && !columns) badge.textContent = `x${"₁₂"[unit]}`;
        else badge.textContent = columns?.[layer]?.[unit]?.toFixed(2) ?? "";
      }));
    }
  }

  Object.assign(playground, { Graph, element, button, MOST_LAYERS, MOST_UNITS });
})(globalThis.skfnnPlayground ??= {});
