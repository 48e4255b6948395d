// The playground: controls, pictures of a small network, and three engines that train it.
// Recorded plays runs that skfnn made when the site was built; Live runs skfnn in the browser;
// Served asks a server on this machine (tools/check_playground.py) and serves the page's test.
"use strict";

const TEXTS = {
  en: {
    data: "Data", noise: "Noise", layers: "Hidden layers", activation: "Activation", loss: "Loss",
    solver: "Optimizer", learning_rate: "Learning rate", alpha: "L2 penalty", dropout: "Dropout",
    batch_norm: "Batch normalisation", skip_connections: "Skip connections",
    circles: "Circles", moons: "Moons", spirals: "Spirals", xor: "XOR",
    play: "Play", pause: "Pause", step: "Step", reset: "Reset", copy: "Copy as scikit-learn code",
    copied: "Copied", live: "Run live in this browser",
    recorded: "A recorded run of skfnn. It can be played; only the data can be chosen. “Run live” "
      + "loads Python and skfnn into the browser (some 40 MB, once) and frees all controls.",
    loading: "Loading Python …", packages: "Loading NumPy, SciPy, scikit-learn …",
    running: "Live: skfnn trains in this browser.",
    served: "Live: skfnn trains in a server on this machine.",
    failed: "Live mode could not be loaded here, so the runs stay recorded ones. Reason: ",
    epoch: "epoch", training: "training", validation: "validation", accuracy: "accuracy",
    output: "Output", inputs: "Inputs", hidden: "Hidden layer", lossTitle: "Loss by epoch",
    listing: "The lines of a training step", code: "As scikit-learn code",
    legend: "Blue: negative, class 0. Orange: positive, class 1. Edges: the weights.",
  },
  ja: {
    data: "データ", noise: "ノイズ", layers: "隠れ層", activation: "活性化関数", loss: "損失関数",
    solver: "最適化手法", learning_rate: "学習率", alpha: "L2 正則化", dropout: "ドロップアウト",
    batch_norm: "バッチ正規化", skip_connections: "スキップ接続",
    circles: "同心円", moons: "半月", spirals: "らせん", xor: "XOR",
    play: "再生", pause: "一時停止", step: "1 ステップ", reset: "最初から",
    copy: "scikit-learn のコードをコピー", copied: "コピーしました",
    live: "このブラウザで実行する",
    recorded: "skfnn による学習の記録です。再生でき、データだけを選べます。「このブラウザで実行する」を"
      + "押すと Python と skfnn が読み込まれ（初回のみ約 40 MB）、すべての設定を変えられます。",
    loading: "Python を読み込んでいます…", packages: "NumPy、SciPy、scikit-learn を読み込んでいます…",
    running: "実行中：skfnn がこのブラウザで学習しています。",
    served: "実行中：skfnn がこの計算機のサーバーで学習しています。",
    failed: "ここでは実行モードを読み込めないため、記録を表示します。理由：",
    epoch: "エポック", training: "訓練", validation: "検証", accuracy: "正解率",
    output: "出力", inputs: "入力", hidden: "隠れ層", lossTitle: "エポックごとの損失",
    listing: "学習 1 ステップの各行", code: "scikit-learn のコード",
    legend: "青：負、クラス 0。橙：正、クラス 1。線：重み。",
  },
};

const CHOICES = {
  data: ["circles", "moons", "spirals", "xor"],
  noise: [0, 0.05, 0.1, 0.2, 0.3],
  layers: ["", "3", "4,3", "8,8", "6,6,6", "8,8,8,8"],
  activation: ["tanh", "relu", "logistic", "silu", "threshold", "identity"],
  loss: ["log_loss", "squared_error", "hinge"],
  solver: ["adam", "sgd", "rmsprop", "adagrad", "nadam", "adamw"],
  learning_rate: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1],
  alpha: [0, 0.01, 0.1, 1],
  dropout: [0, 0.1, 0.2, 0.5],
  batch_norm: [false, true],
  skip_connections: [false, true],
};
const START = {
  data: "circles", noise: 0.1, layers: "4,3", activation: "tanh", loss: "log_loss", solver: "adam",
  learning_rate: 0.03, alpha: 0, dropout: 0, batch_norm: false, skip_connections: false,
};
const COLORS = { low: [0, 114, 178], high: [230, 159, 0] };

const script = document.currentScript;
const BASE = new URL(".", script.src).href;

