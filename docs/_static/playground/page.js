// The page: controls, the loop that trains and draws, points by hand, the link that holds it all.
"use strict";
(function (playground) {
  const { TEXTS, CHOICES, CHOSEN_LOSSES, START, DATA, MOST_LAYERS, Training, Forward, Graph, Follower,
    Curves, Picture, DataSets, element, button, filled, places, toHash, fromHash } = playground;
  const SIDES = [44, 32, 22]; // of the pictures: fewer places where a device is slow
  const SLOW_FRAME = 28; // milliseconds of our own work in a frame
  const FRAME = { slow: 0, normal: 1, fast: Infinity }; // epochs in a frame
  const still = matchMedia("(prefers-reduced-motion: reduce)");

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
      new MutationObserver(() => { this.sets.show(this.config); this.draw(); }).observe(document.documentElement,
        { attributes: true, attributeFilter: ["data-theme"] });
      new ResizeObserver(() => this.picture.drawRows()).observe(this.picture.root);
    }

    // ---------------------------------------------------------------- what there is to see

    build() {
      const { text } = this;
      this.inputs = {};
      this.graph = new Graph(text, {
        change: (units) => this.change({ units }),
        follow: (layer, unit) => this.follow({ layer, unit }),
        preview: (unit) => this.picture.preview(unit),
      });
      this.follower = new Follower(text, {
        row: (row) => this.chooseRow(row),
        close: () => this.follow(null),
        take: (row) => this.take(row),
        lines: (...given) => this.showLines(...given),
        tell: (words) => { this.status.textContent = words; },
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

    dataPanel() {
      const { text } = this;
      this.sets = new DataSets(text, (data) => this.chooseData(data));
      return element("section", { className: "pg-panel pg-panel-data" },
        element("h2", { textContent: text.data }),
        this.control("task", (value) => text[value]), this.sets.root,
        this.control("noise"), this.control("rows"), this.control("batch_size"));
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
      this.curves = new Curves(text);
      this.picture = new Picture(this);
      const { root, caption, tools, testInput, discreteInput } = this.picture;
      return element("section", { className: "pg-panel pg-panel-output" },
        element("h2", { textContent: text.output }), root, caption, tools,
        element("div", { className: "pg-row" }, this.labelled("showTest", testInput),
          this.labelled("discrete", discreteInput)),
        element("h3", { textContent: text.lossCurve }), this.curves.root);
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
      const { config, done, followed } = fromHash(this.hash);
      if (this.training) this.follow(null);
      this.row = followed?.row ?? 0;
      this.begin(config, done, followed);
    }

    // A class is no number, and the other way round: points are drawn for one task.
    change(some) {
      const points = "task" in some ? { points: [] } : {};
      this.begin({ ...this.config, ...points, ...some });
    }

    restart() { this.begin(this.config); }

    // A new training; `done` and `followed` are what a link says.
    begin(given, done = [], followed = null) {
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
      if (followed) this.follow({ layer: followed.layer, unit: followed.unit });
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
          const until = performance.now() + 80;
          while (left > 0 && performance.now() < until) left = training.epoch() ? left - 1 : 0;
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
          if (!this.advance() || performance.now() - began > 12) break; // a frame has 16
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
      const more = this.training.epoch();
      if (more && this.training.finite) return true;
      this.pause();
      if (more) this.problem.textContent = this.text.diverged;
      else this.status.textContent = this.text.ended;
      return false;
    }

    once() {
      if (!this.ready || this.replaying) return;
      this.pause();
      if (this.advance()) this.tell();
      this.draw();
      this.store();
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
        this.graph.mark(null);
        this.graph.badges(null);
        this.showListing();
      } else {
        this.follower.line = null;
        this.follower.show(this.training, unit, this.row);
        this.graph.mark(unit);
      }
      this.picture.drawRows();
      if (!this.playing && !this.replaying) this.store();
    }

    chooseRow(row) {
      this.row = (row + this.training.n) % this.training.n;
      if (this.follower.unit) {
        this.follower.line = null;
        this.follower.show(this.training, this.follower.unit, this.row);
      }
      this.picture.drawRows();
      if (!this.playing && !this.replaying) this.store();
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
      const full = config.solver === "lbfgs";
      inputs.dropout.disabled ||= full;
      inputs.learning_rate.disabled = inputs.batch_size.disabled = full;
      inputs.momentum.disabled = config.solver !== "sgd";
      inputs.weight_decay.disabled = config.solver !== "adamw";
      const drawn = config.data === "drawn";
      inputs.noise.disabled = inputs.rows.disabled = drawn;
      this.picture.testInput.disabled = drawn;
      this.layerCount.textContent = String(config.units.length);
      this.lessLayers.disabled = !hidden;
      this.moreLayers.disabled = config.units.length >= MOST_LAYERS;
      this.sets.show(config);
      this.graph.build(config.units);
      this.picture.showTools();
      this.showListing();
      if (this.follower.unit) this.graph.mark(this.follower.unit);
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
      this.picture.drawSurface();
      this.picture.drawRows();
      this.curves.draw(training.curves);
      this.showNumbers();
      // Text changes less often than pictures: to be read, and as it costs more.
      this.drawn = (this.drawn ?? 0) + 1;
      if (this.playing && this.drawn % 10) return;
      this.code.textContent = playground.code(training);
      if (this.follower.unit) this.follower.show(training, this.follower.unit, this.row);
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
      this.counter.textContent = this.ready ? this.numbers() : "";
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
      const { unit } = this.follower;
      this.hash = toHash(this.config, this.training.done, unit && { ...unit, row: this.row });
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

  document.addEventListener("DOMContentLoaded", () => {
    const root = document.getElementById("skfnn-playground");
    if (root) root.page = new Page(root);
  });
})(globalThis.skfnnPlayground ??= {});
