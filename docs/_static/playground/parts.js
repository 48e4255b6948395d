// The parts of a network, each of which writes its calls: activations, layers, losses of one output,
// optimizers. As in the package, and compared with it call by call (tests/test_playground.py).
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

  Object.assign(playground, { number, call, add, linear, activate, batchNorm, dropout, skip, widthOf,
    ACTIVATIONS, LOSSES, OPTIMIZERS });
})(globalThis.skfnnPlayground ??= {});
