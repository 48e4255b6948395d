// A training step on one row, call by call: what each has read and written, and from that the
// numbers of a unit. All of them are what the program has computed: nothing is calculated twice.
"use strict";
(function (playground) {
  const { Machine, writtenProgram } = playground;

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
      const { solver } = program;
      if (solver.scalars) { // L-BFGS has none: its step is the gradient alone
        playground.scalars(solver, training.steps + 1).forEach((value, i) =>
          machine.set(solver.scalars[i], [value]));
      }
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

  playground.Trace = Trace;
})(globalThis.skfnnPlayground ??= {});
