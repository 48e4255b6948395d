// Runs in node what the playground page runs in a browser: a job (JSON) from stdin, its result to
// stdout. Called by tests/test_playground.py.
"use strict";
const { readFileSync } = require("node:fs");
const { join } = require("node:path");

const folder = join(__dirname, "..", "docs", "_static", "playground");
for (const name of ["random", "program", "writer", "data", "training"]) {
  require(join(folder, `${name}.js`));
}
const playground = globalThis.skfnnPlayground;

// Streams for a program whose random bits were recorded.
const recorded = (masks) => ({ bits: (out) => out.set(masks.shift()) });

const JOBS = {
  // Functions of arrays, one call each.
  calls: ({ calls }) => calls.map(({ program, out }) => {
    const machine = new playground.Machine(program);
    machine.run(machine.step);
    return [...machine.get(out)];
  }),

  // A training: a program, batches of rows, masks; the parameters at the end and all scores.
  train: ({ program, batches, masks }) => {
    const machine = new playground.Machine(program, recorded(masks));
    const { batch, solver } = program;
    const losses = batches.map(({ X, y }, t) => {
      machine.set(batch.X, X.flat());
      machine.set(batch.y, y);
      playground.scalars(solver, t + 1).forEach((value, i) =>
        machine.set(solver.scalars[i], [value]));
      machine.run(machine.step);
      return [...machine.get(batch.scores)];
    });
    machine.set(batch.X, batches[0].X.flat());
    machine.run(machine.predict);
    return {
      parameters: program.parameters.map(({ array }) => [...machine.get(array)]),
      moments: program.moments.map(({ array }) => [...machine.get(array)]),
      scores: losses, predicted: [...machine.get(batch.scores)],
    };
  },

  written: ({ configs }) => configs.map(({ config, rows }) => playground.writtenProgram(config, rows)),

  random: ({ seed, count }) => {
    const { MersenneTwister, PCG64, SFC64, streams } = playground.random;
    const [twister, generator, bits] = [new MersenneTwister(seed), new PCG64(seed), new SFC64(seed)];
    const order = Array.from({ length: count }, (_, i) => i);
    const fitted = Array.from({ length: count }, (_, i) => i);
    const out = new Uint16Array(count);
    bits.bits(out);
    generator.shuffle(order);
    const { shuffling, masking } = streams(seed);
    shuffling.shuffle(fitted);
    const masks = new Uint16Array(count);
    masking.bits(masks);
    return {
      uniform: Array.from({ length: count }, () => twister.uniform(-2, 3)),
      int31: Array.from({ length: count }, () => twister.int31()),
      order, random: Array.from({ length: count }, () => generator.random()),
      bits: [...out], fitted, masks: [...masks],
    };
  },

  // Trainings as the page does them: the parameters, the curves and the code.
  fit: ({ fits }) => fits.map(({ config, epochs, rows = [], again = 0 }) => {
    const training = new playground.Training(config);
    for (let i = 0; i < epochs; i++) training.epoch();
    for (const row of rows) training.stepRow(row);
    for (let i = 0; i < again; i++) training.epoch();
    const grid = new playground.Forward(training, [[-0.5, -0.5], [0.25, 0.5], [0.9, -0.3]]);
    grid.run();
    return {
      parameters: training.parameters(), curves: training.curves, train: training.train,
      test: training.test, quality: [training.trained, training.tested], scores: grid.scores,
      hidden: config.units.map((_, layer) => grid.hidden(layer)), code: playground.code(training),
    };
  }),

  functions: () => playground.FUNCTIONS,
};

const { job, ...given } = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(JOBS[job](given), (key, value) => {
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  return ArrayBuffer.isView(value) ? [...value] : value;
}));
