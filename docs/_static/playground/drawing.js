// The large picture: what the network answers, and the rows, which can be drawn by hand or chosen;
// and the small ones of the data sets.
"use strict";
(function (playground) {
  const { DATA, button, element, filled, heatMap, answers, points, MOST_POINTS } = playground;

  // Rows as points of a picture: classes and numbers on the scale from -1 to 1.
  function asPoints({ X, y }, task, isTest) {
    const value = task === "classification" ? (i) => 2 * y[i] - 1 : (i) => y[i];
    return X.map(([x1, x2], i) => [x1, x2, value(i), isTest]);
  }

  // Data sets to choose from, as pictures of themselves.
  class DataSets {
    constructor(text, choose) {
      this.text = text;
      this.choose = choose;
      this.root = element("div", { className: "pg-data", role: "group", "aria-label": text.data });
    }

    show(config) {
      if (this.task !== config.task) this.build(config.task);
      for (const made of this.root.children) {
        made.setAttribute("aria-pressed", made.dataset.data === config.data);
      }
      const { theme } = document.documentElement.dataset;
      if (this.drawn === `${config.task} ${theme}`) return;
      this.drawn = `${config.task} ${theme}`;
      for (const { firstChild: canvas, dataset: { data } } of this.root.children) {
        if (data === "drawn") continue;
        const { train } = playground.rowsOf({ ...config, data, noise: 0, rows: 120 });
        points(canvas, asPoints(train, config.task, false), -1, null);
      }
    }

    build(task) {
      this.task = task;
      this.root.replaceChildren(...DATA[task].map((data) => {
        const name = this.text[data];
        const made = button("", () => this.choose(data),
          { title: name, "aria-label": name, className: "pg-set" });
        made.dataset.data = data;
        made.append(data === "drawn" ? element("span", { textContent: "✎" }) : element("canvas"),
          element("span", { className: "pg-set-name", textContent: name }));
        return made;
      }));
    }
  }

  class Picture {
    constructor(page) {
      this.page = page;
      this.surface = element("canvas", { className: "pg-surface" });
      this.rows = element("canvas", { className: "pg-rows", tabIndex: 0, role: "application" });
      this.root = element("div", { className: "pg-picture" }, this.surface, this.rows);
      this.caption = element("p", { className: "pg-caption" });
      this.tools = element("div", { className: "pg-tools" });
      this.testInput = this.check("showTest");
      this.discreteInput = this.check("discrete");
      this.cross = null;
      this.previewed = null;
      this.listen();
    }

    check(name) {
      const made = element("input", { type: "checkbox", name });
      made.addEventListener("change", () => { this.drawSurface(); this.drawRows(); });
      return made;
    }

    // Shows what a unit answers in place of the output; null ends that.
    preview(unit) {
      this.previewed = unit;
      this.drawSurface();
    }

    listen() {
      const place = (event) => {
        const box = this.rows.getBoundingClientRect();
        return [(2 * (event.clientX - box.left)) / box.width - 1,
          1 - (2 * (event.clientY - box.top)) / box.height];
      };
      let last = null;
      this.rows.addEventListener("pointerdown", (event) => {
        last = place(event);
        if (this.page.config.data === "drawn") this.rows.setPointerCapture(event.pointerId);
        this.touch(last);
      });
      this.rows.addEventListener("pointermove", (event) => {
        if (this.page.config.data !== "drawn" || !event.buttons || !last) return;
        const now = place(event);
        if (Math.hypot(now[0] - last[0], now[1] - last[1]) < 0.08) return;
        last = now;
        this.touch(now);
      });
      this.rows.addEventListener("keydown", (event) => this.pressed(event));
      this.rows.addEventListener("focus", () => {
        if (this.rows.matches(":focus-visible")) this.cross ??= [0, 0];
        this.drawRows();
      });
      this.rows.addEventListener("blur", () => { this.cross = null; this.drawRows(); });
    }

    pressed(event) {
      const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
      if (event.key === "Enter" || event.key === " ") this.touch(this.cross ??= [0, 0]);
      else if (moves[event.key]) {
        const by = event.shiftKey ? 0.02 : 0.1;
        this.cross = (this.cross ?? [0, 0]).map((v, i) =>
          Math.max(-1, Math.min(1, v + by * moves[event.key][i])));
        this.page.status.textContent = `(${this.cross.map((v) => v.toFixed(2)).join(", ")})`;
      } else return;
      event.preventDefault();
      this.drawRows();
    }

    nearest([a, b]) {
      const far = this.page.training.train.X.map(([x1, x2]) => (x1 - a) ** 2 + (x2 - b) ** 2);
      return far.indexOf(Math.min(...far));
    }

    touch([a, b]) {
      const { data, task, points: set } = this.page.config;
      if (data !== "drawn") {
        const { page } = this;
        page.chooseRow(this.nearest([a, b]));
        if (!page.follower.unit) page.follow({ layer: page.config.units.length + 1, unit: 0 });
        return;
      }
      if (this.brush === "erase") {
        const far = set.map(([x1, x2]) => (x1 / 100 - a) ** 2 + (x2 / 100 - b) ** 2);
        const at = far.indexOf(Math.min(...far));
        if (at >= 0 && far[at] < 0.02) this.page.change({ points: set.filter((_, i) => i !== at) });
      } else if (set.length < MOST_POINTS) {
        const value = task === "regression" ? this.brushValue : +(this.brush === "class1");
        const inside = (v) => Math.max(-100, Math.min(100, Math.round(100 * v)));
        this.page.change({ points: [...set, [inside(a), inside(b), value]] });
      }
    }

    showTools() {
      const { page } = this;
      const { text } = page;
      const drawn = page.config.data === "drawn";
      const kind = drawn ? page.config.task : "none";
      this.tools.hidden = !drawn;
      this.showLabel();
      if (this.tools.dataset.kind === kind) return;
      this.tools.dataset.kind = kind;
      this.brush = kind === "regression" ? "value" : "class1";
      this.brushValue ??= 100;
      const brushes = kind === "regression" ? ["value", "erase"] : ["class1", "class0", "erase"];
      const group = element("fieldset", { className: "pg-brushes" },
        element("legend", { textContent: text.drawAs }), ...brushes.map((name) => {
          const input = element("input", { type: "radio", name: "brush", value: name,
            checked: name === this.brush });
          input.addEventListener("change", () => { this.brush = name; this.showLabel(); });
          return element("label", {}, input, element("span", { textContent: text[name] }));
        }));
      const value = element("input", { type: "range", min: -100, max: 100, step: 10,
        value: this.brushValue, "aria-label": text.value });
      value.addEventListener("input", () => { this.brushValue = Number(value.value); });
      this.tools.replaceChildren(element("p", { textContent: text.drawHint }), group,
        ...(kind === "regression" ? [value] : []),
        page.key("clear", () => page.change({ points: [] })));
    }

    showLabel() {
      const { text, config: { data } } = this.page;
      const does = data !== "drawn" ? text.selects
        : this.brush === "erase" ? text.removes : text.adds;
      this.rows.setAttribute("aria-label", `${text.picture}. ${filled(text.pictureKeys, does)}`);
    }

    // The large picture: the output, or what the unit under the pointer answers.
    drawSurface() {
      const unit = this.previewed;
      const { side, scores, training, text, maps } = this.page;
      if (unit && maps?.[unit.layer - 1]) {
        heatMap(this.surface, side, answers(maps[unit.layer - 1], side, unit.unit));
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

    drawRows() {
      if (!this.page.training) return;
      const { ready, training, config } = this.page;
      const { train, test } = ready ? training : playground.rowsOf(config);
      const rows = [...asPoints(train, config.task, false),
        ...(this.testInput.checked ? asPoints(test, config.task, true) : [])];
      points(this.rows, rows, this.page.follower.unit ? this.page.row : -1, this.cross);
    }
  }

  Object.assign(playground, { DataSets, Picture });
})(globalThis.skfnnPlayground ??= {});
