// Writes the training program of a small network: what skfnn.export.training_program returns for
// it, call by call (tests/test_playground.py compares the two). A page of choices has more
// programs than can be stored, and each part's calls are a few lines.
"use strict";
(function (playground) {
  const number = (value) => ({ number: value });
  const call = (name, inputs, out, options) => ({ function: name, inputs, out, options });

  // ------------------------------------------------------------------ activations
  // forward(Z, out, scratch), backward(dA, ref, scratch): as in skfnn/activations.

  function* logistic(Z, out) {
    yield call("multiply", [Z, number(0.5)], out);
    yield call("tanh", [out], out);
    yield call("multiply", [out, number(0.5)], out);
    yield call("add", [out, number(0.5)], out);
  }

  const ACTIVATIONS = {
    identity: {
      reads: "",
      scratch: [],
      * forward(Z, out) { if (out !== Z) yield call("copyto", [Z], out); },
      * backward() { /* the derivative is 1 */ },
    },
    tanh: {
      reads: "output",
      scratch: ["float64"],
      * forward(Z, out) { yield call("tanh", [Z], out); },
      * backward(dA, A, [slope]) {
        yield call("multiply", [A, A], slope);
        yield call("subtract", [number(1), slope], slope);
        yield call("multiply", [dA, slope], dA);
      },
    },
    logistic: {
      reads: "output",
      scratch: ["float64"],
      forward: logistic,
      * backward(dA, A, [slope]) {
        yield call("multiply", [A, A], slope);
        yield call("subtract", [A, slope], slope);
        yield call("multiply", [dA, slope], dA);
      },
    },
    relu: {
      reads: "output",
      scratch: ["bool", "float64"],
      * forward(Z, out) { yield call("maximum", [Z, number(0)], out); },
      * backward(dA, A, [active, slope]) {
        yield call("greater", [A, number(0)], active);
        yield call("copyto", [active], slope);
        yield call("multiply", [dA, slope], dA);
      },
    },
    leaky_relu: {
      reads: "output",
      scratch: ["bool", "float64"],
      * forward(Z, out, [, leak]) {
        yield call("multiply", [Z, number(0.01)], leak);
        yield call("maximum", [Z, leak], out);
      },
      * backward(dA, A, [active, slope]) {
        yield call("greater", [A, number(0)], active);
        yield call("multiply", [active, number(1 - 0.01)], slope);
        yield call("add", [slope, number(0.01)], slope);
        yield call("multiply", [dA, slope], dA);
      },
    },
    elu: {
      reads: "output",
      scratch: ["bool", "float64", "float64"],
      * forward(Z, out, [, negative]) {
        yield call("minimum", [Z, number(0)], negative);
        yield call("exp", [negative], negative);
        yield call("subtract", [negative, number(1)], negative);
        yield call("maximum", [Z, number(0)], out);
        yield call("add", [out, negative], out);
      },
      * backward(dA, A, [, slope]) {
        yield call("minimum", [A, number(0)], slope);
        yield call("add", [slope, number(1)], slope);
        yield call("multiply", [dA, slope], dA);
      },
    },
    softplus: {
      reads: "output",
      scratch: ["float64"],
      * forward(Z, out, [tail]) {
        yield call("absolute", [Z], tail);
        yield call("negative", [tail], tail);
        yield call("exp", [tail], tail);
        yield call("log1p", [tail], tail);
        yield call("maximum", [Z, number(0)], out);
        yield call("add", [out, tail], out);
      },
      * backward(dA, A, [slope]) {
        yield call("negative", [A], slope);
        yield call("expm1", [slope], slope);
        yield call("negative", [slope], slope);
        yield call("multiply", [dA, slope], dA);
      },
    },
    silu: {
      reads: "input",
      scratch: ["float64", "float64"],
      keepsScratch: true,
      * forward(Z, out, [s]) {
        yield* logistic(Z, s);
        yield call("multiply", [Z, s], out);
      },
      * backward(dA, Z, [s, slope]) {
        yield call("subtract", [number(1), s], slope);
        yield call("multiply", [slope, Z], slope);
        yield call("add", [slope, number(1)], slope);
        yield call("multiply", [slope, s], slope);
        yield call("multiply", [dA, slope], dA);
      },
    },
    gelu: {
      reads: "input",
      scratch: ["float64", "float64"],
      keepsScratch: true,
      * forward(Z, out, [Phi]) {
        yield call("multiply", [Z, number(Math.sqrt(0.5))], Phi);
        yield call("erf", [Phi], Phi);
        yield call("multiply", [Phi, number(0.5)], Phi);
        yield call("add", [Phi, number(0.5)], Phi);
        yield call("multiply", [Z, Phi], out);
      },
      * backward(dA, Z, [Phi, slope]) {
        yield call("multiply", [Z, Z], slope);
        yield call("multiply", [slope, number(-0.5)], slope);
        yield call("exp", [slope], slope);
        yield call("multiply", [slope, number(1 / Math.sqrt(2 * Math.PI))], slope);
        yield call("multiply", [slope, Z], slope);
        yield call("add", [slope, Phi], slope);
        yield call("multiply", [dA, slope], dA);
      },
    },
    threshold: {
      reads: "input",
      scratch: ["bool", "float64"],
      * forward(Z, out, [above]) {
        yield call("greater_equal", [Z, number(0)], above);
        yield call("copyto", [above], out);
      },
      * backward(dA, Z, [near, size]) {
        yield call("absolute", [Z], size);
        yield call("less_equal", [size, number(1)], near);
        yield call("copyto", [near], size);
        yield call("multiply", [dA, size], dA);
      },
    },
  };

  // ------------------------------------------------------------------ layers
  // Each describes itself: forward(X, Y, cell, training), backward(dY, X, Y, cell, dX).

  const linear = (units) => ({
    part: "Linear", units, reads: "input", makesUnits: true,
    width: () => units,
    params: (n) => [["W", [n, units], true], ["b", [units], false]],
    * forward(X, Y, { W, b, space }) {
      yield call("dot", [X, W], Y);
      yield call("add", [Y, units > 1 ? b : space.view(b, [])], Y);
    },
    * backward(dY, X, Y, { W, dW, db, ones, space }, dX) {
      yield call("dot", [space.transposed(X), dY], dW);
      yield call("dot", [ones(), dY], db);
      if (dX !== null) yield call("dot", [dY, space.transposed(W)], dX);
    },
  });

  const activate = (name) => {
    const own = ACTIVATIONS[name];
    return {
      part: "Activate", activation: name, reads: own.reads, inplace: true,
      keepsScratch: Boolean(own.keepsScratch),
      scratch: own.scratch,
      forward: (X, Y, { scratch }) => own.forward(X, Y, scratch),
      backward: (dY, X, Y, { scratch }) => own.backward(dY, own.reads === "input" ? X : Y, scratch),
    };
  };

  const batchNorm = () => ({
    part: "BatchNorm", reads: "", inplace: true, keepsScratch: true,
    scratch: ["float64", "float64"],
    params: (n) => [["gamma", [n], false], ["beta", [n], false]],
    moments: (n) => [["mean", n, 0], ["var", n, 1], ["count", 1, 0], ["rate", 1, 0]],
    * forward(X, Y, cell, training) {
      const { scratch: [xhat, work], gamma, beta, running, rows } = cell;
      const mean = cell.row("mean");
      const scale = cell.row("scale");
      if (training && rows > 1) {
        const share = cell.row("share");
        yield call("dot", [cell.ones(), X], mean);
        yield call("divide", [mean, number(rows)], mean);
        yield call("subtract", [X, mean], xhat);
        yield call("multiply", [xhat, xhat], work);
        yield call("dot", [cell.ones(), work], scale);
        yield call("divide", [scale, number(rows)], scale);
        if (cell.fullBatch) {
          yield call("copyto", [mean], running.mean);
          yield call("copyto", [scale], running.var);
        } else {
          yield call("add", [running.count, number(1)], running.count);
          yield call("divide", [number(1), running.count], running.rate);
          yield call("maximum", [running.rate, number(1 - 0.9)], running.rate);
          for (const [kept, now] of [[running.mean, mean], [running.var, scale]]) {
            yield call("subtract", [now, kept], share);
            yield call("multiply", [share, running.rate], share);
            yield call("add", [kept, share], kept);
          }
        }
      } else {
        yield call("subtract", [X, running.mean], xhat);
        yield call("copyto", [running.var], scale);
      }
      yield call("add", [scale, number(1e-5)], scale);
      yield call("sqrt", [scale], scale);
      yield call("reciprocal", [scale], scale);
      yield call("multiply", [xhat, scale], xhat);
      yield call("multiply", [xhat, gamma], Y);
      yield call("add", [Y, beta], Y);
    },
    * backward(dY, X, Y, cell, dX) {
      const { scratch: [xhat, work], gamma, dgamma, dbeta, rows } = cell;
      const mean = cell.row("mean");
      const scale = cell.row("scale");
      yield call("multiply", [dY, xhat], work);
      yield call("dot", [cell.ones(), work], dgamma);
      yield call("dot", [cell.ones(), dY], dbeta);
      if (dX === null) return;
      yield call("multiply", [scale, gamma], scale);
      if (rows > 1) {
        yield call("divide", [dgamma, number(rows)], mean);
        yield call("multiply", [xhat, mean], work);
        yield call("divide", [dbeta, number(rows)], mean);
        yield call("add", [work, mean], work);
        yield call("subtract", [dY, work], dY);
      }
      yield call("multiply", [dY, scale], dY);
    },
  });

  const dropout = (rate) => ({
    part: "Dropout", reads: "", inplace: true, keepsScratch: true,
    scratch: ["float64", "uint16", "bool"],
    * forward(X, Y, { scratch: [mask, bits, kept], constant }, training) {
      if (!training) {
        if (Y !== X) yield call("copyto", [X], Y);
        return;
      }
      const level = Math.ceil(Math.min(rate * 65536, 65535));
      const [least, gain] = [constant("level", "uint16", level),
        constant("gain", "float64", 65536 / (65536 - level))];
      yield call("draw_bits", [{ random: "bits" }], bits);
      yield call("greater_equal", [bits, least], kept);
      yield call("copyto", [kept], mask);
      yield call("multiply", [mask, gain], mask);
      yield call("multiply", [X, mask], Y);
    },
    * backward(dY, X, Y, { scratch: [mask] }) { yield call("multiply", [dY, mask], dY); },
  });

  const skip = (layers) => ({
    part: "Skip", reads: "input", makesUnits: true, layers,
    width: (n) => widthAfter(layers, n),
    params: (n) => (widthAfter(layers, n) === n ? [] : [["P", [n, widthAfter(layers, n)], true]]),
    * forward(X, Y, { chain, P }, training) {
      yield* chain.forward(X, training);
      if (P) {
        yield call("dot", [X, P], Y);
        yield call("add", [Y, chain.Y], Y);
      } else yield call("add", [X, chain.Y], Y);
    },
    * backward(dY, X, Y, { chain, P, dP, space }, dX) {
      if (P) yield call("dot", [space.transposed(X), dY], dP);
      if (dX !== null) {
        yield P ? call("dot", [dY, space.transposed(P)], dX) : call("copyto", [dY], dX);
      }
      yield* chain.backward(dY, dX !== null);
      if (dX !== null) yield call("add", [dX, chain.dX], dX);
    },
  });

  const widthOf = (layer, n) => (layer.width ? layer.width(n) : n);
  const widthAfter = (layers, n) => layers.reduce((width, layer) => widthOf(layer, width), n);

  // (path, layer, width of input) of all layers, a combinator before those inside it.
  function* walk(layers, n, path = []) {
    for (const [i, layer] of layers.entries()) {
      yield [[...path, i], layer, n];
      if (layer.layers) yield* walk(layer.layers, n, [...path, i]);
      n = widthOf(layer, n);
    }
  }

  // ------------------------------------------------------------------ losses of one output

  const SIGMOID = {
    binary_crossentropy: {
      scratch: 0,
      * gradient(y, raw, out) {
        yield* logistic(raw, out);
        yield call("subtract", [out, y], out);
      },
    },
    sigmoid_squared_error: {
      scratch: 1,
      * gradient(y, raw, out, [slope]) {
        yield* logistic(raw, out);
        yield call("multiply", [out, out], slope);
        yield call("subtract", [out, slope], slope);
        yield call("subtract", [out, y], out);
        yield call("multiply", [out, slope], out);
      },
    },
  };
  const margin = (least) => ({
    scratch: 1,
    * gradient(y, raw, out, [wrong]) {
      yield call("multiply", [y, raw], out);
      yield call("less_equal", [out, number(least)], wrong);
      yield call("multiply", [y, wrong], out);
      yield call("negative", [out], out);
    },
  });
  const LOSSES = {
    ...SIGMOID,
    hinge: margin(1),
    perceptron: margin(0),
    squared_error: {
      scratch: 0,
      * gradient(y, raw, out) { yield call("subtract", [raw, y], out); },
    },
    huber: {
      scratch: 0,
      * gradient(y, raw, out) {
        yield call("subtract", [raw, y], out);
        yield call("maximum", [out, number(-1)], out);
        yield call("minimum", [out, number(1)], out);
      },
    },
    absolute_error: {
      scratch: 0,
      * gradient(y, raw, out) {
        yield call("subtract", [raw, y], out);
        yield call("sign", [out], out);
      },
    },
  };

  // ------------------------------------------------------------------ optimizers

  const scale = (x, factor) => call("scal", [x, factor], x);
  const add = (y, x, ...factor) => call("axpy", [y, x, ...factor], y);

  function* moments(grad, M, V, tmp, { beta_1: b1, beta_2: b2 }) {
    yield scale(M, number(b1));
    yield add(M, grad);
    yield call("multiply", [grad, grad], tmp);
    yield scale(V, number(b2));
    yield add(V, tmp);
  }

  function* adamStep(theta, M, V, tmp, step, epsilon) {
    yield call("sqrt", [V], tmp);
    yield call("add", [tmp, epsilon], tmp);
    yield call("divide", [M, tmp], tmp);
    yield add(theta, tmp, step);
  }

  const ADAM = { beta_1: 0.9, beta_2: 0.999, epsilon: 1e-8 };
  const OPTIMIZERS = {
    sgd: {
      slots: 1, scalars: 1, settings: { momentum: 0.9, nesterovs_momentum: true },
      * update({ theta, grad, slots: [velocity], tmp, scalars: [rate], settings }) {
        const momentum = number(settings.momentum);
        yield call("multiply", [grad, rate], grad);
        if (settings.momentum === 0) {
          yield call("subtract", [theta, grad], theta);
          return;
        }
        yield call("multiply", [velocity, momentum], velocity);
        yield call("subtract", [velocity, grad], velocity);
        if (settings.nesterovs_momentum) {
          yield call("multiply", [velocity, momentum], tmp);
          yield call("subtract", [tmp, grad], tmp);
          yield call("add", [theta, tmp], theta);
        } else yield call("add", [theta, velocity], theta);
      },
    },
    adam: {
      slots: 2, scalars: 1, settings: ADAM,
      * update({ theta, grad, slots: [M, V], tmp, scalars: [step], settings }) {
        yield* moments(grad, M, V, tmp, settings);
        const epsilon = settings.epsilon * (1 / Math.sqrt(1 - settings.beta_2));
        yield* adamStep(theta, M, V, tmp, step, number(epsilon));
      },
    },
    adamw: {
      slots: 2, scalars: 3, settings: { ...ADAM, weight_decay: 0.01 },
      * update({ theta, grad, slots: [M, V], tmp, scalars: [step, epsilon, keep], settings, weights }) {
        if (settings.weight_decay) yield scale(weights, keep);
        yield* moments(grad, M, V, tmp, settings);
        yield* adamStep(theta, M, V, tmp, step, epsilon);
      },
    },
    nadam: {
      slots: 2, scalars: 3, settings: ADAM,
      * update({ theta, grad, slots: [M, V], tmp, scalars, settings }) {
        const [ofGradient, ofMomentum, epsilon] = scalars;
        yield* moments(grad, M, V, tmp, settings);
        yield call("multiply", [grad, ofGradient], grad);
        yield call("multiply", [M, ofMomentum], tmp);
        yield call("add", [grad, tmp], grad);
        yield call("sqrt", [V], tmp);
        yield call("add", [tmp, epsilon], tmp);
        yield call("divide", [grad, tmp], grad);
        yield call("subtract", [theta, grad], theta);
      },
    },
    adagrad: {
      slots: 1, scalars: 1, settings: { initial_accumulator: 0, epsilon: 1e-8 },
      * update({ theta, grad, slots: [v], tmp, scalars: [rate], settings }) {
        yield call("multiply", [grad, grad], tmp);
        yield call("add", [v, tmp], v);
        yield* byRoot(theta, grad, v, tmp, rate, settings);
      },
    },
    rmsprop: {
      slots: 1, scalars: 1, settings: { rho: 0.9, epsilon: 1e-8 },
      * update({ theta, grad, slots: [v], tmp, scalars: [rate], settings }) {
        yield call("multiply", [grad, grad], tmp);
        yield call("multiply", [tmp, number(1 - settings.rho)], tmp);
        yield call("multiply", [v, number(settings.rho)], v);
        yield call("add", [v, tmp], v);
        yield* byRoot(theta, grad, v, tmp, rate, settings);
      },
    },
  };

  function* byRoot(theta, grad, v, tmp, rate, { epsilon }) {
    yield call("sqrt", [v], tmp);
    yield call("add", [tmp, number(epsilon)], tmp);
    yield call("divide", [grad, tmp], tmp);
    yield call("multiply", [tmp, rate], tmp);
    yield call("subtract", [theta, tmp], theta);
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

  Object.assign(playground, { writtenProgram, hiddenLayers, layoutOf, linear, walk,
    ACTIVATIONS: Object.keys(ACTIVATIONS), LOSSES: Object.keys(LOSSES), OPTIMIZERS });
})(globalThis.skfnnPlayground ??= {});
