// The data sets: each as JavaScript and as the Python code that makes the same rows.
"use strict";
(function (playground) {
  const N = 300;
  const { PI, sqrt, cos, sin, exp } = Math;

  // row(u, i): four numbers in [0, 1) and the row's number to [x1, x2, class or value].
  const SETS = {
    circles: {
      row: ([a, b], i) => {
        const radius = i % 2 === 0 ? 0.4 * sqrt(b) : 0.65 + 0.25 * b;
        return [radius * cos(2 * PI * a), radius * sin(2 * PI * a), +(i % 2 === 0)];
      },
      python: [
        "y = (np.arange(300) + 1) % 2",
        "radius = np.where(y == 1, 0.4 * np.sqrt(u[:, 1]), 0.65 + 0.25 * u[:, 1])",
        "angle = 2 * np.pi * u[:, 0]",
        "X = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])",
      ],
    },
    moons: {
      row: ([a], i) => {
        const side = i % 2 === 0 ? 1 : -1;
        return [side * (cos(PI * a) - 0.5) / 1.7, side * (sin(PI * a) - 0.25) / 1.7, +(side > 0)];
      },
      python: [
        "y = (np.arange(300) + 1) % 2",
        "arc = np.column_stack([np.cos(np.pi * u[:, 0]) - 0.5, np.sin(np.pi * u[:, 0]) - 0.25])",
        "X = np.where(y == 1, 1, -1)[:, None] * arc / 1.7",
      ],
    },
    spirals: {
      row: ([a], i) => {
        const angle = 2.5 * PI * sqrt(0.02 + 0.98 * a);
        const radius = (i % 2 === 0 ? 1 : -1) * angle / (2.7 * PI);
        return [radius * cos(angle), radius * sin(angle), +(i % 2 === 0)];
      },
      python: [
        "y = (np.arange(300) + 1) % 2",
        "angle = 2.5 * np.pi * np.sqrt(0.02 + 0.98 * u[:, 0])",
        "radius = np.where(y == 1, 1, -1) * angle / (2.7 * np.pi)",
        "X = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])",
      ],
    },
    xor: {
      row: ([a, b]) => {
        const [x1, x2] = [1.9 * a - 0.95, 1.9 * b - 0.95];
        return [x1, x2, +(x1 * x2 > 0)];
      },
      python: ["X = 1.9 * u[:, :2] - 0.95", "y = (X[:, 0] * X[:, 1] > 0).astype(int)"],
    },
    clusters: {
      row: ([a, b], i) => {
        const center = i % 2 === 0 ? 0.45 : -0.45;
        return [center + 0.8 * (a - 0.5), center + 0.8 * (b - 0.5), +(i % 2 === 0)];
      },
      python: [
        "y = (np.arange(300) + 1) % 2",
        "X = np.where(y == 1, 0.45, -0.45)[:, None] + 0.8 * (u[:, :2] - 0.5)",
      ],
    },
    plane: {
      row: ([a, b]) => {
        const [x1, x2] = [1.9 * a - 0.95, 1.9 * b - 0.95];
        return [x1, x2, (x1 + x2) / 2];
      },
      python: ["X = 1.9 * u[:, :2] - 0.95", "y = (X[:, 0] + X[:, 1]) / 2"],
    },
    hills: {
      row: ([a, b]) => {
        const [x1, x2] = [1.9 * a - 0.95, 1.9 * b - 0.95];
        const hill = (c, d) => exp(-6 * ((x1 - c) ** 2 + (x2 - d) ** 2));
        return [x1, x2, hill(-0.4, 0.4) + hill(0.5, -0.3) - hill(0.4, 0.5) - hill(-0.4, -0.5)];
      },
      python: [
        "X = 1.9 * u[:, :2] - 0.95",
        "def hill(a, b):",
        "    return np.exp(-6 * ((X[:, 0] - a) ** 2 + (X[:, 1] - b) ** 2))",
        "y = hill(-0.4, 0.4) + hill(0.5, -0.3) - hill(0.4, 0.5) - hill(-0.4, -0.5)",
      ],
    },
    waves: {
      row: ([a, b]) => {
        const [x1, x2] = [1.9 * a - 0.95, 1.9 * b - 0.95];
        return [x1, x2, 0.9 * sin(4 * x1) * cos(3 * x2)];
      },
      python: [
        "X = 1.9 * u[:, :2] - 0.95",
        "y = 0.9 * np.sin(4 * X[:, 0]) * np.cos(3 * X[:, 1])",
      ],
    },
  };
  const DATA = {
    classification: ["circles", "moons", "spirals", "xor", "clusters", "drawn"],
    regression: ["plane", "hills", "waves", "drawn"],
  };

  // {train, test}, each {X: [[x1, x2], ...], y: [...]}. Points drawn by hand all train.
  function rowsOf({ task, data, noise, rows, seed, points }) {
    if (data === "drawn") {
      return {
        train: { X: points.map(([x1, x2]) => [x1 / 100, x2 / 100]),
          y: points.map(([, , value]) => (task === "regression" ? value / 100 : value)) },
        test: { X: [], y: [] },
      };
    }
    const generator = new playground.random.PCG64(seed);
    const X = [];
    const y = [];
    for (let i = 0; i < N; i++) {
      const u = Array.from({ length: 4 }, () => generator.random());
      const [x1, x2, value] = SETS[data].row(u, i);
      const [more1, more2] = [noise * (2 * u[2] - 1), noise * (2 * u[3] - 1)];
      if (task === "regression") {
        X.push([x1, x2]);
        y.push(value + more1);
      } else {
        X.push([x1 + more1, x2 + more2]);
        y.push(value);
      }
    }
    const part = (from, to) => ({ X: X.slice(from, to), y: y.slice(from, to) });
    return { train: part(0, rows), test: part(rows, N) };
  }

  // The lines of Python that make them: X_train, y_train, X_test, y_test.
  function dataCode({ task, data, noise, rows, seed, points }) {
    if (data === "drawn") {
      const list = (values) => `[${values.join(", ")}]`;
      const lines = [];
      for (let i = 0; i < points.length; i += 10) {
        lines.push(`    ${points.slice(i, i + 10).map(list).join(", ")},`);
      }
      return ["points = np.array([  # x1, x2, class or value: drawn by hand, in hundredths", ...lines,
        "])", "X_train = points[:, :2] / 100",
        `y_train = points[:, 2]${task === "regression" ? " / 100" : ""}`];
    }
    const moved = task === "regression"
      ? `y = y + ${noise} * (2 * u[:, 2] - 1)` : `X = X + ${noise} * (2 * u[:, 2:] - 1)`;
    return [`u = np.random.default_rng(${seed}).random((300, 4))`, ...SETS[data].python,
      ...(noise ? [moved] : []),
      `X_train, y_train, X_test, y_test = X[:${rows}], y[:${rows}], X[${rows}:], y[${rows}:]`];
  }

  Object.assign(playground, { DATA, rowsOf, dataCode });
})(globalThis.skfnnPlayground ??= {});
