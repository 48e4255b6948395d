// The page: controls, the loop that trains and draws, points by hand, the link that holds it all.
"use strict";
(function (playground) {
  const { TEXTS, CHOICES, CHOSEN_LOSSES, START, DATA, Training, Forward, Graph, Follower, Curves,
    element, button, filled, heatMap, places, points, MOST_LAYERS } = playground;
  const SIDES = [44, 32, 22]; // of the pictures: fewer places where a device is slow
  const SLOW_FRAME = 28; // milliseconds of our own work in a frame
  const MOST_POINTS = 500;
  const FRAME = { slow: 0, normal: 1, fast: Infinity }; // epochs in a frame
  const still = matchMedia("(prefers-reduced-motion: reduce)");

  // ------------------------------------------------------------------ the link

  const packed = (set) => set.map((point) => point.join(".")).join("_");
  const unpacked = (text) => text.split("_").filter(Boolean).slice(0, MOST_POINTS)
    .map((point) => point.split(".").map(Number))
    .filter((p) => p.length === 3 && p.every((v) => Number.isFinite(v) && Math.abs(v) <= 100));

  function toHash(config, done) {
    const parts = new URLSearchParams();
    for (const [name, value] of Object.entries(config)) {
      if (name === "units") {
        if (String(value) !== String(START.units)) parts.set("units", value.join("-"));
      } else if (name === "points") {
        if (config.data === "drawn") parts.set("points", packed(value));
      } else if (value !== START[name]) parts.set(name, value);
    }
    if (done.length) {
      parts.set("done", done.map(({ epochs, row }) => (epochs ? String(epochs) : `r${row}`)).join("-"));
    }
    return parts.toString();
  }

  // What a link says; what is not one of the choices is left as it is at the start.
  function fromHash(text) {
    const parts = new URLSearchParams(text);
    const config = { ...START };
    for (const [name, choices] of Object.entries(CHOICES)) {
      const found = choices.find((choice) => String(choice) === parts.get(name));
      if (found !== undefined) config[name] = found;
    }
    if (DATA[config.task].includes(parts.get("data"))) config.data = parts.get("data");
    else if (!DATA[config.task].includes(config.data)) [config.data] = DATA[config.task];
    if (CHOSEN_LOSSES[config.task].includes(parts.get("loss"))) config.loss = parts.get("loss");
    else [config.loss] = CHOSEN_LOSSES[config.task];
    if (parts.has("units")) {
      config.units = parts.get("units").split("-").map(Number)
        .filter((n) => Number.isInteger(n) && n >= 1 && n <= 8).slice(0, MOST_LAYERS);
    }
    const seed = Number(parts.get("seed"));
    if (Number.isInteger(seed) && seed >= 0 && seed < 2 ** 31) config.seed = seed;
    config.points = unpacked(parts.get("points") ?? "").map(([x1, x2, value]) =>
      [x1, x2, config.task === "regression" ? value : +(value > 0)]);
    const done = (parts.get("done") ?? "").split("-").filter(Boolean).slice(0, 100).map((word) =>
      (word[0] === "r" ? { row: Number(word.slice(1)) } : { epochs: Math.min(20000, Number(word)) }))
      .filter(({ epochs, row }) => Number.isInteger(epochs ?? row) && (epochs ?? row) >= 0);
    return { config, done };
  }

  // ------------------------------------------------------------------ the page

  class Page {
    constructor(root) {
      this.root = root;
      this.text = TEXTS[document.documentElement.lang.startsWith("ja") ? "ja" : "en"];
      this.config = { ...START };
      this.playing = false;
      this.side = SIDES[0];
      this.row = 0;
      this.speed = "normal";
      this.build();
      this.load();
      addEventListener("hashchange", () => { if (location.hash.slice(1) !== this.hash) this.load(); });
      new MutationObserver(() => { this.drawData(); this.draw(); }).observe(document.documentElement,
        { attributes: true, attributeFilter: ["data-theme"] });
      new ResizeObserver(() => this.drawRows()).observe(this.picture);
    }

    // ---------------------------------------------------------------- what there is to see

    build() {
      const { text } = this;
      this.inputs = {};
      this.graph = new Graph(text, {
        change: (units) => this.change({ units }),
        follow: (layer, unit) => this.follow({ layer, unit }),
        preview: (unit) => { this.previewed = unit; this.drawPicture(); },
      });
      this.follower = new Follower(text, {
        row: (row) => this.chooseRow(row),
        close: () => this.follow(null),
        take: (row) => this.take(row),
        lines: (...given) => this.showLines(...given),
      });
      this.status = element("p", { className: "pg-status", role: "status" });
      this.problem = element("p", { className: "pg-error", role: "alert" });
      this.root.replaceChildren(this.bar(), this.problem,
        element("div", { className: "pg-stage" }, this.settings(), this.dataPanel(),
          this.networkPanel(), this.outputPanel()),
        this.textPanels(), this.lessons(), this.status);
    }

    key(name, action, className = "") {
      const made = button(this.text[name], action, { className });
      made.dataset.action = name;
      return made;
    }

    bar() {
      this.playKey = this.key("play", () => this.toggle(), "pg-main");
      this.counter = element("output", { className: "pg-counter" });
      this.copyKey = this.key("copy", () => this.copy(this.copyKey, "copy", this.code.textContent));
      this.linkKey = this.key("link", () => this.copy(this.linkKey, "link", this.link()));
      this.speedInput = this.select("speed", Object.keys(FRAME), (value) => this.text[value],
        (value) => { this.speed = value; });
      this.speedInput.value = this.speed;
      return element("div", { className: "pg-bar" }, this.playKey,
        this.key("epochStep", () => this.once()), this.key("restart", () => this.restart()),
        this.key("newWeights", () => this.change({ seed: this.config.seed + 1 })),
        this.labelled("speed", this.speedInput), this.counter, this.copyKey, this.linkKey);
    }

    labelled(name, input) {
      return element("label", { className: `pg-label pg-label-${name}` },
        element("span", { textContent: this.text[name] }), input);
    }

    select(name, choices, label, action) {
      const made = element("select", { name });
      made.append(...choices.map((choice) =>
        element("option", { value: String(choice), textContent: label(choice) })));
      made.addEventListener("change", () =>
        action(choices.find((choice) => String(choice) === made.value)));
      return made;
    }

    control(name, label = (value) => String(value)) {
      const made = this.select(name, CHOICES[name], label, (value) => this.change({ [name]: value }));
      this.inputs[name] = made;
      return this.labelled(name, made);
    }

    // Data sets as pictures of themselves, one of them chosen.
    dataPanel() {
      const { text } = this;
      this.dataKeys = element("div", { className: "pg-data", role: "group", "aria-label": text.data });
      return element("section", { className: "pg-panel pg-panel-data" },
        element("h2", { textContent: text.data }),
        this.control("task", (value) => text[value]), this.dataKeys,
        this.control("noise"), this.control("rows"), this.control("batch_size"));
    }

    buildData() {
      const { task } = this.config;
      if (this.dataKeys.dataset.task === task) return;
      this.dataKeys.dataset.task = task;
      this.dataKeys.replaceChildren(...DATA[task].map((data) => {
        const made = button("", () => this.chooseData(data), { title: this.text[data],
          "aria-label": this.text[data], className: "pg-set" });
        made.dataset.data = data;
        if (data === "drawn") made.append(element("span", { textContent: "✎" }));
        else made.append(element("canvas"));
        made.append(element("span", { className: "pg-set-name", textContent: this.text[data] }));
        return made;
      }));
    }

    drawData() {
      const shown = `${this.config.task} ${this.config.seed} ${document.documentElement.dataset.theme}`;
      for (const made of this.dataKeys.children) {
        made.setAttribute("aria-pressed", made.dataset.data === this.config.data);
      }
      if (this.shownData === shown) return;
      this.shownData = shown;
      for (const made of this.dataKeys.children) {
        const { data } = made.dataset;
        if (data === "drawn") continue;
        const { train } = playground.rowsOf({ ...this.config, data, noise: 0, rows: 120 });
        points(made.firstChild, this.asPoints(train, false).map(([a, b, v]) =>
          [a, b, v, false]), -1, null);
      }
    }

    networkPanel() {
      const { text } = this;
      this.layerCount = element("output", {});
      const layers = (by) => () => {
        const { units } = this.config;
        this.change({ units: by > 0 ? [...units, units.at(-1) ?? 4] : units.slice(0, -1) });
      };
      this.lessLayers = button("−", layers(-1), { "aria-label": text.removeLayer,
        title: text.removeLayer, className: "pg-size" });
      this.moreLayers = button("+", layers(1), { "aria-label": text.addLayer,
        title: text.addLayer, className: "pg-size" });
      return element("section", { className: "pg-panel pg-panel-network" },
        element("div", { className: "pg-row" },
          element("div", { className: "pg-layers" }, element("span", { textContent: text.layers }),
            this.lessLayers, this.layerCount, this.moreLayers),
          this.control("activation")), this.graph.root, this.follower.root);
    }

    outputPanel() {
      const { text } = this;
      this.surface = element("canvas", { className: "pg-surface" });
      this.rowsCanvas = element("canvas", { className: "pg-rows", tabIndex: 0, role: "application" });
      this.picture = element("div", { className: "pg-picture" }, this.surface, this.rowsCanvas);
      this.caption = element("p", { className: "pg-caption" });
      this.tools = element("div", { className: "pg-tools" });
      this.testInput = this.check("showTest", false);
      this.discreteInput = this.check("discrete", false);
      this.curves = new Curves(text);
      this.listenToPicture();
      return element("section", { className: "pg-panel pg-panel-output" },
        element("h2", { textContent: text.output }), this.picture, this.caption, this.tools,
        element("div", { className: "pg-row" }, this.labelled("showTest", this.testInput),
          this.labelled("discrete", this.discreteInput)),
        element("h3", { textContent: text.lossCurve }), this.curves.root);
    }

    check(name, value) {
      const made = element("input", { type: "checkbox", checked: value, name });
      made.addEventListener("change", () => this.draw());
      return made;
    }

    settings() {
      const { text } = this;
      const number = (value) => (value === 0 ? text.off : String(value));
      this.lossLabel = this.labelled("loss", element("select", { name: "loss" }));
      return element("section", { className: "pg-settings" }, this.lossLabel,
        this.control("solver"), this.control("learning_rate"), this.control("momentum"),
        this.control("weight_decay", number), this.control("alpha", number),
        this.control("dropout", number),
        this.control("batch_norm", (value) => text[value || "off"]),
        this.control("skip_connections", (value) => (value ? text.on : text.off)));
    }

    textPanels() {
      this.listingTitle = element("h2", { textContent: this.text.listing });
      this.listing = element("pre", { className: "pg-listing", tabIndex: 0 });
      this.code = element("pre", { className: "pg-code", tabIndex: 0 });
      return element("div", { className: "pg-texts" },
        element("section", {}, this.listingTitle, this.listing),
        element("section", {}, element("h2", { textContent: this.text.code }), this.code));
    }

    lessons() {
      const list = element("ul", {}, ...this.text.lessons.map(([words, config]) =>
        element("li", {}, button(words, () => {
          this.begin({ ...START, ...config });
          this.root.scrollIntoView({ behavior: still.matches ? "auto" : "smooth" });
        }))));
      return element("section", { className: "pg-lessons" },
        element("h2", { textContent: this.text.tryIt }), list);
    }

    // ---------------------------------------------------------------- what happens

    load() {
      this.hash = location.hash.slice(1);
      const { config, done } = fromHash(this.hash);
      this.begin(config, done);
    }

    // A class is no number, and the other way round: points are drawn for one task.
    change(some) {
      const points = "task" in some ? { points: [] } : {};
      this.begin({ ...this.config, ...points, ...some });
    }

    restart() { this.begin(this.config); }

    // A new training; `done` is what a link says has been done.
    begin(given, done = []) {
      const was = this.playing && !done.length;
      this.playing = false;
      this.playKey.textContent = this.text.play;
      const config = { ...given };
      if (!DATA[config.task].includes(config.data)) [config.data] = DATA[config.task];
      if (!CHOSEN_LOSSES[config.task].includes(config.loss)) [config.loss] = CHOSEN_LOSSES[config.task];
      this.config = config;
      this.problem.textContent = "";
      this.ready = this.enough();
      this.training = new Training(this.ready ? config : { ...config, points: [[0, 0, 0], [9, 9, 1]] });
      this.measured = [];
      this.surveys = null;
      this.row = Math.min(this.row, this.training.n - 1);
      if (!this.ready) this.problem.textContent = this.text.few;
      const { unit } = this.follower;
      if (unit && (unit.layer > config.units.length + 1
        || unit.unit >= (config.units[unit.layer - 1] ?? 1))) this.follow(null);
      this.showControls();
      this.draw();
      this.store();
      this.replay(done, was);
    }

    enough() {
      const { data, task, points: set } = this.config;
      if (data !== "drawn") return true;
      return set.length >= 2 && (task === "regression" || new Set(set.map((p) => p[2])).size === 2);
    }

    // Does again what a link says, a piece at a time so that the page stays alive.
    async replay(done, thenPlay) {
      const { training } = this;
      const total = done.reduce((sum, { epochs }) => sum + (epochs ?? 0), 0);
      this.replaying = Boolean(done.length && this.ready);
      for (const { epochs, row } of this.ready ? done : []) {
        if (row !== undefined && row < training.n) training.stepRow(row);
        for (let left = epochs ?? 0; left > 0;) {
          const until = performance.now() + 30;
          while (left > 0 && performance.now() < until) {
            training.epoch();
            left -= 1;
          }
          this.status.textContent = filled(this.text.going, total);
          this.draw();
          await new Promise((resume) => { setTimeout(resume); });
          if (training !== this.training) return;
        }
      }
      this.replaying = false;
      this.status.textContent = "";
      this.draw();
      this.store();
      if (thenPlay) this.toggle();
    }

    toggle() {
      if (this.playing) {
        this.pause();
        this.store();
        return;
      }
      if (!this.ready || this.replaying) return;
      this.playing = true;
      this.playKey.textContent = this.text.pause;
      requestAnimationFrame((time) => this.frame(time));
    }

    pause() {
      this.playing = false;
      this.playKey.textContent = this.text.play;
      if (!this.training) return;
      this.draw();
      this.tell();
    }

    frame(time) {
      if (!this.playing) return;
      const began = performance.now();
      const slow = this.speed === "slow";
      if (!slow || time - (this.last ?? 0) > 200) {
        this.last = time;
        let epochs = slow ? 1 : FRAME[this.speed];
        for (; epochs > 0 && this.playing; epochs--) {
          if (!this.advance() || performance.now() - began > 12) break;
        }
        this.draw();
        this.adapt(performance.now() - began);
      }
      requestAnimationFrame((next) => this.frame(next));
    }

    // Fewer places where drawing is slow; the mean of some frames decides.
    adapt(spent) {
      this.measured.push(spent);
      if (this.measured.length < 20) return;
      const mean = this.measured.reduce((a, b) => a + b, 0) / this.measured.length;
      this.measured = [];
      const at = SIDES.indexOf(this.side);
      if (mean > SLOW_FRAME && at < SIDES.length - 1) {
        this.side = SIDES[at + 1];
        this.surveys = null;
      }
    }

    advance() {
      this.training.epoch();
      if (this.training.finite) return true;
      this.pause();
      this.problem.textContent = this.text.diverged;
      return false;
    }

    once() {
      if (!this.ready || this.replaying) return;
      this.pause();
      this.advance();
      this.draw();
      this.store();
      this.tell();
    }

    // A step on one row, by hand.
    take(row) {
      this.pause();
      this.training.stepRow(row);
      this.follower.line = null;
      this.draw();
      this.store();
      this.status.textContent = this.text.taken;
    }

    follow(unit) {
      if (unit && !this.ready) return;
      if (!unit) {
        this.follower.start();
        this.followed = null;
        this.graph.mark(null);
        this.graph.badges(null);
        this.showListing();
      } else {
        this.follower.line = null;
        this.follower.show(this.training, unit, this.row);
        this.graph.mark(unit);
      }
      this.drawRows();
    }

    chooseRow(row) {
      this.row = (row + this.training.n) % this.training.n;
      if (this.follower.unit) {
        this.follower.line = null;
        this.follower.show(this.training, this.follower.unit, this.row);
      }
      this.drawRows();
    }

    chooseData(data) {
      const next = { data };
      if (data === "drawn" && !this.config.points.length) {
        // The rows that are there, to go on drawing from.
        const { X, y } = this.training.train;
        const scale = this.config.task === "regression" ? 100 : 1;
        const inside = (value) => Math.max(-100, Math.min(100, Math.round(value)));
        next.points = this.config.data === "drawn" ? [] : X.map(([a, b], i) =>
          [inside(100 * a), inside(100 * b), inside(scale * y[i])]);
      }
      this.change(next);
    }

    // ---------------------------------------------------------------- points by hand, rows by click

    listenToPicture() {
      const place = (event) => {
        const box = this.rowsCanvas.getBoundingClientRect();
        return [(2 * (event.clientX - box.left)) / box.width - 1,
          1 - (2 * (event.clientY - box.top)) / box.height];
      };
      let last = null;
      this.rowsCanvas.addEventListener("pointerdown", (event) => {
        last = place(event);
        if (this.config.data === "drawn") this.rowsCanvas.setPointerCapture(event.pointerId);
        this.touch(last);
      });
      this.rowsCanvas.addEventListener("pointermove", (event) => {
        if (this.config.data !== "drawn" || !event.buttons || !last) return;
        const now = place(event);
        if (Math.hypot(now[0] - last[0], now[1] - last[1]) < 0.08) return;
        last = now;
        this.touch(now);
      });
      this.rowsCanvas.addEventListener("keydown", (event) => this.pressed(event));
      this.rowsCanvas.addEventListener("focus", () => {
        if (this.rowsCanvas.matches(":focus-visible")) this.cross ??= [0, 0];
        this.drawRows();
      });
      this.rowsCanvas.addEventListener("blur", () => { this.cross = null; this.drawRows(); });
    }

    pressed(event) {
      const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
      if (event.key === "Enter" || event.key === " ") this.touch(this.cross ??= [0, 0]);
      else if (moves[event.key]) {
        const by = event.shiftKey ? 0.02 : 0.1;
        this.cross = (this.cross ?? [0, 0]).map((v, i) =>
          Math.max(-1, Math.min(1, v + by * moves[event.key][i])));
        this.status.textContent = `(${this.cross.map((v) => v.toFixed(2)).join(", ")})`;
      } else return;
      event.preventDefault();
      this.drawRows();
    }

    nearest([a, b]) {
      const far = this.training.train.X.map(([x1, x2]) => (x1 - a) ** 2 + (x2 - b) ** 2);
      return far.indexOf(Math.min(...far));
    }

    touch([a, b]) {
      const { data, points: set } = this.config;
      if (data !== "drawn") {
        this.chooseRow(this.nearest([a, b]));
        if (!this.follower.unit) this.follow({ layer: this.config.units.length + 1, unit: 0 });
        return;
      }
      if (this.brush === "erase") {
        const far = set.map(([x1, x2]) => (x1 / 100 - a) ** 2 + (x2 / 100 - b) ** 2);
        const at = far.indexOf(Math.min(...far));
        if (at >= 0 && far[at] < 0.02) this.change({ points: set.filter((_, i) => i !== at) });
      } else if (set.length < MOST_POINTS) {
        const value = this.config.task === "regression" ? this.brushValue : +(this.brush === "class1");
        const inside = (v) => Math.max(-100, Math.min(100, Math.round(100 * v)));
        this.change({ points: [...set, [inside(a), inside(b), value]] });
      }
    }

    showTools() {
      const drawn = this.config.data === "drawn";
      const kind = drawn ? this.config.task : "none";
      this.tools.hidden = !drawn;
      if (this.tools.dataset.kind === kind) return;
      this.tools.dataset.kind = kind;
      this.brush = kind === "regression" ? "value" : "class1";
      this.brushValue ??= 100;
      const brushes = kind === "regression" ? ["value", "erase"] : ["class1", "class0", "erase"];
      const group = element("fieldset", { className: "pg-brushes" },
        element("legend", { textContent: this.text.drawAs }), ...brushes.map((name) => {
          const input = element("input", { type: "radio", name: "brush", value: name,
            checked: name === this.brush });
          input.addEventListener("change", () => { this.brush = name; this.showPictureLabel(); });
          return element("label", {}, input, element("span", { textContent: this.text[name] }));
        }));
      const value = element("input", { type: "range", min: -100, max: 100, step: 10,
        value: this.brushValue, "aria-label": this.text.value });
      value.addEventListener("input", () => { this.brushValue = Number(value.value); });
      this.tools.replaceChildren(element("p", { textContent: this.text.drawHint }), group,
        ...(kind === "regression" ? [value] : []), this.key("clear", () => this.change({ points: [] })));
    }

    // ---------------------------------------------------------------- drawing

    showControls() {
      const { config, inputs } = this;
      for (const [name, input] of Object.entries(inputs)) input.value = String(config[name]);
      const losses = CHOSEN_LOSSES[config.task];
      const loss = this.select("loss", losses, String, (value) => this.change({ loss: value }));
      const focused = this.lossLabel.contains(document.activeElement);
      this.lossLabel.lastChild.replaceWith(loss);
      loss.value = config.loss;
      if (focused) loss.focus();
      const hidden = config.units.length > 0;
      for (const name of ["dropout", "batch_norm", "skip_connections", "activation"]) {
        inputs[name].disabled = !hidden;
      }
      inputs.momentum.disabled = config.solver !== "sgd";
      inputs.weight_decay.disabled = config.solver !== "adamw";
      const drawn = config.data === "drawn";
      inputs.noise.disabled = inputs.rows.disabled = drawn;
      this.testInput.disabled = drawn;
      this.layerCount.textContent = String(config.units.length);
      this.lessLayers.disabled = !hidden;
      this.moreLayers.disabled = config.units.length >= MOST_LAYERS;
      this.buildData();
      this.drawData();
      this.graph.build(config.units);
      this.showTools();
      this.showPictureLabel();
      this.showListing();
      if (this.follower.unit) this.graph.mark(this.follower.unit);
    }

    showPictureLabel() {
      const drawn = this.config.data === "drawn";
      const does = !drawn ? this.text.selects : this.brush === "erase" ? this.text.removes : this.text.adds;
      this.rowsCanvas.setAttribute("aria-label",
        `${this.text.picture}. ${filled(this.text.pictureKeys, does)}`);
    }

    draw() {
      const { training } = this;
      if (!training) return;
      this.surveys ??= new Forward(training, places(this.side));
      this.surveys.run();
      this.maps = this.config.units.map((_, layer) => this.surveys.hidden(layer));
      this.scores = this.surveys.scores;
      const named = (name) => training.parameters().filter((entry) => entry.name === name)
        .map(({ values }) => values);
      const output = Float64Array.from(this.scores, (score) => training.shown(score));
      this.graph.draw({ maps: [...this.maps, output], side: this.side, weights: named("W"),
        biases: named("b") });
      this.drawPicture();
      this.drawRows();
      this.curves.draw(training.curves);
      this.showNumbers();
      // Text changes less often than pictures: to be read, and as it costs more.
      this.drawn = (this.drawn ?? 0) + 1;
      if (this.playing && this.drawn % 10) return;
      this.code.textContent = playground.code(training);
      if (this.follower.unit) this.follower.show(training, this.follower.unit, this.row);
    }

    // The large picture: the output, or what the unit under the pointer answers.
    drawPicture() {
      const unit = this.previewed;
      const { units } = this.config;
      const { side, scores, training, text } = this;
      if (unit && unit.layer <= units.length && this.maps?.[unit.layer - 1]) {
        const values = this.maps[unit.layer - 1];
        const n = units[unit.layer - 1];
        let largest = 1e-9;
        for (let p = unit.unit; p < values.length; p += n) largest = Math.max(largest, Math.abs(values[p]));
        heatMap(this.surface, side, (i) => values[i * n + unit.unit] / largest);
        this.caption.textContent = filled(text.unitLabel, unit.layer, unit.unit + 1);
      } else if (scores) {
        const discrete = this.discreteInput.checked;
        heatMap(this.surface, side, (i) => {
          const value = training.shown(scores[i]);
          return discrete ? 0.8 * Math.sign(value) : 0.8 * value;
        });
        this.caption.textContent = text.output;
      }
    }

    asPoints({ X, y }, isTest) {
      const classes = this.config.task === "classification";
      return X.map(([x1, x2], i) => [x1, x2, classes ? 2 * y[i] - 1 : y[i], isTest]);
    }

    drawRows() {
      if (!this.training) return;
      const { train, test } = this.ready ? this.training
        : playground.rowsOf(this.config);
      const rows = [...this.asPoints(train, false),
        ...(this.testInput.checked ? this.asPoints(test, true) : [])];
      points(this.rowsCanvas, rows, this.follower.unit ? this.row : -1, this.cross);
    }

    numbers() {
      const { training, text } = this;
      const measure = this.config.task === "classification" ? text.accuracy : text.r2;
      const part = (name, found) => (found
        ? ` · ${name}: ${text.lossShort} ${found.loss.toFixed(3)}, ${measure} ${found.score.toFixed(3)}`
        : "");
      return `${text.epoch} ${training.epochs}${part(text.train, training.trained)}`
        + part(text.test, training.tested);
    }

    showNumbers() {
      this.counter.textContent = this.numbers();
      this.root.dataset.epoch = this.training.epochs;
    }

    // Screen readers hear where training stands when it pauses, not every frame.
    tell() { this.status.textContent = this.numbers(); }

    // The lines of a step on a batch; while a unit is followed, those of a step on its row.
    showListing() {
      if (this.follower.unit) return;
      const { step } = this.training.first.program;
      this.listingTitle.textContent = this.text.listing;
      this.fillListing(step, []);
    }

    fillListing(calls, classes) {
      this.listing.replaceChildren(...calls.map((call, i) =>
        element("span", { className: classes[i] ?? "", textContent: `${call.text}\n` })));
    }

    showLines(calls, classes, line, runs, values) {
      this.listingTitle.textContent = this.text.listingRow;
      this.fillListing(calls, classes);
      const first = line === null ? classes.findIndex(Boolean) : line;
      const there = this.listing.children[first];
      if (there) this.listing.scrollTop = there.offsetTop - this.listing.clientHeight / 2;
      this.graph.mark(this.follower.unit, runs);
      this.graph.badges(values);
    }

    // ---------------------------------------------------------------- link and clipboard

    store() {
      this.hash = toHash(this.config, this.training.done);
      history.replaceState(null, "", this.hash ? `#${this.hash}` : location.pathname + location.search);
    }

    link() {
      this.store();
      return location.href;
    }

    async copy(key, name, text) {
      try {
        await navigator.clipboard.writeText(text);
        key.textContent = this.text.copied;
        this.status.textContent = this.text.copied;
        setTimeout(() => { key.textContent = this.text[name]; }, 1500);
      } catch { // no permission: the code is selected, so that a key copies it
        if (name === "copy") getSelection().selectAllChildren(this.code);
        else this.status.textContent = text;
      }
    }
  }

  Object.assign(playground, { toHash, fromHash });
  document.addEventListener("DOMContentLoaded", () => {
    const root = document.getElementById("skfnn-playground");
    if (root) root.page = new Page(root);
  });
})(globalThis.skfnnPlayground ??= {});
