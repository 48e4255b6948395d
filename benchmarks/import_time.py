"""Seconds of CPU that imports take, each in a fresh process: the smallest of several.

What an import costs beyond another one is what it adds to a program that has that one already.

    python benchmarks/import_time.py
"""

import subprocess
import sys

REPEATS = 7
SKLEARN = (
    "import pandas; from sklearn.model_selection import GridSearchCV; "
    "from sklearn.neural_network import MLPClassifier; from sklearn.pipeline import make_pipeline"
)
IMPORTS = {
    "numpy": "import numpy",
    "pandas": "import pandas",
    "scikit-learn: MLPClassifier, GridSearchCV, pipelines; pandas": SKLEARN,
    "skfnn": "import skfnn",
    "the two last together": f"{SKLEARN}; import skfnn",
}


def seconds(code):
    """Return the CPU seconds of some code in a fresh process."""
    timed = f"import time; start = time.process_time(); {code}; print(time.process_time() - start)"
    runs = [
        subprocess.run([sys.executable, "-c", timed], capture_output=True, text=True, check=True)
        for _ in range(REPEATS)
    ]
    return min(float(run.stdout) for run in runs)


def main():
    """Print the table as Markdown."""
    print("| import | seconds |\n|---|---|")
    for name, code in IMPORTS.items():
        print(f"| {name} | {seconds(code):.2f} |", flush=True)


if __name__ == "__main__":
    main()
