// The formulas of a unit, as MathML without words.
"use strict";
(function (playground) {
  const mi = (name) => `<mi>${name}</mi>`;
  const sub = (name, index) => `<msub>${mi(name)}${mi(index)}</msub>`;
  const mo = (sign) => `<mo>${sign}</mo>`;
  const mn = (value) => `<mn>${value}</mn>`;
  const math = (inner) => `<math display="block"><mrow>${inner}</mrow></math>`;
  const sumOver = (index) => `<munder>${mo("∑")}${mi(index)}</munder>`;
  const power = (base, exponent) => `<msup><mrow>${base}</mrow><mrow>${exponent}</mrow></msup>`;
  const fraction = (top, bottom) => `<mfrac><mrow>${top}</mrow><mrow>${bottom}</mrow></mfrac>`;
  // One value under one condition, another else.
  const cases = (...lines) => `<mrow>${mo("{")}<mtable>${lines.map(([value, condition]) =>
    `<mtr><mtd>${value}</mtd><mtd>${condition}</mtd></mtr>`).join("")}</mtable></mrow>`;
  const [H, G] = [mi("h"), mi("g")];
  const sigma = `${mi("σ")}${mo("(")}${H}${mo(")")}`;
  const ACTIVATION = {
    identity: [H, mn(1)],
    tanh: [`${mi("tanh")}${mo("&#8289;")}${H}`, `${mn(1)}${mo("−")}${power(G, mn(2))}`],
    logistic: [fraction(mn(1), `${mn(1)}${mo("+")}${power(mi("e"), `${mo("−")}${H}`)}`),
      `${G}${mo("(")}${mn(1)}${mo("−")}${G}${mo(")")}`],
    relu: [`${mi("max")}${mo("(")}${H}${mo(",")}${mn(0)}${mo(")")}`,
      cases([mn(1), `${H}${mo("&gt;")}${mn(0)}`], [mn(0), `${H}${mo("≤")}${mn(0)}`])],
    leaky_relu: [`${mi("max")}${mo("(")}${H}${mo(",")}${mn(0.01)}${H}${mo(")")}`,
      cases([mn(1), `${H}${mo("&gt;")}${mn(0)}`], [mn(0.01), `${H}${mo("≤")}${mn(0)}`])],
    elu: [`${mi("max")}${mo("(")}${H}${mo(",")}${mn(0)}${mo(")")}${mo("+")}`
      + `${power(mi("e"), `${mi("min")}${mo("(")}${H}${mo(",")}${mn(0)}${mo(")")}`)}${mo("−")}${mn(1)}`,
    `${mi("min")}${mo("(")}${G}${mo(",")}${mn(0)}${mo(")")}${mo("+")}${mn(1)}`],
    softplus: [`${mi("ln")}${mo("(")}${mn(1)}${mo("+")}${power(mi("e"), H)}${mo(")")}`,
      `${mn(1)}${mo("−")}${power(mi("e"), `${mo("−")}${G}`)}`],
    silu: [`${H}${sigma}`,
      `${sigma}${mo("(")}${mn(1)}${mo("+")}${H}${mo("(")}${mn(1)}${mo("−")}${sigma}${mo(")")}${mo(")")}`],
    gelu: [`${H}${mi("Φ")}${mo("(")}${H}${mo(")")}`,
      `${mi("Φ")}${mo("(")}${H}${mo(")")}${mo("+")}${H}${mi("φ")}${mo("(")}${H}${mo(")")}`],
    threshold: [cases([mn(1), `${H}${mo("≥")}${mn(0)}`], [mn(0), `${H}${mo("&lt;")}${mn(0)}`]),
      cases([mn(1), `${mo("|")}${H}${mo("|")}${mo("≤")}${mn(1)}`], [mn(0), `${mo("|")}${H}${mo("|")}${mo("&gt;")}${mn(1)}`])],
  };
  const z = mi("z");
  const y = mi("y");
  const yz = `${y}${z}`;
  const margin = (least) => cases([`${mo("−")}${y}`, `${yz}${mo("≤")}${mn(least)}`],
    [mn(0), `${yz}${mo("&gt;")}${mn(least)}`]);
  const p = `${mi("σ")}${mo("(")}${z}${mo(")")}`;
  const LOSS = {
    binary_crossentropy: `${p}${mo("−")}${y}`,
    sigmoid_squared_error: `${mo("(")}${p}${mo("−")}${y}${mo(")")}${p}${mo("(")}${mn(1)}${mo("−")}${p}${mo(")")}`,
    hinge: margin(1), perceptron: margin(0),
    squared_error: `${z}${mo("−")}${y}`,
    huber: `${mi("max")}${mo("(")}${mo("−")}${mn(1)}${mo(",")}${mi("min")}${mo("(")}${z}${mo("−")}${y}${mo(",")}${mn(1)}${mo(")")}${mo(")")}`,
    absolute_error: `${mi("sign")}${mo("(")}${z}${mo("−")}${y}${mo(")")}`,
  };
  const forwardFormula = (out) => math(`${out ? z : sub("h", "j")}${mo("=")}${sumOver("i")}`
    + `${sub("g", "i")}${sub("w", "ij")}${mo("+")}${sub("b", "j")}`);
  const activationFormula = (name) => math(`${G}${mo("=")}${mi("f")}${mo("(")}${H}${mo(")")}${mo("=")}`
    + ACTIVATION[name][0]);
  const backwardFormula = () => math(`${sub("ε", "j")}${mo("=")}${mo("(")}${sumOver("k")}`
    + `${sub("ε", "k")}${sub("w", "jk")}${mo(")")}${mi("f′")}${mo("(")}${sub("h", "j")}${mo(")")}`);
  const slopeFormula = (name) => math(`${mi("f′")}${mo("(")}${H}${mo(")")}${mo("=")}${ACTIVATION[name][1]}`);
  const outputFormula = (loss) => math(`${mi("ε")}${mo("=")}${fraction(`${mo("∂")}${mi("E")}`,
    `${mo("∂")}${z}`)}${mo("=")}${LOSS[loss]}`);
  const gradientFormula = () => math(`${fraction(`${mo("∂")}${mi("E")}`, `${mo("∂")}${sub("w", "ij")}`)}`
    + `${mo("=")}${sub("ε", "j")}${sub("g", "i")}`);

  playground.FORMULAS = { forward: forwardFormula, activation: activationFormula,
    backward: backwardFormula, slope: slopeFormula, output: outputFormula,
    gradient: gradientFormula };
})(globalThis.skfnnPlayground ??= {});
