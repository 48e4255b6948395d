// L-BFGS on the full batch, as SciPy's L-BFGS-B does it without bounds: the direction from the last
// steps by two loops (Liu and Nocedal, 1989), its length by the search of Moré and Thuente (1994).
"use strict";
(function (playground) {
  const MEMORY = 10; // as LBFGS has it for up to 500 rows
  const MOST_TRIALS = 20;
  const [DECREASE, SLOPE, WIDTH, LONGEST] = [1e-3, 0.9, 0.1, 1e10];
  const EPSILON = 2 ** -52;

  const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
  const moved = (x, step, d) => x.map((value, i) => value + step * d[i]);
  const clipped = (value, low, high) => Math.max(low, Math.min(high, value));

  // Where the cubic through two points with slopes is least, seen from b: p / q of the way to a.
  function cubic(a, b, sign, floor = -Infinity) {
    const theta = 3 * (a.f - b.f) / (b.t - a.t) + a.g + b.g;
    const s = Math.max(Math.abs(theta), Math.abs(a.g), Math.abs(b.g));
    const root = Math.max(floor, (theta / s) ** 2 - (a.g / s) * (b.g / s));
    return { theta, gamma: sign * s * Math.sqrt(root) };
  }

  // The next trial, and the interval: `best` has the least value, `end` the other end, `now` was tried.
  function nextTrial({ best, end, bracketed }, now, low, high) {
    const opposite = now.g * Math.sign(best.g) < 0;
    const toBest = best.t - now.t;
    const secant = now.t + (now.g / (now.g - best.g)) * toBest;
    const far = (t) => Math.abs(t - now.t);
    let t;
    if (now.f > best.f) { // higher: a minimum lies between
      const { theta, gamma } = cubic(best, now, now.t < best.t ? -1 : 1);
      const r = (gamma - best.g + theta) / (gamma - best.g + gamma + now.g);
      const cube = best.t + r * (now.t - best.t);
      const quad = best.t + (best.g / ((best.f - now.f) / (now.t - best.t) + best.g) / 2)
        * (now.t - best.t);
      t = Math.abs(cube - best.t) < Math.abs(quad - best.t) ? cube : cube + (quad - cube) / 2;
      bracketed = true;
    } else if (opposite) { // lower, and rising again
      const { theta, gamma } = cubic(best, now, now.t > best.t ? -1 : 1);
      const r = (gamma - now.g + theta) / (gamma - now.g + gamma + best.g);
      const cube = now.t + r * toBest;
      t = far(cube) > far(secant) ? cube : secant;
      bracketed = true;
    } else if (Math.abs(now.g) < Math.abs(best.g)) { // lower, still falling, less steeply
      const { theta, gamma } = cubic(best, now, now.t > best.t ? -1 : 1, 0);
      const r = (gamma - now.g + theta) / (gamma + (best.g - now.g) + gamma);
      const cube = r < 0 && gamma !== 0 ? now.t + r * toBest : now.t > best.t ? high : low;
      if (bracketed) {
        t = far(cube) < far(secant) ? cube : secant;
        const limit = now.t + 0.66 * (end.t - now.t);
        t = now.t > best.t ? Math.min(limit, t) : Math.max(limit, t);
      } else t = clipped(far(cube) > far(secant) ? cube : secant, low, high);
    } else if (bracketed) { // lower, still falling as steeply
      const { theta, gamma } = cubic(end, now, now.t > end.t ? -1 : 1);
      t = now.t + ((gamma - now.g + theta) / (gamma - now.g + gamma + end.g)) * (end.t - now.t);
    } else t = now.t > best.t ? high : low;
    if (now.f > best.f) end = now;
    else [end, best] = [opposite ? best : end, now];
    return [{ best, end, bracketed }, t];
  }

  // The step along a line on which `at(t)` is {t, f, g, ...}; null where none is found.
  function search(start, first, at) {
    const slope = DECREASE * start.g;
    let interval = { best: start, end: start, bracketed: false };
    let [t, stage, low, high] = [first, 1, 0, 5 * first];
    let [width, before] = [LONGEST, 2 * LONGEST];
    for (let trial = 0; trial < MOST_TRIALS; trial++) {
      const now = at(t);
      if (!Number.isFinite(now.f)) return null;
      const bound = start.f + t * slope;
      if (stage === 1 && now.f <= bound && now.g >= 0) stage = 2;
      const { bracketed } = interval;
      const stuck = bracketed && (t <= low || t >= high || high - low <= WIDTH * high);
      const longest = t === LONGEST && now.f <= bound && now.g <= slope;
      const found = now.f <= bound && Math.abs(now.g) <= -SLOPE * start.g;
      if (stuck || longest || found) return now;
      // In the first stage the function less the wanted decrease, as long as that helps.
      const less = stage === 1 && now.f <= interval.best.f && now.f > bound ? slope : 0;
      const shifted = (p, by) => ({ ...p, f: p.f - by * p.t, g: p.g - by });
      const { best, end } = interval;
      [interval, t] = nextTrial({ best: shifted(best, less), end: shifted(end, less), bracketed },
        shifted(now, less), low, high);
      interval = { ...interval, best: shifted(interval.best, -less), end: shifted(interval.end, -less) };
      const [near, other] = [interval.best.t, interval.end.t];
      if (interval.bracketed) {
        if (Math.abs(other - near) >= 0.66 * before) t = near + 0.5 * (other - near);
        [before, width] = [width, Math.abs(other - near)];
        [low, high] = [Math.min(near, other), Math.max(near, other)];
      } else [low, high] = [t + 1.1 * (t - near), t + 4 * (t - near)];
      t = clipped(t, 0, LONGEST);
      if (interval.bracketed && (t <= low || t >= high || high - low <= WIDTH * high)) t = near;
    }
    return null;
  }

  class LBFGS {
    // `objective(x)` is {value, gradient}.
    constructor(objective, x) {
      this.objective = objective;
      this.x = x;
      this.pairs = []; // {s, y, rho}: steps, and the changes of the gradient along them
      this.first = true;
      Object.assign(this, objective(x));
    }

    // -H g by two loops over the pairs, from the newest to the oldest and back.
    direction() {
      let d = this.gradient.map((value) => -value);
      const factors = this.pairs.map(() => 0);
      for (let i = this.pairs.length - 1; i >= 0; i--) {
        const { s, y, rho } = this.pairs[i];
        factors[i] = rho * dot(s, d);
        d = moved(d, -factors[i], y);
      }
      const last = this.pairs.at(-1);
      if (last) d = d.map((value) => value / (last.rho * dot(last.y, last.y)));
      for (const [i, { s, y, rho }] of this.pairs.entries()) d = moved(d, factors[i] - rho * dot(y, d), s);
      return d;
    }

    // One iteration; returns whether it has found a lower point.
    iterate() {
      for (;;) {
        const d = this.direction();
        const slope = dot(this.gradient, d);
        const length = Math.sqrt(dot(d, d));
        const at = (t) => {
          const x = moved(this.x, t, d);
          const { value, gradient } = this.objective(x);
          return { t, f: value, g: dot(gradient, d), x, gradient };
        };
        const step = this.first ? Math.min(1 / length, LONGEST) : 1;
        const found = slope < 0 ? search({ t: 0, f: this.value, g: slope }, step, at) : null;
        if (found) {
          this.accept(found, d, slope);
          return true;
        }
        if (!this.pairs.length) {
          this.objective(this.x);
          return false;
        }
        this.pairs = []; // once more, along the gradient
        this.first = true;
      }
    }

    accept({ t, f, g, x, gradient }, d, slope) {
      const y = gradient.map((value, i) => value - this.gradient[i]);
      const curved = (g - slope) * t;
      if (curved > -EPSILON * slope * t) {
        this.pairs.push({ s: d.map((value) => t * value), y, rho: 1 / curved });
        if (this.pairs.length > MEMORY) this.pairs.shift();
      }
      Object.assign(this, { x, value: f, gradient, first: false });
    }
  }

  playground.LBFGS = LBFGS;
})(globalThis.skfnnPlayground ??= {});
