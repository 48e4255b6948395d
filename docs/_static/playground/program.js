// Runs a training program (skfnn.export.training_program, version 1) on typed arrays.
"use strict";
(function (playground) {
  const FORMAT = "skfnn.training_program";
  const VERSION = 1;
  const TYPES = { float64: Float64Array, float32: Float32Array, bool: Uint8Array, uint16: Uint16Array };

  function erf(x) {
    const size = Math.abs(x);
    if (size > 6) return Math.sign(x);
    if (size < 2.5) { // the series of all positive terms
      let term = 2 * x * Math.exp(-x * x) / Math.sqrt(Math.PI);
      let sum = term;
      for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
        term *= 2 * x * x / (2 * n + 1);
        sum += term;
      }
      return sum;
    }
    let fraction = 0; // the continued fraction of 1 - erf
    for (let n = 80; n > 0; n--) fraction = n / 2 / (size + fraction);
    return Math.sign(x) * (1 - Math.exp(-x * x) / Math.sqrt(Math.PI) / (size + fraction));
  }

  // Each function is a loop of its own, over n elements from place p (and q) to place r: a function
  // that is called for every element would take several times as long.
  const UNARY = {
    absolute(A, T, n, p, dp, r, dr) {
      for (let i = 0; i < n; i++, p += dp, r += dr) T[r] = Math.abs(A[p]);
    },
    copyto(A, T, n, p, dp, r, dr) {
      for (let i = 0; i < n; i++, p += dp, r += dr) T[r] = A[p];
    },
    erf(A, T, n, p, dp, r, dr) {
      for (let i = 0; i < n; i++, p += dp, r += dr) T[r] = erf(A[p]);
    },
    exp(A, T, n, p, dp, r, dr) {
      for (let i = 0; i < n; i++, p += dp, r += dr) T[r] = Math.exp(A[p]);
    },
    expm1(A, T, n, p, dp, r, dr) {
      for (let i = 0; i < n; i++, p += dp, r += dr) T[r] = Math.expm1(A[p]);
    },
    log(A, T, n, p, dp, r, dr) {
      for (let i = 0; i < n; i++, p += dp, r += dr) T[r] = Math.log(A[p]);
    },
    log1p(A, T, n, p, dp, r, dr) {
      for (let i = 0; i < n; i++, p += dp, r += dr) T[r] = Math.log1p(A[p]);
    },
    negative(A, T, n, p, dp, r, dr) {
      for (let i = 0; i < n; i++, p += dp, r += dr) T[r] = -A[p];
    },
    reciprocal(A, T, n, p, dp, r, dr) {
      for (let i = 0; i < n; i++, p += dp, r += dr) T[r] = 1 / A[p];
    },
    sign(A, T, n, p, dp, r, dr) {
      for (let i = 0; i < n; i++, p += dp, r += dr) T[r] = Math.sign(A[p]);
    },
    sqrt(A, T, n, p, dp, r, dr) {
      for (let i = 0; i < n; i++, p += dp, r += dr) T[r] = Math.sqrt(A[p]);
    },
    tanh(A, T, n, p, dp, r, dr) {
      for (let i = 0; i < n; i++, p += dp, r += dr) T[r] = Math.tanh(A[p]);
    },
  };
  const BINARY = {
    add(A, B, T, n, p, dp, q, dq, r, dr) {
      for (let i = 0; i < n; i++, p += dp, q += dq, r += dr) T[r] = A[p] + B[q];
    },
    subtract(A, B, T, n, p, dp, q, dq, r, dr) {
      for (let i = 0; i < n; i++, p += dp, q += dq, r += dr) T[r] = A[p] - B[q];
    },
    multiply(A, B, T, n, p, dp, q, dq, r, dr) {
      for (let i = 0; i < n; i++, p += dp, q += dq, r += dr) T[r] = A[p] * B[q];
    },
    divide(A, B, T, n, p, dp, q, dq, r, dr) {
      for (let i = 0; i < n; i++, p += dp, q += dq, r += dr) T[r] = A[p] / B[q];
    },
    maximum(A, B, T, n, p, dp, q, dq, r, dr) {
      for (let i = 0; i < n; i++, p += dp, q += dq, r += dr) T[r] = Math.max(A[p], B[q]);
    },
    minimum(A, B, T, n, p, dp, q, dq, r, dr) {
      for (let i = 0; i < n; i++, p += dp, q += dq, r += dr) T[r] = Math.min(A[p], B[q]);
    },
    equal(A, B, T, n, p, dp, q, dq, r, dr) {
      for (let i = 0; i < n; i++, p += dp, q += dq, r += dr) T[r] = A[p] === B[q] ? 1 : 0;
    },
    greater(A, B, T, n, p, dp, q, dq, r, dr) {
      for (let i = 0; i < n; i++, p += dp, q += dq, r += dr) T[r] = A[p] > B[q] ? 1 : 0;
    },
    greater_equal(A, B, T, n, p, dp, q, dq, r, dr) {
      for (let i = 0; i < n; i++, p += dp, q += dq, r += dr) T[r] = A[p] >= B[q] ? 1 : 0;
    },
    less(A, B, T, n, p, dp, q, dq, r, dr) {
      for (let i = 0; i < n; i++, p += dp, q += dq, r += dr) T[r] = A[p] < B[q] ? 1 : 0;
    },
    less_equal(A, B, T, n, p, dp, q, dq, r, dr) {
      for (let i = 0; i < n; i++, p += dp, q += dq, r += dr) T[r] = A[p] <= B[q] ? 1 : 0;
    },
    logical_and(A, B, T, n, p, dp, q, dq, r, dr) {
      for (let i = 0; i < n; i++, p += dp, q += dq, r += dr) T[r] = A[p] && B[q] ? 1 : 0;
    },
  };
  BINARY.scal = BINARY.multiply;
  const REDUCED = { "add.reduce": (a, b) => a + b, "maximum.reduce": (a, b) => Math.max(a, b) };

  function product(A, B, T, rows, inner, columns, a, b, t) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        let sum = 0;
        let p = a.offset + i * a.down;
        let q = b.offset + j * b.along;
        const [dp, dq] = [a.along, b.down];
        for (let k = 0; k < inner; k++, p += dp, q += dq) sum += A[p] * B[q];
        T[t.offset + i * t.down + j * t.along] = sum;
      }
    }
  }

  // A view over rows and columns of an output's shape, as NumPy broadcasts it.
  function over(view, shape) {
    const { data, offset } = view;
    const missing = shape.length - view.shape.length;
    const step = (axis) => {
      const own = axis - missing;
      return own < 0 || view.shape[own] === 1 ? 0 : view.strides[own];
    };
    const [down, along] = shape.length === 2 ? [step(0), step(1)]
      : [0, shape.length === 1 ? step(0) : 0];
    return { data, offset, down, along };
  }

  const extent = (shape) => (shape.length === 2 ? shape : [1, shape.length === 1 ? shape[0] : 1]);

  // Whether an array is one piece, row after row; whether it is one number.
  const whole = (view, shape) => view.shape.length === shape.length
    && view.shape.every((n, axis) => n === shape[axis])
    && view.strides.at(-1) === 1 && (shape.length < 2 || view.strides[0] === shape[1]);
  const single = (view) => view.shape.every((n) => n === 1);

  // Rows and columns of the loops over an output: one row, where all arrays are of one piece.
  function loops(inputs, out) {
    const [rows, columns] = extent(out.shape);
    const views = [...inputs, out].map((view) => over(view, out.shape));
    const pieces = whole(out, out.shape)
      && inputs.every((view) => whole(view, out.shape) || single(view));
    if (!pieces) return { rows, columns, views };
    const n = rows * columns;
    [...inputs, out].forEach((view, i) => { views[i].along = single(view) && n > 1 ? 0 : 1; });
    return { rows: 1, columns: n, views };
  }

  function unary(f, inputs, out) {
    const { rows, columns, views: [a, o] } = loops(inputs, out);
    return () => {
      for (let i = 0; i < rows; i++) {
        f(a.data, o.data, columns, a.offset + i * a.down, a.along, o.offset + i * o.down, o.along);
      }
    };
  }

  function binary(f, inputs, out) {
    const { rows, columns, views: [a, b, o] } = loops(inputs, out);
    return () => {
      for (let i = 0; i < rows; i++) {
        f(a.data, b.data, o.data, columns, a.offset + i * a.down, a.along,
          b.offset + i * b.down, b.along, o.offset + i * o.down, o.along);
      }
    };
  }

  // Matrices and vectors: (n, p) by (p, k), a vector on the left as one row, on the right as one column.
  function dot([left, right], out) {
    const [rows, inner] = extent(left.shape);
    const columns = right.shape.length === 2 ? right.shape[1] : 1;
    const a = over(left, left.shape);
    const b = right.shape.length === 2 ? over(right, right.shape)
      : { data: right.data, offset: right.offset, down: right.strides[0], along: 0 };
    const o = over(out, out.shape);
    if (left.shape.length === 2 && right.shape.length === 1) [o.down, o.along] = [o.along, 0];
    return () => product(a.data, b.data, o.data, rows, inner, columns, a, b, o);
  }

  function reduce(f, [input], out, { axis = 0, keepdims = false }) {
    const a = over(input, input.shape);
    const [rows, columns] = extent(input.shape);
    const byRow = input.shape.length === 2 && axis === 1;
    const o = over(out, out.shape);
    const step = byRow && keepdims ? o.down : o.along;
    const [kept, folded] = byRow ? [rows, columns] : [columns, rows];
    const [keptStep, foldedStep] = byRow ? [a.down, a.along] : [a.along, a.down];
    if (input.shape.length === 1) {
      return () => {
        let total = a.data[a.offset];
        for (let j = 1; j < columns; j++) total = f(total, a.data[a.offset + j * a.along]);
        o.data[o.offset] = total;
      };
    }
    return () => {
      for (let i = 0; i < kept; i++) {
        let p = a.offset + i * keptStep;
        let total = a.data[p];
        for (let j = 1; j < folded; j++) total = f(total, a.data[p += foldedStep]);
        o.data[o.offset + i * step] = total;
      }
    };
  }

  // out += factor * x, or out += x.
  function axpy([, x, factor], out) {
    const [n, a, o] = [out.shape[0], x, out];
    return () => {
      const times = factor ? factor.data[factor.offset] : 1;
      for (let i = 0; i < n; i++) {
        o.data[o.offset + i * o.strides[0]] += times * a.data[a.offset + i * a.strides[0]];
      }
    };
  }

  // A program and its memory. `random.bits(array)` draws what dropout needs. The first pieces of
  // memory may be those of another machine, `shared`.
  class Machine {
    constructor(program, random = null, shared = []) {
      if (program.format !== FORMAT || program.version !== VERSION) {
        throw new Error(`This is no ${FORMAT} of version ${VERSION}: `
          + `${program.format}, version ${program.version}.`);
      }
      this.program = program;
      this.random = random;
      this.memory = program.buffers.map(({ dtype, size, start }, i) => {
        if (i < shared.length) return shared[i];
        if (!TYPES[dtype]) throw new Error(`The type ${dtype} is not in version ${VERSION}.`);
        return start ? TYPES[dtype].from(start) : new TYPES[dtype](size);
      });
      this.step = this.bind(program.step);
      this.predict = this.bind(program.predict);
    }

    view(number) {
      const { buffer, offset, shape, strides } = this.program.arrays[number];
      return { data: this.memory[buffer], offset, shape, strides };
    }

    input(value) {
      if (typeof value === "number") return this.view(value);
      if ("number" in value) {
        return { data: Float64Array.of(value.number), offset: 0, shape: [], strides: [] };
      }
      return null; // the stream of random bits
    }

    bind(calls) {
      return calls.map((call) => {
        const inputs = call.inputs.map((value) => this.input(value));
        return this.bound(call.function, inputs, this.view(call.out), call.options ?? {});
      });
    }

    bound(name, inputs, out, options) {
      if ([...inputs, out].some((view) => view && view.shape.length > 2)) {
        throw new Error(`${name} on more than two axes cannot be run here.`);
      }
      if (name === "dot") return dot(inputs, out);
      if (name === "axpy") return axpy(inputs, out);
      if (name === "draw_bits") return () => this.random.bits(out.data);
      if (Object.hasOwn(UNARY, name)) return unary(UNARY[name], inputs, out);
      if (Object.hasOwn(BINARY, name)) return binary(BINARY[name], inputs, out);
      if (Object.hasOwn(REDUCED, name)) return reduce(REDUCED[name], inputs, out, options);
      throw new Error(`The function ${name} is not in version ${VERSION}.`);
    }

    run(calls) { for (const call of calls) call(); }

    // The numbers of an array, row by row.
    get(number) {
      const view = this.view(number);
      const [rows, columns] = extent(view.shape);
      const { data, offset, down, along } = over(view, view.shape);
      const values = new Float64Array(rows * columns);
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) {
          values[i * columns + j] = data[offset + i * down + j * along];
        }
      }
      return values;
    }

    set(number, values) {
      const view = this.view(number);
      const [rows, columns] = extent(view.shape);
      const { data, offset, down, along } = over(view, view.shape);
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) {
          data[offset + i * down + j * along] = values[i * columns + j];
        }
      }
    }
  }

  // What an optimizer's 0-d arrays hold before the t-th step.
  function scalars(solver, t) {
    const { name, learning_rate: rate, beta_1: b1, beta_2: b2, epsilon } = solver;
    if (["sgd", "rmsprop", "adagrad"].includes(name)) return [rate];
    const root = Math.sqrt((1 - b2 ** t) / (1 - b2));
    const step = -rate * root * (1 - b1) / (1 - b1 ** t);
    if (name === "adam") return [step];
    if (name === "adamw") return [step, epsilon * root, 1 - rate * solver.weight_decay];
    if (name !== "nadam") throw new Error(`The solver ${name} is not in version ${VERSION}.`);
    const momentum = (i) => b1 * (1 - 0.5 * 0.96 ** (0.004 * i));
    let product = 1;
    for (let i = 1; i <= t && product > 0; i++) {
      product *= momentum(i);
      if (product < 1e-17) product = 0;
    }
    const following = momentum(t + 1);
    return [rate * root * (1 - momentum(t)) / (1 - product),
      rate * root * (1 - b1) * following / (1 - product * following), epsilon * root];
  }

  playground.Machine = Machine;
  playground.scalars = scalars;
  playground.FORMAT = FORMAT;
  playground.VERSION = VERSION;
  playground.FUNCTIONS = [...Object.keys(UNARY), ...Object.keys(BINARY), ...Object.keys(REDUCED),
    "dot", "axpy", "draw_bits"].sort();
})(globalThis.skfnnPlayground ??= {});