class Recorded {
  constructor() { this.live = false; }
  async reset(config) {
    const answer = await fetch(`${BASE}recorded_${config.data}.json`);
    if (!answer.ok) throw new Error(`recorded run: ${answer.status}`);
    this.run = await answer.json();
    this.frame = 0;
    return this.show();
  }
  async step() {
    this.frame = Math.min(this.frame + 1, this.run.frames.length - 1);
    return this.show();
  }
  get finished() { return this.frame === this.run.frames.length - 1; }
  show() {
    const frame = this.run.frames[this.frame];
    const until = (values) => values.slice(0, frame.epoch);
    return { ...this.run, ...frame, loss: until(this.run.loss), val_loss: until(this.run.val_loss) };
  }
}

class Live {
  constructor(pyodide, progress) {
    this.live = true;
    this.finished = false;
    this.waiting = new Map();
    this.next = 0;
    this.pyodide = pyodide;
    this.worker = new Worker(`${BASE}worker.js`);
    this.worker.onmessage = ({ data }) => {
      if (data.progress) { progress(data.progress); return; }
      const { resolve, reject } = this.waiting.get(data.id);
      this.waiting.delete(data.id);
      if (data.failure) reject(new Error(data.failure)); else resolve(JSON.parse(data.answer));
    };
    this.worker.onerror = (event) => {
      for (const { reject } of this.waiting.values()) reject(new Error(event.message));
      this.waiting.clear();
    };
  }
  ask(message) {
    const id = this.next++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, ...message });
    });
  }
  load() { return this.ask({ load: { pyodide: this.pyodide, site: BASE } }); }
  reset(config) { return this.ask({ request: JSON.stringify({ reset: config }) }); }
  step() { return this.ask({ request: JSON.stringify({ step: 1 }) }); }
}

class Served {
  constructor() { this.live = true; this.finished = false; }
  async load() { return {}; }
  async ask(request) {
    const answer = await fetch("/engine", { method: "POST", body: JSON.stringify(request) });
    return answer.json();
  }
  reset(config) { return this.ask({ reset: config }); }
  step() { return this.ask({ step: 1 }); }
}

const element = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name in made && name !== "list") made[name] = value; else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
};

const decode = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

function heatmap(canvas, text, size) {
  const bytes = decode(text);
  canvas.width = canvas.height = size;
  const image = canvas.getContext("2d").createImageData(size, size);
  bytes.forEach((byte, i) => {
    const value = byte / 127.5 - 1;
    const color = value < 0 ? COLORS.low : COLORS.high;
    const share = Math.min(1, Math.abs(value));
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = 255 + share * (color[c] - 255);
    image.data[4 * i + 3] = 255;
  });
  canvas.getContext("2d").putImageData(image, 0, 0);
}

class Page {
  constructor(root) {
    this.root = root;
    this.text = TEXTS[document.documentElement.lang.startsWith("ja") ? "ja" : "en"];
    this.engine = new Recorded();
    this.playing = false;
    this.busy = Promise.resolve();
    this.build();
    const asked = new URLSearchParams(location.search).get("engine");
    if (asked === "served") { this.engine = new Served(); this.status.textContent = this.text.served; }
    this.reset();
  }

  build() {
    const { text } = this;
    this.inputs = {};
    const controls = element("div", { className: "pg-controls" });
    for (const [name, choices] of Object.entries(CHOICES)) {
      const label = (value) => {
        if (name === "data") return text[value];
        if (name === "layers") return value === "" ? "—" : value.replaceAll(",", " · ");
        return String(value);
      };
      let input;
      if (typeof choices[0] === "boolean") {
        input = element("input", { type: "checkbox", checked: START[name] });
      } else {
        input = element("select");
        for (const value of choices) {
          input.append(element("option", { value: String(value), textContent: label(value),
            selected: value === START[name] }));
        }
      }
      input.name = name;
      input.addEventListener("change", () => this.reset());
      this.inputs[name] = input;
      controls.append(element("label", {}, element("span", { textContent: text[name] }), input));
    }
    const button = (name, action) => {
      const made = element("button", { type: "button", textContent: text[name] });
      made.dataset.action = name;
      made.addEventListener("click", action);
      return made;
    };
    this.playButton = button("play", () => this.toggle());
    const buttons = element("div", { className: "pg-buttons" }, this.playButton,
      button("step", () => this.step()), button("reset", () => this.reset()),
      this.liveButton = button("live", () => this.goLive()));
    this.status = element("p", { className: "pg-status", role: "status",
      textContent: text.recorded });
    this.error = element("p", { className: "pg-error", role: "alert" });
    this.numbers = element("p", { className: "pg-numbers" });
    this.network = element("div", { className: "pg-network" });
    this.edges = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    this.edges.classList.add("pg-edges");
    this.chart = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    this.chart.classList.add("pg-chart");
    this.chart.setAttribute("viewBox", "0 0 320 170");
    this.chart.setAttribute("role", "img");
    this.chart.setAttribute("aria-label", text.lossTitle);
    this.listing = element("pre", { className: "pg-listing" });
    this.code = element("pre", { className: "pg-code" });
    this.copyButton = button("copy", () => this.copy());
    this.root.replaceChildren(
      this.status, controls, buttons, this.error, this.numbers, this.network,
      element("p", { className: "pg-legend", textContent: text.legend }),
      element("div", { className: "pg-columns" },
        element("section", {}, element("h3", { textContent: text.lossTitle }), this.chart,
          element("h3", { textContent: text.code }), this.code, this.copyButton),
        element("section", {}, element("h3", { textContent: text.listing }), this.listing)));
    new ResizeObserver(() => this.drawEdges()).observe(this.network);
  }

