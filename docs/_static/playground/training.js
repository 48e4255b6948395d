// A training, epoch by epoch: what FNNClassifier and FNNRegressor do with dtype="float64".
"use strict";
(function (playground) {
  const { Machine, writtenProgram, walk, hiddenLayers, linear, OPTIMIZERS } = playground;
  // Slots below this are set to zero every so many steps: see skfnn/solvers/_minibatch.py.
  const TINY = 1e-30;
  const FLUSH_STEPS = 128;

  const log1pExp = (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
  const sigmoid = (z) => 0.5 + 0.5 * Math.tanh(z / 2);
  const median = (y) => [...y].sort((a, b) => a - b)[Math.ceil(y.length / 2) - 1];
  const mean = (y) => y.reduce((sum, value) => sum + value, 0) / y.length;

  function huberConstant(y) { // by bisection, as Huber.constant
    let [low, high] = [Math.min(...y), Math.max(...y)];
    for (let i = 0; i < 64; i++) {
      const middle = (low + high) / 2;
      const slope = mean(y.map((value) => Math.min(1, Math.max(-1, middle - value))));
      [low, high] = slope < 0 ? [middle, high] : [low, middle];
    }
    return (low + high) / 2;
  }

  // By the loss's name in the program: the loss of a row; what no and yes are; the best constant.
  const LOSS_VALUES = {
    binary_crossentropy: { value: (y, z) => log1pExp(z) - y * z, levels: [0, 1] },
    sigmoid_squared_error: { value: (y, z) => 0.5 * (sigmoid(z) - y) ** 2, levels: [0, 1] },
    hinge: { value: (y, z) => Math.max(0, 1 - y * z), levels: [-1, 1] },
    perceptron: { value: (y, z) => Math.max(0, -y * z), levels: [-1, 1] },
    squared_error: { value: (y, z) => 0.5 * (z - y) ** 2, constant: mean },
    huber: {
      value: (y, z) => {
        const r = Math.abs(z - y);
        return r <= 1 ? 0.5 * r * r : r - 0.5;
      },
      constant: huberConstant,
    },
    absolute_error: { value: (y, z) => Math.abs(z - y), constant: median },
  };

  // The name of a loss in the program: it depends on the task.
  function specialised({ task, loss }) {
    if (loss === "log_loss") return "binary_crossentropy";
    return loss === "squared_error" && task === "classification" ? "sigmoid_squared_error" : loss;
  }

  // What the writer wants to know, of what the page's controls say.
  function networkOf(config) {
    const { settings } = OPTIMIZERS[config.solver] ?? { settings: {} };
    const solver = { name: config.solver, ...settings, learning_rate: config.learning_rate };
    for (const name of ["momentum", "weight_decay"]) {
      if (name in settings) solver[name] = config[name];
    }
    const hidden = config.units.length > 0;
    return {
      inputs: 2, units: config.units, activation: config.activation, alpha: config.alpha,
      batch_norm: hidden ? config.batch_norm : "", dropout: hidden ? config.dropout : 0,
      skip: hidden && config.skip_connections, loss: specialised(config), solver,
    };
  }

  // Initial parameters, drawn as RandomState(seed) draws them: see skfnn/initializers.py.
  function initialValues(network, seed, layout) {
    const twister = new playground.random.MersenneTwister(seed);
    const values = new Float64Array(layout.size);
    const shrunk = network.skip && !network.batch_norm && network.units.length > 1;
    const bounds = {};
    for (const [path, layer, n] of walk([...hiddenLayers(network), linear(1)], 2)) {
      const width = layer.width ? layer.width(n) : n;
      const factor = shrunk && path.length > 1 ? 1 / network.units.length : 1;
      bounds[path.join(".")] = [Math.sqrt(3 * (2 / (n + width))), factor];
    }
    for (const { position, name, start, size } of layout.drawn) {
      const [bound, factor] = bounds[position];
      for (let i = start; i < start + size; i++) {
        if (name === "gamma") values[i] = 1;
        else if (name === "W" || name === "P") values[i] = factor * twister.uniform(-bound, bound);
        else if (name === "b") values[i] = twister.uniform(-factor * bound, factor * bound);
      }
    }
    return values;
  }

  // A forward pass of any rows: raw scores, and what each hidden unit answers.
  class Forward {
    constructor(training, X) {
      const program = writtenProgram(training.network, X.length, { predicts: true });
      this.machine = new Machine(program, null, training.shared);
      this.machine.set(program.batch.X, X.flat());
      this.program = program;
    }
    run() { this.machine.run(this.machine.predict); }
    get scores() { return this.machine.get(this.program.batch.scores); }
    hidden(layer) { return this.machine.get(this.program.outputs[layer]); }
  }

  class Training {
    constructor(config) {
      this.config = config;
      this.network = networkOf(config);
      this.loss = LOSS_VALUES[this.network.loss];
      const { train, test } = playground.rowsOf(config);
      this.train = train;
      this.test = test;
      this.n = train.X.length;
      this.size = Math.min(config.batch_size, this.n);
      this.steps = 0;
      this.epochs = 0;
      this.done = []; // what was done, in order: [epochs] or [row, 1]
      Object.assign(this, playground.random.streams(config.seed));
      this.machines = new Map();
      this.first = this.machine(Math.max(this.size, 1));
      const { layout, memory } = this.first.program;
      this.layout = layout;
      this.slots = memory.slots.map((buffer) => this.shared[buffer]);
      this.shared[memory.values].set(initialValues(this.network, config.seed, layout));
      if (this.loss.constant && this.n) {
        this.shared[memory.values][layout.size - 1] = this.loss.constant(train.y);
      }
      this.curves = { loss: [], test: [] };
      this.measures = [train, test].map(({ X }) => (X.length ? new Forward(this, X) : null));
      this.measure();
    }

    // The program for so many rows; all share parameters, moments and the optimizer's memory.
    machine(rows, penaltyRows = rows) {
      const key = `${rows} ${penaltyRows}`;
      if (!this.machines.has(key)) {
        const program = writtenProgram(this.network, rows, { penaltyRows });
        const machine = new Machine(program, this.masking, this.shared);
        this.shared ??= machine.memory.slice(0, 3 + program.memory.slots.length);
        this.machines.set(key, machine);
      }
      return this.machines.get(key);
    }

    target(y) {
      return this.loss.levels ? this.loss.levels[y] : y;
    }

    // One step on some rows of the training set. A last, shorter batch of an epoch gets the
    // penalty of the others.
    step(rows, penaltyRows) {
      const machine = this.machine(rows.length, penaltyRows);
      const { batch, solver } = machine.program;
      machine.set(batch.X, rows.flatMap((i) => this.train.X[i]));
      machine.set(batch.y, rows.map((i) => this.target(this.train.y[i])));
      this.steps += 1;
      playground.scalars(solver, this.steps).forEach((value, i) =>
        machine.set(solver.scalars[i], [value]));
      machine.run(machine.step);
      if (this.steps % FLUSH_STEPS === 0) {
        for (const slot of this.slots) slot.forEach((v, i) => { if (Math.abs(v) < TINY) slot[i] = 0; });
      }
    }

    epoch() {
      const order = Array.from({ length: this.n }, (_, i) => i);
      this.shuffling.shuffle(order);
      for (let i = 0; i < this.n; i += this.size) {
        this.step(order.slice(i, i + this.size), this.size);
      }
      this.epochs += 1;
      this.note("epochs");
      this.measure();
    }

    // A step on one row, as partial_fit(X[[row]], y[[row]]) does it.
    stepRow(row) {
      this.step([row], 1);
      this.note("row", row);
      this.measure();
    }

    note(kind, row) {
      const last = this.done.at(-1);
      if (kind === "epochs" && last?.epochs) last.epochs += 1;
      else this.done.push(kind === "epochs" ? { epochs: 1 } : { row });
    }

    get finite() { return this.curves.loss.every(Number.isFinite); }

    measure() {
      [this.trained, this.tested] = this.measures.map((forward, i) => {
        if (!forward) return null;
        forward.run();
        return this.quality(i ? this.test.y : this.train.y, forward.scores);
      });
      this.curves.loss.push(this.trained?.loss ?? NaN);
      if (this.tested) this.curves.test.push(this.tested.loss);
    }

    // Mean loss, and accuracy or R2.
    quality(y, scores) {
      const rows = y.map((value, i) => this.loss.value(this.target(value), scores[i]));
      if (this.loss.levels) {
        const right = y.filter((value, i) => value === +(scores[i] > 0)).length;
        return { loss: mean(rows), score: right / y.length };
      }
      const center = mean(y);
      const sum = (values) => values.reduce((a, b) => a + b, 0);
      const spread = sum(y.map((value) => (value - center) ** 2));
      return { loss: mean(rows), score: 1 - sum(y.map((v, i) => (v - scores[i]) ** 2)) / spread };
    }

    // A raw score on the scale from -1 to 1 that the picture shows.
    shown(score) {
      if (this.network.loss.includes("crossentropy") || this.network.loss.startsWith("sigmoid")) {
        return Math.tanh(score / 2);
      }
      return Math.max(-1, Math.min(1, score));
    }

    // The parameters, as [{layer, name, values}] in the order of the layers.
    parameters() {
      return this.first.program.parameters.map(({ layer, name, array }) =>
        ({ layer, name, values: this.first.get(array) }));
    }
  }

  // ------------------------------------------------------------------ as scikit-learn code

  const literal = (value) => {
    if (typeof value === "string") return `"${value}"`;
    if (typeof value === "boolean") return value ? "True" : "False";
    return Array.isArray(value) ? `(${value.join(", ")}${value.length === 1 ? "," : ""})`
      : String(value);
  };

  function estimatorCode(config, size, epochs) {
    const hidden = config.units.length > 0;
    const params = {
      hidden_layer_sizes: literal(config.units), activation: literal(config.activation),
      loss: literal(config.loss), solver: literal(config.solver),
    };
    if (config.solver === "adamw") params.solver = `AdamW(weight_decay=${config.weight_decay})`;
    params.learning_rate_init = config.learning_rate;
    if (config.solver === "sgd") params.momentum = config.momentum;
    params.batch_size = size;
    params.alpha = config.alpha;
    if (hidden && config.dropout) params.dropout = config.dropout;
    if (hidden && config.batch_norm) params.batch_norm = literal(config.batch_norm);
    if (hidden && config.skip_connections) params.skip_connections = "True";
    if (epochs) Object.assign(params, { max_iter: epochs, n_iter_no_change: epochs });
    Object.assign(params, { dtype: '"float64"', random_state: config.seed });
    const cls = config.task === "regression" ? "FNNRegressor" : "FNNClassifier";
    const lines = Object.entries(params).map(([name, value]) => `    ${name}=${value},`);
    return { cls, lines: [`model = ${cls}(`, ...lines, ")"] };
  }

  // Code that gives the same weights, and so the same picture.
  function code(training) {
    const { config, done, size } = training;
    const plain = done.length === 1 && done[0].epochs;
    const { cls, lines } = estimatorCode(config, size, plain ? done[0].epochs : 0);
    const classes = cls === "FNNClassifier" ? ", classes=[0, 1]" : "";
    const fits = done.flatMap(({ epochs, row }) => (epochs
      ? [`for _ in range(${epochs}):`, `    model.partial_fit(X_train, y_train${classes})`]
      : [`model.partial_fit(X_train[[${row}]], y_train[[${row}]]${classes})  # one row, by hand`]));
    return [
      "import numpy as np",
      `from skfnn import ${cls}`,
      ...(config.solver === "adamw" ? ["from skfnn.optimizers import AdamW"] : []),
      "",
      ...playground.dataCode(config),
      "",
      ...lines,
      ...(plain ? ["model.fit(X_train, y_train)"] : fits),
      ...(done.length && training.test.y.length ? ["print(model.score(X_test, y_test))"] : []),
    ].join("\n");
  }

  Object.assign(playground, { Training, Forward, networkOf, code });
})(globalThis.skfnnPlayground ??= {});
