// A unit's numbers for one row, forward and backward, and the step on that row line by line. All
// numbers are those that the program of one row has computed: nothing is calculated twice.
"use strict";
(function (playground) {
  const { Machine, writtenProgram, element, button, filled } = playground;

  // Where the parts of each layer stand, the output layer included: their positions as in summary().
  function placesOf({ units, batch_norm: normed, dropout, skip }) {
    let top = 0;
    const layers = units.map(() => {
      const parts = ["linear", ...(normed === "before" ? ["norm"] : []), "activate",
        ...(normed === "after" ? ["norm"] : []), ...(dropout > 0 ? ["dropout"] : [])];
      const found = {};
      parts.forEach((part, i) => { found[part] = skip ? `${top}.${i}` : String(top + i); });
      found.parts = parts.map((part) => found[part]);
      found.after = normed === "after";
      if (skip) found.skip = String(top);
      top += skip ? 1 : parts.length;
      return found;
    });
    return [...layers, { linear: String(top), parts: [String(top)] }];
  }

  // Runs the program of one row on copies of all memory; keeps what each call has read and written.
  class Trace {
    constructor(training, row) {
      const kept = { bits: (out) => out.fill(65535) }; // dropout drops nothing
      const program = training.rowProgram ??= writtenProgram(training.network, 1);
      const machine = new Machine(program, kept, training.shared.map((array) => array.slice()));
      for (const [i, { name }] of program.arrays.entries()) {
        if (name.startsWith("gain")) machine.set(i, [1]);
      }
      machine.set(program.batch.X, training.train.X[row]);
      machine.set(program.batch.y, [training.target(training.train.y[row])]);
      playground.scalars(program.solver, training.steps + 1).forEach((value, i) =>
        machine.set(program.solver.scalars[i], [value]));
      this.calls = program.step.map((call, i) => {
        const read = call.inputs.map((input) => {
          if (typeof input === "number") return machine.get(input);
          return "number" in input ? [input.number] : [];
        });
        machine.run([machine.step[i]]);
        return { ...call, read, written: machine.get(call.out) };
      });
      this.places = placesOf(training.network);
      this.network = training.network;
    }

    of(position, method) {
      return this.calls.filter((call) => call.layer === position && call.method === method);
    }

    // What the unit of a layer (from 0; the output layer is the last) computes.
    forward(layer, unit) {
      const place = this.places[layer];
      const [product, sum] = this.of(place.linear, "forward");
      const n = sum.written.length;
      const [inputs, weights] = product.read;
      let value = sum.written[unit]; // identity in place has no call: it stays
      const steps = place.parts.slice(1).filter((part) => part !== place.dropout).map((part) => {
        value = this.of(part, "forward").at(-1)?.written[unit] ?? value;
        return { part: part === place.norm ? "normed" : "answer", value };
      });
      const result = {
        inputs: [...inputs], weights: [...inputs].map((_, i) => weights[i * n + unit]),
        bias: sum.read[1][n > 1 ? unit : 0], sum: sum.written[unit], steps,
      };
      if (place.skip) result.skipped = this.of(place.skip, "forward").at(-1).written[unit];
      result.output = result.skipped ?? steps.at(-1)?.value ?? result.sum;
      return result;
    }

    // What comes back to it, and what it does to its weights.
    backward(layer, unit) {
      const place = this.places[layer];
      const own = this.of(place.linear, "backward");
      const { read: [, errors] } = own[1];
      const n = errors.length;
      const result = {
        error: errors[unit], gradients: own[0].written.length / n,
        bias: own[1].written[unit], factors: [],
      };
      result.gradients = Array.from({ length: result.gradients },
        (_, i) => own[0].written[i * n + unit]);
      if (layer < this.places.length - 1) Object.assign(result, this.fromAbove(layer, unit));
      for (const part of [...place.parts.slice(1)].reverse()) {
        if (part === place.dropout) continue;
        const [, slopes] = this.of(part, "backward").at(-1)?.read ?? [[], [1]];
        const name = part === place.norm ? "normed" : "slope";
        result.factors.push({ name, value: slopes[slopes.length > 1 ? unit : 0] });
      }
      return result;
    }

    // The errors of the next layer, the weights that lead there, and what comes past it.
    fromAbove(layer, unit) {
      const next = this.places[layer + 1];
      const back = this.of(next.linear, "backward");
      const { read: [, errors] } = back[1];
      const weights = this.of(next.linear, "forward")[0].read[1];
      const n = errors.length;
      const above = { errors: [...errors], weights: [...errors].map((_, k) => weights[unit * n + k]) };
      const handed = back.at(-1).written[unit];
      if (!next.skip) return { above, handed };
      const total = this.of(next.skip, "backward").at(-1).written[unit];
      return { above, handed: total, past: total - handed };
    }

    // What each unit answers, and its error where the backward pass has been there.
    outputs() { return this.places.map((_, i) => this.layerValues(i)); }
    layerValues(layer) {
      const { linear } = this.places[layer];
      const n = this.of(linear, "forward")[1].written.length;
      return Array.from({ length: n }, (_, unit) => this.forward(layer, unit).output);
    }

    layerOf(call) {
      return this.places.findIndex(({ parts, skip }) =>
        parts.includes(call.layer) || (skip !== undefined && skip === call.layer));
    }
  }

  // What a line of the listing does, in words.
  function says(call, text) {
    const { part, method, function: name, layer } = call;
    if (method === undefined) return name === "multiply" ? text.scaled : text.penalty;
    if (method === "gradient") return text.gradient;
    if (method === "update") return text.update;
    if (part === "Linear" && method === "forward") return text[`Linear forward ${name}`];
    if (part !== "Linear") return text[`${part} ${method}`];
    const target = call.text.startsWith(`dW${layer}`) ? "dW"
      : call.text.startsWith(`db${layer}`) ? "db" : "dX";
    return text[`Linear backward ${target}`];
  }

  const shown = (value) => (Object.is(value, -0) ? 0 : value).toFixed(4);
  const listed = (values) => {
    const some = [...values].slice(0, 12).map((value) => (Object.is(value, -0) ? 0 : value).toPrecision(4));
    return `[${some.join(", ")}${values.length > 12 ? ", …" : ""}]`;
  };

  function table(caption, head, rows, foot) {
    const line = (cells, tag) => element("tr", {}, ...cells.map((cell, i) =>
      element(i === 0 && tag === "td" ? "th" : tag, { textContent: cell,
        ...(i === 0 && tag === "td" ? { scope: "row" } : {}) })));
    const bottom = foot.map(([label, value, name]) => {
      const made = element("tr", {}, element("th", { textContent: label, scope: "row",
        colSpan: head.length - 1 }), element("td", { textContent: shown(value) }));
      made.dataset.name = name;
      made.dataset.value = value;
      return made;
    });
    return element("table", { className: "pg-table" },
      element("caption", { textContent: caption }),
      element("thead", {}, line(head, "th")),
      element("tbody", {}, ...rows.map((cells) => line(cells, "td"))),
      element("tfoot", {}, ...bottom));
  }

  // ------------------------------------------------------------------ formulas, as MathML

  const mi = (name) => `<mi>${name}</mi>`;
  const sub = (name, index) => `<msub>${mi(name)}${mi(index)}</msub>`;
  const mo = (sign) => `<mo>${sign}</mo>`;
  const mn = (value) => `<mn>${value}</mn>`;
  const math = (inner) => `<math display="block"><mrow>${inner}</mrow></math>`;
  const sumOver = (index) => `<munder>${mo("∑")}${mi(index)}</munder>`;
  const power = (base, exponent) => `<msup><mrow>${base}</mrow><mrow>${exponent}</mrow></msup>`;
  const fraction = (top, bottom) => `<mfrac><mrow>${top}</mrow><mrow>${bottom}</mrow></mfrac>`;
  const [H, G] = [mi("h"), mi("g")];
  const sigma = `${mi("σ")}${mo("(")}${H}${mo(")")}`;
  const ACTIVATION = {
    identity: [H, mn(1)],
    tanh: [`${mi("tanh")}${H}`, `${mn(1)}${mo("−")}${power(G, mn(2))}`],
    logistic: [fraction(mn(1), `${mn(1)}${mo("+")}${power(mi("e"), `${mo("−")}${H}`)}`),
      `${G}${mo("(")}${mn(1)}${mo("−")}${G}${mo(")")}`],
    relu: [`${mi("max")}${mo("(")}${H}${mo(",")}${mn(0)}${mo(")")}`,
      `${mn(1)} <mtext> if </mtext> ${H}${mo("&gt;")}${mn(0)}<mtext>, else 0</mtext>`],
    leaky_relu: [`${mi("max")}${mo("(")}${H}${mo(",")}${mn(0.01)}${H}${mo(")")}`,
      `${mn(1)} <mtext> if </mtext> ${H}${mo("&gt;")}${mn(0)}<mtext>, else 0.01</mtext>`],
    elu: [`${mi("max")}${mo("(")}${H}${mo(",")}${mn(0)}${mo(")")}${mo("+")}`
      + `${power(mi("e"), `${mi("min")}${mo("(")}${H}${mo(",")}${mn(0)}${mo(")")}`)}${mo("−")}${mn(1)}`,
    `${mi("min")}${mo("(")}${G}${mo(",")}${mn(0)}${mo(")")}${mo("+")}${mn(1)}`],
    softplus: [`${mi("ln")}${mo("(")}${mn(1)}${mo("+")}${power(mi("e"), H)}${mo(")")}`,
      `${mn(1)}${mo("−")}${power(mi("e"), `${mo("−")}${G}`)}`],
    silu: [`${H}${sigma}`,
      `${sigma}${mo("(")}${mn(1)}${mo("+")}${H}${mo("(")}${mn(1)}${mo("−")}${sigma}${mo(")")}${mo(")")}`],
    gelu: [`${H}${mi("Φ")}${mo("(")}${H}${mo(")")}`,
      `${mi("Φ")}${mo("(")}${H}${mo(")")}${mo("+")}${H}${mi("φ")}${mo("(")}${H}${mo(")")}`],
    threshold: [`${mn(1)} <mtext> if </mtext> ${H}${mo("≥")}${mn(0)}<mtext>, else 0</mtext>`,
      `${mn(1)} <mtext> if </mtext> ${mo("|")}${H}${mo("|")}${mo("≤")}${mn(1)}<mtext>, else 0</mtext>`],
  };
  const z = mi("z");
  const y = mi("y");
  const yz = `${y}${z}`;
  const margin = (least) => `${mo("−")}${y} <mtext> if </mtext> ${yz}${mo("≤")}${mn(least)}<mtext>, else 0</mtext>`;
  const p = `${mi("σ")}${mo("(")}${z}${mo(")")}`;
  const LOSS = {
    binary_crossentropy: `${p}${mo("−")}${y}`,
    sigmoid_squared_error: `${mo("(")}${p}${mo("−")}${y}${mo(")")}${p}${mo("(")}${mn(1)}${mo("−")}${p}${mo(")")}`,
    hinge: margin(1), perceptron: margin(0),
    squared_error: `${z}${mo("−")}${y}`,
    huber: `${mi("max")}${mo("(")}${mo("−")}${mn(1)}${mo(",")}${mi("min")}${mo("(")}${z}${mo("−")}${y}${mo(",")}${mn(1)}${mo(")")}${mo(")")}`,
    absolute_error: `${mi("sign")}${mo("(")}${z}${mo("−")}${y}${mo(")")}`,
  };
  const forwardFormula = (out) => math(`${out ? z : sub("h", "j")}${mo("=")}${sumOver("i")}`
    + `${sub("g", "i")}${sub("w", "ij")}${mo("+")}${sub("b", "j")}`);
  const activationFormula = (name) => math(`${G}${mo("=")}${mi("f")}${mo("(")}${H}${mo(")")}${mo("=")}`
    + ACTIVATION[name][0]);
  const backwardFormula = () => math(`${sub("ε", "j")}${mo("=")}${mo("(")}${sumOver("k")}`
    + `${sub("ε", "k")}${sub("w", "jk")}${mo(")")}${mi("f′")}${mo("(")}${sub("h", "j")}${mo(")")}`);
  const slopeFormula = (name) => math(`${mi("f′")}${mo("(")}${H}${mo(")")}${mo("=")}${ACTIVATION[name][1]}`);
  const outputFormula = (loss) => math(`${mi("ε")}${mo("=")}${fraction(`${mo("∂")}${mi("E")}`,
    `${mo("∂")}${z}`)}${mo("=")}${LOSS[loss]}`);
  const gradientFormula = () => math(`${fraction(`${mo("∂")}${mi("E")}`, `${mo("∂")}${sub("w", "ij")}`)}`
    + `${mo("=")}${sub("ε", "j")}${sub("g", "i")}`);

  // ------------------------------------------------------------------ the panel

  class Follower {
    // `ask`: row(number), unit() after it closes, take(), lines(trace, lit, at), marks(layer).
    constructor(text, ask) {
      this.text = text;
      this.ask = ask;
      this.body = element("div", { className: "pg-numbers" });
      this.root = element("section", { className: "pg-follow" },
        element("h2", { textContent: text.follow }), this.body);
      this.unit = null;
      this.line = null;
      this.start();
    }

    start() {
      this.unit = null;
      this.line = null;
      this.body.replaceChildren(element("p", { textContent: this.text.followStart }));
    }

    show(training, unit, row) {
      if (this.unit === null || this.row !== row) this.line = null;
      this.unit = unit;
      this.row = row;
      this.training = training;
      this.trace = new Trace(training, row);
      this.render();
    }

    render() {
      const { text, trace, unit: { layer, unit }, row } = this;
      const last = layer === trace.places.length;
      const name = last ? text.outputLabel : filled(text.unitLabel, layer, unit + 1);
      const [x1, x2] = this.training.train.X[row];
      const y = this.training.train.y[row];
      const what = this.training.loss.levels ? filled(text.isClass, y) : filled(text.isValue, shown(y));
      const { batch_norm: normed, dropout } = this.training.network;
      const notes = [dropout && text.dropoutOff, normed && text.bnRow].filter(Boolean).join(" ");
      const focused = this.body.contains(document.activeElement)
        ? document.activeElement.dataset.key : null;
      this.body.replaceChildren(
        element("div", { className: "pg-follow-head" },
          element("strong", { textContent: filled(text.followed, name, row + 1) }),
          element("span", { textContent: filled(text.rowIs, shown(x1), shown(x2), what) }),
          this.key("previous", text.previousRow, () => this.ask.row(row - 1)),
          this.key("next", text.nextRow, () => this.ask.row(row + 1)),
          this.key("close", text.close, () => this.ask.close())),
        element("div", { className: "pg-ways" }, this.forward(layer, unit, last),
          this.backward(layer, unit, last)),
        element("p", { className: "pg-note", textContent: notes }),
        this.stepper());
      if (focused) this.body.querySelector(`[data-key="${focused}"]`)?.focus();
      this.lit();
    }

    key(name, label, action) {
      const made = button(label, action);
      made.dataset.key = name;
      return made;
    }

    forward(layer, unit, last) {
      const { text, trace } = this;
      const numbers = trace.forward(layer - 1, unit);
      const label = (i) => (layer === 1 ? `x${"₁₂"[i]}` : filled(text.unitLabel, layer - 1, i + 1));
      const rows = numbers.inputs.map((value, i) => [label(i), shown(value),
        shown(numbers.weights[i]), shown(value * numbers.weights[i])]);
      rows.push([text.bias, "", "", shown(numbers.bias)]);
      const foot = [[text.sum, numbers.sum, "sum"]];
      for (const { part, value } of numbers.steps) foot.push([text[part], value, part]);
      if (numbers.skipped !== undefined) foot.push([text.skipped, numbers.skipped, "skipped"]);
      const made = element("div", { className: "pg-way" });
      made.innerHTML = forwardFormula(last)
        + (last ? "" : activationFormula(this.training.network.activation));
      made.prepend(element("h3", { textContent: text.forward }));
      made.append(table(text.forward, [text.from, text.valueOf, text.times, text.product], rows, foot));
      return made;
    }

    backward(layer, unit, last) {
      const { text, trace } = this;
      const numbers = trace.backward(layer - 1, unit);
      const toOutput = layer === trace.places.length - 1;
      const label = (k) => (toOutput ? text.outputLabel : filled(text.unitLabel, layer + 1, k + 1));
      const rows = (numbers.above?.errors ?? []).map((error, k) => [label(k), shown(error),
        shown(numbers.above.weights[k]), shown(error * numbers.above.weights[k])]);
      if (numbers.past !== undefined) rows.push([text.past, "", "", shown(numbers.past)]);
      const foot = last ? [] : [[text.handed, numbers.handed, "handed"]];
      for (const { name, value } of numbers.factors) foot.push([`× ${text[name]}`, value, name]);
      foot.push([`ε: ${text.share}`, numbers.error, "error"]);
      const { network } = this.training;
      const made = element("div", { className: "pg-way" });
      made.innerHTML = (last ? outputFormula(network.loss)
        : backwardFormula() + slopeFormula(network.activation)) + gradientFormula();
      made.prepend(element("h3", { textContent: text.backward }));
      made.append(table(text.backward, [text.to, text.error, text.times, text.product], rows, foot));
      made.append(element("p", { className: "pg-gradients",
        textContent: `${text.gradients}: ${listed([...numbers.gradients, numbers.bias])}` }));
      return made;
    }

    // ------------------------------------------------------------------ line by line

    stepper() {
      const { text, trace } = this;
      const go = (line) => () => {
        this.line = Math.max(0, Math.min(trace.calls.length - 1, line));
        this.render();
      };
      const at = this.line;
      const made = element("div", { className: "pg-stepper" });
      if (at === null) {
        made.append(this.key("byHand", text.byHand, go(0)));
        return made;
      }
      const call = trace.calls[at];
      const take = this.key("take", text.take, () => this.ask.take(this.row));
      take.disabled = at < trace.calls.length - 1;
      const keys = [
        this.key("firstLine", text.firstLine, go(0)), this.key("lineBack", text.lineBack, go(at - 1)),
        this.key("lineOn", text.lineOn, go(at + 1)),
        this.key("lastLine", text.lastLine, go(trace.calls.length - 1)), take,
      ];
      made.append(
        element("p", { className: "pg-line", role: "status" },
          element("span", { textContent: `${filled(text.lineOf, at + 1, trace.calls.length)}: ` }),
          element("code", { textContent: call.text }), element("br"),
          element("span", { textContent: says(call, text.says) }), element("br"),
          element("code", { className: "pg-written", textContent: `= ${listed(call.written)}` })),
        element("div", { className: "pg-keys" }, ...keys));
      return made;
    }

    // Lights the lines of the listing that belong to the unit, or the one that has just run.
    lit() {
      const { trace, unit: { layer }, line } = this;
      const parts = trace.places[layer - 1];
      const lines = trace.calls.map((call, i) => {
        const ours = parts.parts.includes(call.layer) || parts.skip === call.layer;
        if (line !== null) return i === line ? "pg-now" : i < line ? "pg-past" : "";
        return ours ? `pg-${call.method}` : "";
      });
      const runs = line === null ? null : trace.layerOf(trace.calls[line]) + 1 || null;
      const shownValues = [[...this.training.train.X[this.row]], ...trace.outputs()];
      this.ask.lines(trace.calls, lines, line, runs, shownValues);
    }
  }

  Object.assign(playground, { Follower, Trace, placesOf });
})(globalThis.skfnnPlayground ??= {});