  config() {
    const config = {};
    for (const [name, input] of Object.entries(this.inputs)) {
      if (input.type === "checkbox") config[name] = input.checked;
      else if (name === "layers") config[name] = input.value ? input.value.split(",").map(Number) : [];
      else config[name] = typeof CHOICES[name][0] === "number" ? Number(input.value) : input.value;
    }
    return config;
  }

  // Requests wait for each other, so that a step never answers after a reset.
  queue(action) {
    this.busy = this.busy.then(action).catch((error) => { this.error.textContent = String(error); });
    return this.busy;
  }

  reset() {
    this.playing = false;
    this.playButton.textContent = this.text.play;
    return this.queue(async () => {
      for (const [name, input] of Object.entries(this.inputs)) {
        input.disabled = !this.engine.live && name !== "data";
      }
      const state = await this.engine.reset(this.config());
      if (!this.engine.live) this.follow(state.config);
      this.show(state);
    });
  }

  // A recorded run says what the controls were.
  follow(config) {
    for (const [name, input] of Object.entries(this.inputs)) {
      const value = config[name];
      if (input.type === "checkbox") input.checked = value;
      else input.value = Array.isArray(value) ? value.join(",") : String(value);
    }
  }

  step() {
    return this.queue(async () => this.show(await this.engine.step()));
  }

  async toggle() {
    this.playing = !this.playing;
    this.playButton.textContent = this.playing ? this.text.pause : this.text.play;
    if (this.playing && this.engine.finished) await this.reset().then(() => { this.playing = true; });
    while (this.playing && !this.engine.finished) {
      await this.step();
      await new Promise((done) => setTimeout(done, this.engine.live ? 30 : 120));
    }
    this.playing = false;
    this.playButton.textContent = this.text.play;
  }

  async goLive() {
    this.playing = false;
    this.liveButton.disabled = true;
    this.status.textContent = this.text.loading;
    const engine = new Live(this.root.dataset.pyodide,
      (part) => { this.status.textContent = this.text[part]; });
    try {
      await engine.load();
      this.engine = engine;
      this.status.textContent = this.text.running;
      this.liveButton.hidden = true;
      await this.reset();
    } catch (error) {
      engine.worker.terminate();
      this.status.textContent = this.text.failed + error.message;
      this.liveButton.disabled = false;
    }
  }

  async copy() {
    const code = this.code.textContent;
    try {
      await navigator.clipboard.writeText(code);
    } catch {  // no permission: select it, so that a key copies it
      getSelection().selectAllChildren(this.code);
    }
    this.copyButton.textContent = this.text.copied;
    setTimeout(() => { this.copyButton.textContent = this.text.copy; }, 1500);
  }

  show(state) {
    this.error.textContent = state.error ?? "";
    if (state.error) { this.playing = false; return; }
    if (state.points) { this.points = state.points; this.grid = state.grid; }
    const { text } = this;
    const percent = (share) => `${Math.round(100 * share)} %`;
    this.numbers.textContent = `${text.epoch} ${state.epoch} · ${text.accuracy}: `
      + `${text.training} ${percent(state.accuracy)}, ${text.validation} ${percent(state.val_accuracy)}`;
    this.root.dataset.epoch = state.epoch;
    this.listing.textContent = state.listing;
    this.code.textContent = state.code;
    this.weights = state.weights;
    this.drawNetwork(state);
    this.drawLoss(state);
  }

