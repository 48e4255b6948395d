// The panel that follows a unit: its numbers for one row, forward and backward, and the step on that
// row line by line.
"use strict";
(function (playground) {
  const { Trace, FORMULAS, element, button, filled } = playground;

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

  // Four places; small numbers with three digits, as errors become small.
  const shown = (value) => (value !== 0 && Math.abs(value) < 0.01 ? value.toPrecision(3)
    : (value + 0).toFixed(4));
  const listed = (values) => {
    const some = [...values].slice(0, 12).map((value) => (value + 0).toPrecision(4));
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

  // ------------------------------------------------------------------ the panel

  class Follower {
    // `ask`: row(number), close(), take(row), tell(words), and lines(calls, classes, line, layer,
    // values), which shows the listing with its lines lit, and numbers in the graph.
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
      const { activation } = this.training.network;
      made.innerHTML = last ? FORMULAS.score : FORMULAS.sum + FORMULAS[`${activation} f`];
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
      made.innerHTML = (last ? FORMULAS[`${network.loss} error`]
        : FORMULAS.error + FORMULAS[`${network.activation} slope`]) + FORMULAS.gradient;
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
        const call = trace.calls[this.line];
        const place = filled(text.lineOf, this.line + 1, trace.calls.length);
        this.ask.tell(`${place}: ${call.text} – ${says(call, text.says)}`);
      };
      const at = this.line;
      const made = element("div", { className: "pg-stepper" });
      if (at === null) {
        made.append(this.key("byHand", text.byHand, go(0)));
        return made;
      }
      const call = trace.calls[at];
      const take = this.key("take", text.take, () => this.ask.take(this.row));
      take.disabled = at < trace.calls.length - 1 || this.training.fullBatch;
      const keys = [
        this.key("firstLine", text.firstLine, go(0)), this.key("lineBack", text.lineBack, go(at - 1)),
        this.key("lineOn", text.lineOn, go(at + 1)),
        this.key("lastLine", text.lastLine, go(trace.calls.length - 1)), take,
      ];
      made.append(
        element("p", { className: "pg-line" },
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

  playground.Follower = Follower;
})(globalThis.skfnnPlayground ??= {});
