// Writes the training program of a small network: what skfnn.export.training_program returns for
// it, call by call (tests/test_playground.py compares the two). A page of choices has more
// programs than can be stored, and each part's calls are a few lines.
"use strict";
(function (playground) {
  const { number, call, add, linear, activate, batchNorm, dropout, skip, widthOf, LOSSES, OPTIMIZERS,
  } = playground;

  // (path, layer, width of input) of all layers, a combinator before those inside it.
  function* walk(layers, n, path = []) {
    for (const [i, layer] of layers.entries()) {
      yield [[...path, i], layer, n];
      if (layer.layers) yield* walk(layer.layers, n, [...path, i]);
      n = widthOf(layer, n);
    }
  }

  // ------------------------------------------------------------------ memory, and the chain of layers

  // Memory by key, and views of it; a view gets the first name that is given to it.
  class Space {
    constructor(rows, layout) {
      this.rows = rows;
      this.layout = layout;
      this.buffers = [];
      this.arrays = [];
      this.byKey = new Map();
    }
    buffer(dtype, size, start) {
      this.buffers.push({ dtype, size, ...(start && { start }) });
      return this.buffers.length - 1;
    }
    array(name, buffer, offset, shape, strides) {
      const found = this.arrays.findIndex((a) => a.buffer === buffer && a.offset === offset
        && String([a.shape.length, a.shape, a.strides]) === String([shape.length, shape, strides]));
      if (found >= 0) return found;
      this.arrays.push({ name, buffer, offset, shape, strides });
      return this.arrays.length - 1;
    }
    own(key, name, shape, dtype = "float64", start = undefined) {
      const full = `${key} ${shape} ${dtype}`;
      if (!this.byKey.has(full)) {
        this.byKey.set(full, this.buffer(dtype, shape.reduce((a, b) => a * b, 1), start));
      }
      const strides = shape.length === 2 ? [shape[1], 1] : shape.map(() => 1);
      return this.array(name, this.byKey.get(full), 0, shape, strides);
    }
    // Another shape of the same numbers: one number of a vector of one.
    view(array, shape) {
      const { name, buffer, offset } = this.arrays[array];
      return this.array(name, buffer, offset, shape, []);
    }
    transposed(array) {
      const { name, buffer, offset, shape, strides } = this.arrays[array];
      return this.array(`${name}.T`, buffer, offset, [...shape].reverse(), [...strides].reverse());
    }
    part(name, buffer, [start, stop], shape = [stop - start]) {
      const strides = shape.length === 2 ? [shape[1], 1] : [1];
      return this.array(name, buffer, start, shape, strides);
    }
  }

  // Where each parameter lies in the vector of all: those with weight decay first.
  function layoutOf(layers, n) {
    const drawn = [];
    const moments = [];
    for (const [path, layer, width] of walk(layers, n)) {
      const position = path.join(".");
      for (const [name, shape, decays] of layer.params?.(width) ?? []) {
        drawn.push({ position, name, shape, decays, size: shape.reduce((a, b) => a * b, 1) });
      }
      for (const [name, size, start] of layer.moments?.(width) ?? []) {
        moments.push({ position, name, size, start });
      }
    }
    let at = 0;
    for (const entry of [...drawn.filter((e) => e.decays), ...drawn.filter((e) => !e.decays)]) {
      entry.start = at;
      at += entry.size;
      if (entry.decays) drawn.decaying = at;
    }
    return { drawn, moments, size: at, decaying: drawn.decaying };
  }

  class Chain {
    constructor(layers, n, path, space, context) {
      this.space = space;
      this.links = layers.map((layer, i) => {
        const link = { layer, path: [...path, i], position: [...path, i].join("."), n };
        link.out = widthOf(layer, n);
        link.cell = this.cell(link, context);
        n = link.out;
        return link;
      });
    }

    cell({ layer, path, position, n }, context) {
      const { space } = this;
      const { rows, parts, fullBatch } = context;
      const own = layer.keepsScratch ? position : "";
      const cell = { space, rows, fullBatch, ...parts[position] };
      cell.scratch = (layer.scratch ?? []).map((dtype, i) =>
        space.own(`scratch ${own} ${i}`, `scratch${position}.${i}`, [rows, n], dtype));
      cell.ones = () => space.own("ones", "ones", [rows], "float64", Array(rows).fill(1));
      cell.row = (name) => space.own(`${name} ${position}`, `${name}${position}`, [n]);
      cell.constant = (name, dtype, value) =>
        space.own(`${name} ${position}`, `${name}${position}`, [], dtype, [value]);
      if (layer.layers) cell.chain = new Chain(layer.layers, n, path, space, context);
      return cell;
    }

    * marked(calls, link, method) {
      for (const one of calls) {
        yield { part: link.layer.part, method, layer: link.position, ...one };
      }
    }

    * forward(X, training, out = null) {
      let overwritable = false;
      for (const link of this.links) {
        const { layer } = link;
        let Y;
        if (layer.inplace && overwritable && layer.reads !== "input") Y = X;
        else if (out !== null && link === this.links.at(-1)) Y = out;
        else {
          Y = this.space.own(`Y ${link.position}`, `Y${link.position}`,
            [this.space.rows, link.out]);
        }
        Object.assign(link, { X, Y });
        yield* this.marked(layer.forward(X, Y, link.cell, training), link, "forward");
        overwritable = layer.reads !== "output";
        X = Y;
      }
      this.Y = X;
    }

    * backward(dY, wantsInput) {
      let parity = 0;
      for (const link of [...this.links].reverse()) {
        const first = link === this.links[0];
        let dX = null;
        if (!first || wantsInput) {
          if (link.layer.inplace) dX = dY;
          else {
            parity ^= 1;
            const name = `d${link.path.length}${"ab"[parity]}_${link.n}`;
            dX = this.space.own(name, name, [this.space.rows, link.n]);
          }
        }
        yield* this.marked(link.layer.backward(dY, link.X, link.Y, link.cell, dX), link, "backward");
        if (dX === null) return;
        dY = dX;
      }
      this.dX = dY;
    }
  }

  // ------------------------------------------------------------------ the program

  // The hidden layers that an estimator's parameters describe.
  function hiddenLayers({ units, activation, batch_norm: normed, dropout: rate, skip: skips }) {
    return units.flatMap((n) => {
      const block = [linear(n), activate(activation)];
      if (normed === "before") block.splice(1, 0, batchNorm());
      if (normed === "after") block.push(batchNorm());
      if (rate > 0) block.push(dropout(rate));
      return skips ? [skip(block)] : block;
    });
  }

  function parameterViews(space, layout, memory) {
    const parts = {};
    for (const { position, name, shape, start, size } of layout.drawn) {
      const cell = parts[position] ??= {};
      const place = [start, start + size];
      cell[name] = space.part(`${name}${position}`, memory.values, place, shape);
      cell[`d${name}`] = space.part(`d${name}${position}`, memory.grad, place, shape);
    }
    let at = 0;
    for (const { position, name, size } of layout.moments) {
      const cell = parts[position] ??= {};
      cell.running ??= {};
      cell.running[name] = space.part(`running_${name}${position}`, memory.state, [at, at + size]);
      at += size;
    }
    return parts;
  }

  function* updateCalls(space, layout, memory, config, penaltyRows) {
    const whole = [0, layout.size];
    const some = [0, layout.decaying];
    const label = (name, [from, to]) => `${name}[${from}:${to}]`;
    const theta = space.part("values", memory.values, whole);
    const grad = space.part("grad", memory.grad, whole);
    const weights = space.part(label("values", some), memory.values, some);
    if (config.alpha) {
      const gradient = space.part(label("grad", some), memory.grad, some);
      yield add(gradient, weights, number(config.alpha / penaltyRows));
    }
    const optimizer = OPTIMIZERS[config.solver.name];
    const slots = memory.slots.map((buffer, i) => space.part(label(`slot${i}`, whole), buffer, whole));
    const tmp = space.own("tmp", "tmp", [layout.size]);
    const scalars = memory.scalars;
    const { solver: settings } = config;
    for (const one of optimizer.update({ theta, grad, slots, tmp, scalars, settings, weights })) {
      yield { part: config.solver.name, method: "update", layer: "", ...one };
    }
  }

  const DTYPED = { scal: "dscal", axpy: "daxpy" };
  // A number as Python's format "6g" writes it.
  function shown(value) {
    const [digits, power] = value.toExponential(5).split("e");
    if (value !== 0 && (power < -4 || power >= 6)) {
      return `${Number(digits)}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
    }
    return String(Number(value.toPrecision(6)));
  }

  // A call as a line of the listing.
  function line({ function: name, inputs, out, options }, arrays) {
    const given = inputs.map((input) => {
      if (typeof input === "number") return arrays[input].name;
      return "number" in input ? shown(input.number) : "rng";
    });
    for (const [option, value] of Object.entries(options ?? {})) given.push(`${option}=${value}`);
    return `${arrays[out].name} = ${DTYPED[name] ?? name}(${given.join(", ")})`;
  }

  function completed(calls, arrays) {
    return [...calls].map((one) => {
      if (one.options === undefined) delete one.options;
      return { ...one, text: line(one, arrays) };
    });
  }

  // The program of a network with one output.
  //   config: inputs, units, activation, batch_norm, dropout, skip, loss, alpha, and
  //           solver {name, learning_rate, ...}
  // `penaltyRows` divides the penalty (by default as many); with `predicts` there is no step.
  function writtenProgram(config, rows, { penaltyRows = rows, predicts = false } = {}) {
    const layers = [...hiddenLayers(config), linear(1)];
    const layout = layoutOf(layers, config.inputs);
    const space = new Space(rows, layout);
    const optimizer = OPTIMIZERS[config.solver.name];
    const memory = {
      values: space.buffer("float64", layout.size),
      grad: space.buffer("float64", layout.size),
      state: space.buffer("float64", layout.moments.reduce((sum, { size }) => sum + size, 0),
        layout.moments.flatMap(({ size, start }) => Array(size).fill(start))),
      slots: Array.from({ length: optimizer?.slots ?? 0 }, () =>
        space.buffer("float64", layout.size)),
    };
    const values = space.part("values", memory.values, [0, layout.size]);
    const grad = space.part("grad", memory.grad, [0, layout.size]);
    memory.scalars = Array.from({ length: optimizer?.scalars ?? 0 }, (_, i) =>
      space.own(`scalar${i}`, `scalar${i}`, []));
    const parts = parameterViews(space, layout, memory);
    const context = { rows, parts, fullBatch: config.solver.name === "lbfgs" };
    const batch = { X: space.own("X", "X", [rows, config.inputs]),
      y: space.own("y", "y", [rows, 1]), scores: space.own("scores", "scores", [rows, 1]) };
    const chain = new Chain(layers, config.inputs, [], space, context);
    const step = predicts ? [] : completed([...stepCalls()], space.arrays);
    const predict = completed([...chain.forward(batch.X, false, batch.scores)], space.arrays);
    const outputs = hiddenOutputs(chain);
    const { learning_rate: _, ...rest } = config.solver;
    const solver = config.solver.name === "lbfgs"
      ? { ...rest, alpha: config.alpha, n_decay: layout.decaying, grad, values }
      : { ...config.solver, scalars: memory.scalars };
    return {
      format: playground.FORMAT, version: playground.VERSION, n_rows: rows, dtype: "float64",
      loss: config.loss, solver, batch,
      parameters: layout.drawn.map(({ position, name }) =>
        ({ layer: position, name, array: parts[position][name] })),
      moments: layout.moments.map(({ position, name }) =>
        ({ layer: position, name, array: parts[position].running[name] })),
      step, predict, arrays: space.arrays, buffers: space.buffers, outputs, layout,
      memory,
    };

    function* stepCalls() {
      yield* chain.forward(batch.X, true, batch.scores);
      const loss = LOSSES[config.loss];
      const out = space.own("dscores", "dscores", [rows, 1]);
      const scratch = Array.from({ length: loss.scratch }, (_, i) =>
        space.own(`loss ${i}`, `loss${i}`, [rows, 1]));
      for (const one of loss.gradient(batch.y, batch.scores, out, scratch)) {
        yield { part: config.loss, method: "gradient", layer: "", ...one };
      }
      yield call("multiply", [out, number(1 / rows)], out);
      yield* chain.backward(out, false);
      if (optimizer) yield* updateCalls(space, layout, memory, config, penaltyRows);
    }
  }

  // The output of each hidden layer: that of the last part that belongs to its units.
  function hiddenOutputs(chain) {
    const outputs = [];
    for (const { layer, Y } of chain.links.slice(0, -1)) {
      if (layer.makesUnits) outputs.push(Y);
      else outputs[outputs.length - 1] = Y;
    }
    return outputs;
  }

  Object.assign(playground, { writtenProgram, hiddenLayers, walk });
})(globalThis.skfnnPlayground ??= {});