  drawNetwork(state) {
    const shape = [state.units.map((layer) => layer.length)].join();
    if (this.shape !== shape || !this.outputCanvas) {
      this.shape = shape;
      this.network.replaceChildren(this.edges);
      this.columns = [[], ...state.units.map(() => [])];
      const column = (title, ...items) => {
        const made = element("div", { className: "pg-layer" },
          element("span", { className: "pg-title", textContent: title }), ...items);
        this.network.append(made);
      };
      for (const name of ["x₁", "x₂"]) {
        this.columns[0].push(element("span", { className: "pg-input", textContent: name }));
      }
      column(this.text.inputs, ...this.columns[0]);
      state.units.forEach((layer, i) => {
        layer.forEach(() => this.columns[i + 1].push(element("canvas", { className: "pg-unit" })));
        column(`${this.text.hidden} ${i + 1}`, ...this.columns[i + 1]);
      });
      this.outputCanvas = element("canvas", { className: "pg-surface" });
      this.pointsCanvas = element("canvas", { className: "pg-points" });
      this.output = element("div", { className: "pg-output" }, this.outputCanvas, this.pointsCanvas);
      column(this.text.output, this.output);
      this.columns.push([this.output]);
    }
    state.units.forEach((layer, i) => layer.forEach((unit, j) =>
      heatmap(this.columns[i + 1][j], unit, this.grid)));
    heatmap(this.outputCanvas, state.output, this.grid);
    this.drawPoints();
    this.drawEdges();
  }

  drawPoints() {
    const canvas = this.pointsCanvas;
    const size = canvas.width = canvas.height = 600;
    const pen = canvas.getContext("2d");
    for (const [x1, x2, label, validation] of this.points) {
      pen.beginPath();
      pen.arc((x1 + 1) / 2 * size, (1 - x2) / 2 * size, validation ? 6 : 8, 0, 7);
      pen.fillStyle = `rgb(${label ? COLORS.high : COLORS.low})`;
      pen.strokeStyle = validation ? "black" : "white";
      pen.lineWidth = 2;
      pen.fill();
      pen.stroke();
    }
  }

  drawEdges() {
    if (!this.weights || !this.columns) return;
    const box = this.network.getBoundingClientRect();
    this.edges.setAttribute("viewBox", `0 0 ${box.width} ${box.height}`);
    const lines = [];
    const place = (node, side) => {
      const at = node.getBoundingClientRect();
      return [at[side] - box.left, (at.top + at.bottom) / 2 - box.top];
    };
    this.weights.forEach((matrix, layer) => {
      const largest = Math.max(...matrix.flat().map(Math.abs), 1e-9);
      matrix.forEach((row, i) => row.forEach((weight, j) => {
        const from = this.columns[layer]?.[i];
        const to = this.columns[layer + 1]?.[j];
        if (!from || !to) return;
        const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
        const [x1, y1] = place(from, "right");
        const [x2, y2] = place(to, "left");
        for (const [name, value] of Object.entries({ x1, y1, x2, y2 })) line.setAttribute(name, value);
        line.setAttribute("stroke", `rgb(${weight > 0 ? COLORS.high : COLORS.low})`);
        line.setAttribute("stroke-width", 0.3 + 3.5 * Math.abs(weight) / largest);
        const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
        title.textContent = weight;
        line.append(title);
        lines.push(line);
      }));
    });
    this.edges.replaceChildren(...lines);
  }

  drawLoss(state) {
    const [left, right, top, bottom] = [36, 312, 8, 140];
    const all = [...state.loss, ...state.val_loss].filter(Number.isFinite);
    const high = Math.max(...all, 0.1);
    const x = (i) => left + (right - left) * i / Math.max(state.loss.length - 1, 1);
    const y = (value) => bottom - (bottom - top) * value / high;
    const path = (values, color, dash) => `<polyline fill="none" stroke="${color}" stroke-width="2" `
      + `stroke-dasharray="${dash}" points="${values.map((v, i) => `${x(i)},${y(v)}`).join(" ")}"/>`;
    const word = (tx, ty, anchor, value) =>
      `<text x="${tx}" y="${ty}" text-anchor="${anchor}" fill="currentColor" font-size="11">${value}</text>`;
    this.chart.innerHTML = `<path d="M${left} ${top}V${bottom}H${right}" fill="none" `
      + `stroke="currentColor"/>`
      + path(state.loss, "rgb(0,114,178)", "") + path(state.val_loss, "rgb(230,159,0)", "5 3")
      + word(left - 4, top + 8, "end", high.toFixed(2)) + word(left - 4, bottom, "end", "0")
      + word(right, bottom + 14, "end", `${this.text.epoch} ${state.epoch}`)
      + word(left, bottom + 28, "start", `— ${this.text.training}   - - ${this.text.validation}`);
  }
}

document.addEventListener("DOMContentLoaded", () => {
  const root = document.getElementById("skfnn-playground");
  if (root) root.page = new Page(root);
});
