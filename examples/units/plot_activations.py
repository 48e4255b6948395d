"""
Activation functions and their derivatives
==========================================

A hidden unit computes :math:`f(w^\\top x + b)`. Backpropagation multiplies by :math:`f'` in each
layer, so the derivative decides how much of the gradient arrives further down.

What to see: the derivative (dashed) of the sigmoid unit is never above 1/4, and that of tanh falls
to zero on both sides; that of ReLU and its kin stays at or near 1 for positive inputs.
"""

import matplotlib.pyplot as plt
import numpy as np

from skfnn.activations import Activation

# %%
# All activations that skfnn knows, from its registry; a custom one would appear here as well.

z = np.linspace(-4, 4, 801)
functions = [member() for member in Activation.members()]
for function in functions:
    slope = function.derivative(z)
    print(f"{function.name:11} derivative in [{slope.min():.3f}, {slope.max():.3f}]")

# %%
# The derivative of a threshold unit is zero wherever it exists, so no gradient would pass. Training
# goes by a surrogate, the *straight-through* gradient, which is what is drawn there.

n_rows = -(-len(functions) // 4)
fig, axes = plt.subplots(
    n_rows, 4, figsize=(9.5, 2.2 * n_rows), sharex=True, sharey=True, layout="constrained"
)
for ax in axes.flat[len(functions) :]:
    ax.set_axis_off()
for ax, function in zip(axes.flat, functions, strict=False):
    ax.axhline(0, color="0.8", lw=0.8)
    ax.axvline(0, color="0.8", lw=0.8)
    ax.plot(z, function(z), label="$f(z)$")
    ax.plot(z, function.derivative(z), "--", label="$f'(z)$")
    ax.set_title(function.name)
    ax.set(xlim=(-4, 4), ylim=(-2, 3), xticks=[-4, 0, 4], yticks=[-2, -1, 0, 1, 2, 3])
    if not function.differentiable:
        ax.text(-3.7, 2.4, "dashed: surrogate", fontsize=9)
for ax in axes[-1]:
    ax.set_xlabel("input $z$")
for ax in axes[:, 0]:
    ax.set_ylabel("$f$, $f'$")
handles, labels = axes[0, 0].get_legend_handles_labels()
fig.legend(handles, labels, loc="outside upper right", ncols=2)
plt.show()
