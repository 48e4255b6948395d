"""Bugs that ``mutate.py`` may plant and that are none, by file, line and change, and why."""

EQUIVALENT: dict[tuple[str, str, str], str] = {
    (
        "skfnn/_engine/curvature/evidence.py",
        "if known[name] > 1e-3 * len(where):  # else it is on its way to nothing",
        "known[name] > 0.001 * len(where) -> known[name] >= 0.001 * len(where)",
    ): "a share of just the limit is as one beside it",
    (
        "skfnn/_engine/curvature/evidence.py",
        "largest = max(float(diagonal.max(initial=0.0)), np.finfo(float).tiny * 1e20)",
        "1e+20 -> 2e+20",
    ): "any tiny number keeps a matrix of zeros regular",
    (
        "skfnn/_engine/curvature/evidence.py",
        "lower, failed = lapack.dpotrf(matrix, lower=1, overwrite_a=1, clean=1)",
        "1 -> 2",
    ): "any number but 0 allows to overwrite",
    (
        "skfnn/_engine/curvature/evidence.py",
        "return max(mean, np.finfo(float).tiny * 1e20) * self.unit * np.ones(len(curvature))",
        "max(mean, np.finfo(float).tiny * 1e+20) * self.unit * np.ones(len(curvature)) "
        "-> max(mean, np.finfo(float).tiny * 1e+20) * self.unit / np.ones(len(curvature))",
    ): "by ones, both are the same",
    (
        "skfnn/_engine/curvature/gauss_newton.py",
        "1.0, products.T, beta=1.0, c=self.matrix, lower=1, overwrite_c=1",
        "1 -> 2",
    ): "any number but 0 allows to overwrite",
    (
        "skfnn/_engine/curvature/jacobian.py",
        "self._forwarded = True",
        "True -> False",
    ): "for speed alone: a forward pass twice leaves the same",
    (
        "skfnn/_engine/curvature/posterior.py",
        "jacobian = Jacobian(network, X.shape[0])",
        "0 -> 1",
    ): "for speed alone: how many rows are taken at a time",
    (
        "skfnn/_engine/curvature/posterior.py",
        "self.lower, jacobian.rows(seeds).T, lower=True, check_finite=False",
        "False -> True",
    ): "for speed alone: the numbers of a fitted network are finite",
    (
        "skfnn/_engine/following/divergence.py",
        "X, y, weight, penalty: float = 0.0, alpha: float = 0.0, *, rate: float, clip: bool = True",
        "0.0 -> 1",
    ): "a penalty of 1 is not to blame either, and alpha is told beside one alone",
    (
        "skfnn/_engine/following/divergence.py",
        "if weight is not None and _largest(weight) > LARGE:",
        "_largest(weight) > LARGE -> _largest(weight) >= LARGE",
    ): "a weight of just the limit is as large as one beside it",
    (
        "skfnn/_engine/following/divergence.py",
        "return float(np.abs(array).max(initial=0.0))",
        "0.0 -> 1",
    ): "1 is not large either",
    (
        "skfnn/_engine/following/history.py",
        "if len(numbers) > n:",
        "len(numbers) > n -> len(numbers) >= n",
    ): "for speed alone: a list that is copied is as good",
    (
        "skfnn/_engine/network/forward.py",
        "batch.matrix = part.astype(self.workspace.dtype, copy=False)",
        "False -> True",
    ): "for speed alone",
    (
        "skfnn/_engine/network/forward.py",
        "if once and (size, sparse) not in ready:",
        "once and (size, sparse) not in ready -> once or (size, sparse) not in ready",
    ): "for speed alone: what is done once more leaves the same",
    (
        "skfnn/_engine/network/network.py",
        "if found != needed or (position,) >= path:",
        "(position,) >= path -> (position,) > path",
    ): "no layer has weights of its own by the name that it borrows",
    (
        "skfnn/_engine/network/network.py",
        "workspace = Workspace(self, len(X), training=False, rng=rng, adapting=True)",
        "False -> True",
    ): "room for gradients that is not used",
    (
        "skfnn/_engine/objective/calibration.py",
        'options={"xatol": 0.01},',
        "0.01 -> 0.02",
    ): "the search ends far closer to the best temperature than either",
    (
        "skfnn/_engine/objective/conformal.py",
        "codes = np.where(weight > 0, codes, -1)",
        "1 -> 2",
    ): "no label has a code below 0",
    (
        "skfnn/_engine/objective/conformal.py",
        "return float(self._share[0].max()), float(self._share[-1].min())",
        "self._share[-1].min -> self._share[-1].max",
    ): "of all rows, each column has the same share",
    (
        "skfnn/_engine/objective/data.py",
        "elif self.X.dtype == self.dtype:",
        "self.X.dtype == self.dtype -> self.X.dtype != self.dtype",
    ): "for speed alone: both ways gather and cast",
    (
        "skfnn/_engine/objective/data.py",
        "part = self.X[rows].astype(self.dtype, copy=False)",
        "False -> True",
    ): "for speed alone",
    (
        "skfnn/_engine/objective/data.py",
        "return (some.toarray() if self.sparse else some).astype(self.dtype, copy=False)",
        "False -> True",
    ): "for speed alone",
    (
        "skfnn/_engine/objective/data.py",
        "step = max(1, GATHER_ELEMENTS // self.X.shape[1])",
        "1 -> 2",
    ): "for speed alone",
    (
        "skfnn/_engine/objective/data.py",
        "step = max(1, GATHER_ELEMENTS // self.X.shape[1])",
        "GATHER_ELEMENTS // self.X.shape[1] -> GATHER_ELEMENTS * self.X.shape[1]",
    ): "for speed alone",
    (
        "skfnn/_engine/objective/distribution.py",
        "if not len(enough) or not enough[-1].all():",
        "enough[-1].all -> enough[-1].any",
    ): "of all rows, each column has the same share",
    (
        "skfnn/_engine/objective/distribution.py",
        "low = self.low if self.low == -np.inf else float(np.min(shift + factor * self.low))",
        "-np.inf -> +np.inf",
    ): "minus infinity stays so in any unit",
    (
        "skfnn/_engine/objective/distribution.py",
        "nodes = np.arange(-27, 28, step)",
        "27 -> 54",
    ): "the sum leaves out a trillionth, or less",
    (
        "skfnn/_engine/objective/distribution.py",
        "nodes = np.arange(-27, 28, step)",
        "28 -> 56",
    ): "the sum leaves out a trillionth, or less",
    (
        "skfnn/_engine/objective/distribution.py",
        "part = (self.values[..., 1:-1] <= y[..., None]).sum(axis=-1)",
        "self.values[..., 1:-1] <= y[..., None] -> self.values[..., 1:-1] < y[..., None]",
    ): "at a quantile the lines of both sides meet",
    (
        "skfnn/_engine/objective/distribution.py",
        "return np.minimum(-ndtri(np.clip(np.minimum(below, above), 0, 0.5)), FARTHEST)",
        "0.5 -> 1.0",
    ): "the smaller of two that add up to 1 is no more than a half, but for rounding",
    (
        "skfnn/_engine/objective/distribution.py",
        "rows = slice(start, start + 1000)",
        "1000 -> 2000",
    ): "some rows are computed twice, alike",
    (
        "skfnn/_engine/objective/objective.py",
        "chunk_elements = 3 * 2**14",
        "3 -> 6",
    ): "for speed alone",
    (
        "skfnn/_engine/objective/objective.py",
        "if len(parts) > 1:",
        "len(parts) > 1 -> len(parts) >= 1",
    ): "for speed alone: the mean of one is itself",
    (
        "skfnn/_engine/objective/objective.py",
        "raw = batch.raw.astype(np.float64, copy=False)",
        "False -> True",
    ): "for speed alone",
    (
        "skfnn/_engine/objective/targets.py",
        "if type(y) is not np.ndarray or y.ndim != 1 or y.dtype.kind not in _PLAIN:",
        "type(y) is not np.ndarray -> type(y) is np.ndarray",
    ): "for speed alone: plain labels that are checked are as good",
    (
        "skfnn/_engine/objective/targets.py",
        "inside = (y >= 0).all() and (np.abs(y.sum(axis=1) - 1) <= SOFT_TOLERANCE).all()",
        "np.abs(y.sum(axis=1) - 1) <= SOFT_TOLERANCE -> np.abs(y.sum(axis=1) - 1) < SOFT_TOLERANCE",
    ): "no sum of doubles is off by just this number",
    (
        "skfnn/_engine/objective/targets.py",
        "return labels if 0 < 2 * len(labels) <= len(y) else None  # else there may be a warning",
        "0 -> 1",
    ): "twice a number of labels is none, or two at least",
    (
        "skfnn/_engine/objective/targets.py",
        "return labels if 0 < 2 * len(labels) <= len(y) else None  # else there may be a warning",
        "2 -> 4",
    ): "for speed alone: plain labels that are checked are as good",
    (
        "skfnn/_engine/objective/targets.py",
        "wrong = (np.abs(sums - 1) > 1e-4) | (y < 0).any(axis=1)",
        "np.abs(sums - 1) > 0.0001 -> np.abs(sums - 1) >= 0.0001",
    ): "no sum of doubles is off by just this number",
    (
        "skfnn/_engine/program/calls.py",
        "if isinstance(call.inputs[-1], float) and _alike(values[0], out):",
        "-1 -> +1",
    ): "the last of two inputs is the second",
    (
        "skfnn/_engine/program/calls.py",
        "raw = np.zeros(size + 64, np.uint8)",
        "64 -> 128",
    ): "room that is not used",
    (
        "skfnn/_engine/program/calls.py",
        "values[-1] = constants.like(out, call.inputs[-1])",
        "-1 -> +1",
    ): "the last of two inputs is the second",
    (
        "skfnn/_engine/program/cell.py",
        "def backward(self, dY: np.ndarray, wants_dX: bool = False) -> Iterator[Call]:",
        "False -> True",
    ): "a protocol: what it declares is not run",
    (
        "skfnn/_engine/program/cell.py",
        'ones = self._memory.array("ones", "ones", self._rows, 1, order="F")[:, 0]',
        "1 -> 2",
    ): "room that is not used",
    (
        "skfnn/_engine/program/cell.py",
        'vector = self._memory.array(key, f"{name}s", 1, self._n_in)[0]',
        "1 -> 2",
    ): "room that is not used",
    (
        "skfnn/_engine/program/chain.py",
        "overwritable, parity = False, 0",
        "0 -> 1",
    ): "of two buffers, either may be first",
    (
        "skfnn/_engine/program/chain.py",
        "parity ^= 1",
        "1 -> 2",
    ): "forward, 0 and 2 tell two buffers apart as well; backward it is noticed",
    (
        "skfnn/_engine/program/chain.py",
        "parity, below = 0, None",
        "0 -> 1",
    ): "of two buffers, either may be first",
    ("skfnn/_engine/program/once.py", "before = -1", "1 -> 2"): "any number below 0 begins",
    (
        "skfnn/_engine/program/once.py",
        "return next((times for times in range(most, 0, -1) if len(X) % times == 0), 1)",
        "0 -> 1",
    ): "once is what is left in any case",
    (
        "skfnn/_engine/program/once.py",
        "shape = -1, long.size",
        "1 -> 2",
    ): "any number below 0 is what is left, to NumPy",
    (
        "skfnn/_engine/program/threads.py",
        "pool.shutdown(cancel_futures=True)",
        "True -> False",
    ): "for speed alone: what still waits would be done for nothing",
    (
        "skfnn/_engine/support/component.py",
        "close = difflib.get_close_matches(name, allowed, n=1)",
        "1 -> 2",
    ): "of two, the first is taken",
    (
        "skfnn/_estimators/autoencoder.py",
        "for i in range(len(encoder) - 4, -1, -2):  # linear map and activation take turns",
        "1 -> 2",
    ): "all places are even",
    (
        "skfnn/_estimators/autoencoder.py",
        "for rows in gen_batches(X.shape[0], max(1, 8 * CHUNK_ELEMENTS // X.shape[1])):",
        "1 -> 2",
    ): "rows at a time, for memory alone",
    (
        "skfnn/_estimators/autoencoder.py",
        "for rows in gen_batches(X.shape[0], max(1, 8 * CHUNK_ELEMENTS // X.shape[1])):",
        "8 * CHUNK_ELEMENTS // X.shape[1] -> 8 * CHUNK_ELEMENTS * X.shape[1]",
    ): "rows at a time, for memory alone",
    (
        "skfnn/_estimators/autoencoder.py",
        "for rows in gen_batches(X.shape[0], max(1, 8 * CHUNK_ELEMENTS // X.shape[1])):",
        "8 -> 16",
    ): "rows at a time, for memory alone",
    (
        "skfnn/_estimators/autoencoder.py",
        "forward = Forward(fitted.network, X.shape[0], X.dtype)",
        "0 -> 1",
    ): "rows that pass at a time",
    (
        "skfnn/_estimators/autoencoder.py",
        "return Forward(encoder(fitted), X.shape[0], X.dtype)(X)",
        "0 -> 1",
    ): "for speed alone: how many rows are taken at a time",
    (
        "skfnn/_estimators/base.py",
        "network.adapt(rows, np.random.default_rng(rng.randint(2**31)))",
        "2 ** 31 -> 2 * 31",
    ): "any seed is as good",
    (
        "skfnn/_estimators/base.py",
        "network.adapt(rows, np.random.default_rng(rng.randint(2**31)))",
        "2 -> 4",
    ): "any seed is as good",
    (
        "skfnn/_estimators/base.py",
        "network.adapt(rows, np.random.default_rng(rng.randint(2**31)))",
        "31 -> 62",
    ): "any seed is as good",
    (
        "skfnn/_estimators/base.py",
        "y = y.reshape(len(y), -1).astype(np.float64, copy=False)",
        "False -> True",
    ): "for speed alone",
    (
        "skfnn/_estimators/build.py",
        "params = estimator.get_params(deep=False)",
        "False -> True",
    ): "more names, which are not looked at",
    (
        "skfnn/_estimators/build.py",
        "return solver.settled(estimator.get_params(deep=False))",
        "False -> True",
    ): "more names, which no solver has",
    (
        "skfnn/_estimators/fitted.py",
        "raw = raw.astype(np.float64, copy=False)",
        "False -> True",
    ): "for speed alone",
    (
        "skfnn/_estimators/folding.py",
        "X = np.random.default_rng(0).normal(size=(8, part.n_inputs))",
        "8 -> 16",
    ): "a few more rows to compare by",
    (
        "skfnn/_estimators/folding.py",
        "if not np.allclose(computed, said, rtol=1e-6, atol=1e-9, equal_nan=True):",
        "1e-06 -> 2e-06",
    ): "how near two ways to compute a sum have to come",
    (
        "skfnn/_estimators/folding.py",
        "if not np.allclose(loss.link.inverse(loss.parts(raw)[0]), loss.predict(raw), atol=1e-12):",
        "1e-12 -> 1e-06",
    ): "less than the relative tolerance of these scores",
    (
        "skfnn/_estimators/folding.py",
        "raw = np.linspace(-3.0, 3.0, 4 * loss.n_scores(3)).reshape(4, -1)",
        "3.0 -> 6.0",
    ): "other scores to compare by",
    (
        "skfnn/_estimators/folding.py",
        "raw = np.linspace(-3.0, 3.0, 4 * loss.n_scores(3)).reshape(4, -1)",
        "4 -> 8",
    ): "a few more scores to compare by",
    (
        "skfnn/_estimators/groups.py",
        "check_groups(groups, validation[0])",
        "0 -> 1",
    ): "of validation data all is None, or nothing",
    (
        "skfnn/_estimators/groups.py",
        "if validation[0] is None:",
        "0 -> 1",
    ): "of validation data all is None, or nothing",
    (
        "skfnn/_estimators/introspection.py",
        "network = Network(layers, coefs[0].shape[0], dtype, np.random.default_rng(0))",
        "0 -> 1",
    ): "all weights are set right after",
    (
        "skfnn/_estimators/preparation.py",
        "rng = np.random.RandomState(0)",
        "0 -> 1",
    ): "seeded right after",
    (
        "skfnn/_estimators/pretraining.py",
        "H = Forward(network.part(i, i + 1, inside), H.shape[0])(H)",
        "0 -> 1",
    ): "rows that pass at a time",
    (
        "skfnn/_estimators/pretraining.py",
        "random_state=int(self.rng.integers(2**31)),",
        "2 -> 4",
    ): "any seed is as good",
    (
        "skfnn/_estimators/pretraining.py",
        "random_state=int(self.rng.integers(2**31)),",
        "31 -> 62",
    ): "any seed is as good",
    (
        "skfnn/_estimators/step.py",
        "network, n_rows, rng=np.random.default_rng(0), full_batch=solver.full_batch",
        "0 -> 1",
    ): "a listing says that something is drawn, and not what",
    (
        "skfnn/_sklearn.py",
        "if len(_valid) >= _KEPT:",
        "len(_valid) >= _KEPT -> len(_valid) > _KEPT",
    ): "one more or less is remembered",
    (
        "skfnn/_sklearn.py",
        "model._predict_iterations(X, model._predictors, raw, False, 1)",
        "1 -> 2",
    ): "threads: for speed alone",
    (
        "skfnn/_sklearn.py",
        "return make_scorer(function, response_method=method, greater_is_better=sign > 0)",
        "sign > 0 -> sign >= 0",
    ): "it is 1 or -1",
    (
        "skfnn/activations/_base.py",
        "self, Z: np.ndarray, a: np.ndarray, out: np.ndarray, scratch: Sequence, training=True",
        "True -> False",
    ): "nothing reads it there",
    (
        "skfnn/activations/_rectifiers.py",
        "if scale != 1.0:",
        "1.0 -> 2.0",
    ): "for speed alone: a factor of 1",
    (
        "skfnn/activations/_rectifiers.py",
        "return _exponential_linear(Z, out, scratch[1], float(self.alpha), 1.0)",
        "1 -> 2",
    ): "either of two work arrays",
    (
        "skfnn/activations/_rectifiers.py",
        "return _exponential_linear(Z, out, scratch[1], self._alpha, self._scale)",
        "1 -> 2",
    ): "either of two work arrays",
    (
        "skfnn/activations/_smooth.py",
        "e, u, q, D = scratch if training else [scratch[0]] * 4",
        "0 -> 1",
    ): "any of four work arrays",
    (
        "skfnn/constraints.py",
        "array[held] /= total if total > 0 else 1.0",
        "1.0 -> 2.0",
    ): "zeros stay zeros",
    (
        "skfnn/constraints.py",
        "total = np.abs(array[held]).sum(axis=0).mean() if array[held].size else 0.0",
        "0.0 -> 1",
    ): "nothing is divided by it",
    (
        "skfnn/dask/_estimators.py",
        "model = dask.delayed(self.to_local(), pure=False, traverse=False)",
        "False -> True",
    ): (
        "for speed alone: the same model, looked through for collections, or called by its content"
    ),
    (
        "skfnn/export/_columns.py",
        "FAR = 1e150",
        "1e+150 -> 2e+150",
    ): "squares of both are finite, and both are told as 3",
    (
        "skfnn/export/_columns.py",
        "before, after = _CLOCKS[changed], _CLOCKS[changed + 1]",
        "1 -> 2",
    ): "a change within two days is halved to the same second as one within a day",
    (
        "skfnn/export/_columns.py",
        "for _ in range(18):  # to a second of a day",
        "18 -> 36",
    ): "both end within the second that is rounded to",
    (
        "skfnn/export/_columns.py",
        "missing = looked_up(graph, x, dict.fromkeys(sorted(MISSING), 1))  # though one "
        "may be a label",
        "1 -> 2",
    ): "only compared with 0",
    (
        "skfnn/export/_columns.py",
        "none = np.float64(levels.min() - 1)",
        "1 -> 2",
    ): "no level either",
    (
        "skfnn/export/_columns.py",
        "offset = offsets[0]",
        "0 -> 1",
    ): "no zone's clocks changed in the first days of 1900",
    (
        "skfnn/export/_columns.py",
        'return graph.node("Concat", *parts, dtype=parts[0].dtype, axis=1)',
        "0 -> 1",
    ): "parts are of one type",
    (
        "skfnn/export/_memory.py",
        "if (found != found[0]).any() or (np.where(hit, row[at], own) != own).any():",
        "0 -> 1",
    ): "both rows are compared either way",
    (
        "skfnn/export/_memory.py",
        "if not open_.size or not np.may_share_memory(piece.array, array):",
        "not open_.size or not np.may_share_memory(piece.array, array) -> not open_.size "
        "and (not np.may_share_memory(piece.array, array))",
    ): "for speed alone",
    (
        "skfnn/export/_memory.py",
        "one = array.take([0], axis=rows.axis)",
        "0 -> 1",
    ): "any row, as all are the same",
    (
        "skfnn/export/_memory.py",
        "owner = np.full(places.shape[1], -1)",
        "1 -> 2",
    ): "no piece either",
    (
        "skfnn/export/_memory.py",
        "piece, open_ = self._pieces[number], np.flatnonzero(owner < 0)",
        "0 -> 1",
    ): "piece 0 is the last that is asked",
    (
        "skfnn/export/_memory.py",
        "piece, open_ = self._pieces[number], np.flatnonzero(owner < 0)",
        "owner < 0 -> owner <= 0",
    ): "piece 0 is the last that is asked",
    (
        "skfnn/export/_memory.py",
        "return _moved(graph, value, 0, 1, 2) if last else value",
        "1 -> 2",
    ): "the last of two axes either way",
    ("skfnn/export/_memory.py", "return found[0]", "0 -> 1"): "both rows say the same",
    (
        "skfnn/export/_memory.py",
        "row = np.full(places.size, -1)",
        "-1 -> +1",
    ): "what has no rows is refused for one of the two",
    ("skfnn/export/_memory.py", "row = np.full(places.size, -1)", "1 -> 2"): "no row either",
    (
        "skfnn/export/_memory.py",
        "value = self._joined(array, rows, np.where(known, owner, -1), feature)",
        "1 -> 2",
    ): "no piece either",
    (
        "skfnn/export/_onnx.py",
        "if fitted.loss.parameters > 1:  # of a distribution, what predict returns",
        "fitted.loss.parameters > 1 -> fitted.loss.parameters >= 1",
    ): "all of the outputs are then taken",
    (
        "skfnn/export/_onnx.py",
        "if graph.opset >= 12:",
        "12 -> 24",
    ): "one operator or three: they compute the same",
    (
        "skfnn/export/_onnx.py",
        "if graph.opset >= 12:",
        "graph.opset >= 12 -> graph.opset > 12",
    ): "one operator or three: they compute the same",
    (
        "skfnn/export/_onnx.py",
        "if len(given.type.shape) > 2:",
        "len(given.type.shape) > 2 -> len(given.type.shape) >= 2",
    ): "what is flat is flattened",
    (
        "skfnn/export/_onnx.py",
        "if not double and not isinstance(given.type, FloatTensorType):",
        "not double and (not isinstance(given.type, FloatTensorType)) -> not double or "
        "not isinstance(given.type, FloatTensorType)",
    ): "floats are then cast to their own type",
    (
        "skfnn/export/_onnx.py",
        "self._program(network, rows) for rows in (ROWS, ROWS + 1)",
        "1 -> 2",
    ): "any two numbers tell which axis is that of rows",
    (
        "skfnn/export/_onnx.py",
        "self._program(network, rows) for rows in (ROWS, ROWS + 1)",
        "ROWS + 1 -> ROWS - 1",
    ): "any two numbers tell which axis is that of rows",
    (
        "skfnn/export/_onnx.py",
        "workspace = Workspace(network, rows, training=False, dtype=self.dtype)",
        "False -> True",
    ): "room for a backward pass that is not written",
    ("skfnn/export/_program.py", "end = -1", "-1 -> +1"): "no array lies at address 0",
    ("skfnn/export/_program.py", "end = -1", "1 -> 2"): "any number below all addresses",
    (
        "skfnn/export/_tables.py",
        "if n_scores > k:  # the other parameters of a distribution",
        "n_scores > k -> n_scores >= k",
    ): "all of the scores are then taken",
    (
        "skfnn/export/_tables.py",
        'p = graph.node("Gather", p, np.array([0]), axis=1)',
        "0 -> 1",
    ): "any number is equal to itself",
    (
        "skfnn/initializers.py",
        "Q = Q * np.sign(np.diag(R))  # makes the draw uniform over orthogonal matrices",
        "Q * np.sign(np.diag(R)) -> Q / np.sign(np.diag(R))",
    ): "signs are 1 or -1",
    (
        "skfnn/initializers.py",
        "return Q if fan_in >= fan_out else Q.T",
        "fan_in >= fan_out -> fan_in > fan_out",
    ): "the transpose of a square draw is as good",
    (
        "skfnn/initializers.py",
        "return norm * directions / np.where(norms > 0, norms, 1)",
        "1 -> 2",
    ): "a direction of no length is 0 over either",
    ("skfnn/inspection/_gradients.py", "BLOCK = 512", "512 -> 1024"): "for speed alone",
    (
        "skfnn/inspection/_gradients.py",
        "STEP = 1e-5",
        "1e-05 -> 2e-05",
    ): "in double precision both steps are as good to ten digits",
    (
        "skfnn/inspection/_network.py",
        'self.ax_.annotate(name, (x, y), (shift, 0), textcoords="offset points", ha=side,',
        "0 -> 1",
    ): "how far a name is off, is taste",
    (
        "skfnn/inspection/_network.py",
        "self.ax_.set_ylim(bottom - 0.9 - 0.62 * lines, top + 0.5)",
        "0.62 -> 1.24",
    ): "how a drawing looks",
    (
        "skfnn/inspection/_orders.py",
        "each = max(1, BLOCK // max(1, p - 1))",
        "1 -> 2",
    ): "matters to tables of more than 4,000 columns, for memory alone",
    (
        "skfnn/layers/_dense.py",
        "yield Call(np.add, Y, cell.b if self.units > 1 else cell.b.reshape(()), out=Y)",
        "self.units > 1 -> self.units >= 1",
    ): "for speed alone",
    (
        "skfnn/layers/_piecewise_linear_embedding.py",
        "beside = np.clip(dominant[:, None] + [-1, 0, 1], 0, len(values) - 1).ravel()",
        "1 -> 2",
    ): "the last value is a limit anyway",
    (
        "skfnn/layers/_repeat.py",
        "return [pair for pair in others if pair[0].size], narrow[:, start:stop], copies",
        "0 -> 1",
    ): "both of a pair have as many columns",
    (
        "skfnn/losses/_classification.py",
        "if z.dtype == np.float64:",
        "z.dtype == np.float64 -> z.dtype != np.float64",
    ): "for speed alone: both ways are exact in either precision",
    (
        "skfnn/losses/_distribution.py",
        "curves = np.stack([_quantile(y, q, weight) for q in self.learned_levels()], axis=-1)",
        "-1 -> +1",
    ): "the last of two axes is the second",
    (
        "skfnn/losses/_distribution.py",
        "return (None,) * (3 if self.beta else 2)",
        "2 -> 4",
    ): "room that is not used",
    (
        "skfnn/losses/_distribution.py",
        "return super().in_domain(y) and bool(((y >= 0) & (y == np.floor(y))).all())",
        "np.floor -> np.ceil",
    ): "a whole number is both",
    (
        "skfnn/losses/_function.py",
        "raw = np.random.default_rng(0).normal(size=y.shape)",
        "0 -> 1",
    ): "any scores are as good",
    (
        "skfnn/losses/_function.py",
        "return found if np.isfinite(found).all() else start",
        "np.isfinite(found).all -> np.isfinite(found).any",
    ): "one number that is not finite makes all so, as steps go by their products",
    (
        "skfnn/losses/_regression.py",
        "for _ in range(64):  # bisection: the slope of the mean loss rises with the constant",
        "64 -> 128",
    ): "after 64 halvings nothing is left to halve",
    (
        "skfnn/metrics/_resolve.py",
        'return name, scorer_of(spec, 1 if parameter == "metrics" else _direction(spec, name))',
        "1 -> 2",
    ): "any number above 0 says that larger is better",
    (
        "skfnn/model_selection.py",
        "space = tabular_space(task, max_units or 10**9)",
        "10 -> 20",
    ): "wider than any layer",
    (
        "skfnn/model_selection.py",
        "space = tabular_space(task, max_units or 10**9)",
        "9 -> 18",
    ): "wider than any layer",
    (
        "skfnn/model_selection.py",
        'space = {"solver": [AdamW()], "alpha": [0.0], **_KINDS[kind](max_units or 10**9)}',
        "10 -> 20",
    ): "wider than any layer",
    (
        "skfnn/model_selection.py",
        'space = {"solver": [AdamW()], "alpha": [0.0], **_KINDS[kind](max_units or 10**9)}',
        "9 -> 18",
    ): "wider than any layer",
    (
        "skfnn/optimizers/_adam.py",
        "def scalars(self, t, rate, factor=1.0, progress=0.0):",
        "0.0 -> 1",
    ): "Adam and NAdam do not read it; for AdamW it is noticed",
    (
        "skfnn/optimizers/_adam.py",
        "if product < 1e-17:  # 1 - product is 1 from here on",
        "product < 1e-17 -> product <= 1e-17",
    ): "1 - product is 1 either way",
    (
        "skfnn/optimizers/_base.py",
        "self, t: int, rate: float, factor: float = 1.0, progress: float = 0.0",
        "0.0 -> 1",
    ): "nothing reads it there",
    (
        "skfnn/parts/_check.py",
        "_bytes(root)[...] = 1 if root.dtype == bool else 0x3F",
        "1 -> 2",
    ): "any other bytes do",
    (
        "skfnn/parts/_check.py",
        "_bytes(root)[...] = 1 if root.dtype == bool else 0x3F",
        "63 -> 126",
    ): "any other bytes do",
    (
        "skfnn/parts/_check.py",
        "_bytes(root)[...] = 1 if root.dtype == bool else 0x3F",
        "root.dtype == bool -> root.dtype != bool",
    ): "any other bytes do",
    ("skfnn/parts/_check.py", "for h in (1e-5, 1e-6):", "1e-05 -> 2e-05"): "any two small steps",
    ("skfnn/parts/_check.py", "for h in (1e-5, 1e-6):", "1e-06 -> 2e-06"): "any two small steps",
    (
        "skfnn/parts/_check.py",
        "if abs(steps[0] - steps[1]) <= 1e-6 * (abs(steps[1]) + 0.1):",
        "0.1 -> 0.2",
    ): "two differences that are as good as equal",
    (
        "skfnn/parts/_check.py",
        "if abs(steps[0] - steps[1]) <= 1e-6 * (abs(steps[1]) + 0.1):",
        "1e-06 -> 2e-06",
    ): "two differences that are as good as equal",
    (
        "skfnn/parts/_check.py",
        "if abs(steps[0] - steps[1]) <= 1e-6 * (abs(steps[1]) + 0.1):",
        "abs(steps[0] - steps[1]) <= 1e-06 * (abs(steps[1]) + 0.1) -> abs(steps[0] - "
        "steps[1]) < 1e-06 * (abs(steps[1]) + 0.1)",
    ): "equal to the last digit",
    (
        "skfnn/parts/_check.py",
        "return direction @ gradient, steps[0]",
        "0 -> 1",
    ): "two differences that are as good as equal",
    (
        "skfnn/parts/_check.py",
        "scalars = [np.array(value) for value in optimizer.scalars(1, 0.1)]",
        "0.1 -> 0.2",
    ): "any rate shows which arrays a step writes",
    (
        "skfnn/parts/_check.py",
        "scalars = [np.array(value) for value in optimizer.scalars(1, 0.1)]",
        "1 -> 2",
    ): "any step shows which arrays it writes",
    (
        "skfnn/parts/_check.py",
        "slots = rng.uniform(0.5, 1.5, size=(optimizer.n_slots, 9))",
        "0.5 -> 1.0",
    ): "any positive numbers show which arrays a step writes",
    (
        "skfnn/parts/_check.py",
        "slots = rng.uniform(0.5, 1.5, size=(optimizer.n_slots, 9))",
        "1.5 -> 3.0",
    ): "any positive numbers show which arrays a step writes",
    (
        "skfnn/preprocessing/_columns.py",
        "if self.style.bare and types <= _AT_ONCE:",
        "types <= _AT_ONCE -> types < _AT_ONCE",
    ): "numbers of a column are read alike one by one",
    (
        "skfnn/preprocessing/_columns.py",
        "if values.once is not None and values.once[0] is column:",
        "0 -> 1",
    ): "for speed alone: what is read twice is read alike",
    ("skfnn/preprocessing/_columns.py", "order = 1000", "1000 -> 2000"): "still asked last",
    (
        "skfnn/preprocessing/_dates.py",
        'numbers = values.form in "iu" or (values.form == "f" and values.whole)',
        "values.form == 'f' and values.whole -> values.form == 'f' or values.whole",
    ): "text of a fraction says no date: it is refused either way",
    ("skfnn/preprocessing/_frames.py", "FEW_ROWS = 50", "50 -> 100"): "for speed alone",
    (
        "skfnn/preprocessing/_frames.py",
        "if len(array) < len(array.categories):",
        "len(array) < len(array.categories) -> len(array) <= len(array.categories)",
    ): "for speed alone",
    (
        "skfnn/preprocessing/_frames.py",
        "if len(codes) < len(categories):  # not all of them",
        "len(codes) < len(categories) -> len(codes) <= len(categories)",
    ): "for speed alone",
    (
        "skfnn/preprocessing/_level_counts.py",
        "if type(cell) is str:",
        "type(cell) is str -> type(cell) is not str",
    ): "for speed alone: only text is looked up",
    (
        "skfnn/preprocessing/_level_counts.py",
        "named = met.get(cell) if type(cell) is str else None  # else 1 is True, and 1.0",
        "type(cell) is str -> type(cell) is not str",
    ): "for speed alone: only text is laid down",
    (
        "skfnn/preprocessing/_parsing.py",
        "if step > 1 and some < 0.5 * n_tried.sum():",
        "0.5 * n_tried.sum() -> 0.5 / n_tried.sum()",
    ): "a format that reads few of a sample is not tried on all: later ones win either way",
    (
        "skfnn/preprocessing/_parsing.py",
        "if step > 1 and some < 0.5 * n_tried.sum():",
        "1 -> 2",
    ): "a format that reads few of a sample is not tried on all: later ones win either way",
    (
        "skfnn/preprocessing/_parsing.py",
        "if step > 1 and some < 0.5 * n_tried.sum():",
        "some < 0.5 * n_tried.sum() -> some <= 0.5 * n_tried.sum()",
    ): "a format that reads few of a sample is not tried on all: later ones win either way",
    (
        "skfnn/preprocessing/_scaling.py",
        "np.clip(x, -1e150, 1e150, out=x)  # so that squares are finite",
        "1e+150 -> 2e+150",
    ): "squares of both are finite, and both are told as 3",
    (
        "skfnn/preprocessing/_tabular.py",
        "if not np.isfinite(numbers).all() and np.isinf(numbers).any():",
        "not np.isfinite(numbers).all() and np.isinf(numbers).any() -> not "
        "np.isfinite(numbers).all() or np.isinf(numbers).any()",
    ): "for speed alone: where none is infinite, nothing is done",
    (
        "skfnn/preprocessing/_tabular.py",
        'return X.astype(X.dtype.newbyteorder("="), copy=False)  # pandas takes no other order',
        "False -> True",
    ): "for speed alone",
    ("skfnn/preprocessing/_text.py", "BLOCK = 500", "500 -> 1000"): "for speed alone",
    (
        "skfnn/preprocessing/_text.py",
        "LOOKED_AT, LEARNED = 20_000, 50_000",
        "20000 -> 40000",
    ): "for speed alone",
    (
        "skfnn/preprocessing/_text.py",
        "LOOKED_AT, LEARNED = 20_000, 50_000",
        "50000 -> 100000",
    ): "for speed alone",
    (
        "skfnn/preprocessing/_text.py",
        "if 2 * len(distinct) > len(given):",
        "2 * len(distinct) -> 2 / len(distinct)",
    ): "for speed alone",
    (
        "skfnn/preprocessing/_text.py",
        "if 2 * len(distinct) > len(given):",
        "2 * len(distinct) > len(given) -> 2 * len(distinct) >= len(given)",
    ): "for speed alone",
    (
        "skfnn/preprocessing/_text.py",
        "if 2 * len(distinct) > len(given):",
        "2 -> 4",
    ): "for speed alone",
    (
        "skfnn/preprocessing/_text.py",
        "if len(known) > 20 * BLOCK:",
        "20 * BLOCK -> 20 / BLOCK",
    ): "for speed alone",
    (
        "skfnn/preprocessing/_text.py",
        "if len(known) > 20 * BLOCK:",
        "20 -> 40",
    ): "for speed alone",
    (
        "skfnn/preprocessing/_text.py",
        "if len(known) > 20 * BLOCK:",
        "len(known) > 20 * BLOCK -> len(known) >= 20 * BLOCK",
    ): "for speed alone",
    (
        "skfnn/preprocessing/_text.py",
        "order = 110",
        "110 -> 220",
    ): "a column is one or the other, whichever is asked first",
    (
        "skfnn/preprocessing/_text.py",
        "order = 120",
        "120 -> 240",
    ): "still asked before categories",
    (
        "skfnn/preprocessing/_text.py",
        "return items[:: -(-len(items) // n) or 1]",
        "1 -> 2",
    ): "of no items, any step is as good",
    (
        "skfnn/preprocessing/_text.py",
        "scale = np.where(spread > 1e-9, SPREAD / np.maximum(spread, 1e-9), 0.0)",
        "spread > 1e-09 -> spread >= 1e-09",
    ): "a spread of just that is nothing as well",
    (
        "skfnn/preprocessing/_text.py",
        "self.components = TruncatedSVD(n, random_state=0).fit(weighted).components_.T",
        "0 -> 1",
    ): "any start is as good",
    (
        "skfnn/preprocessing/_values.py",
        "first = np.flatnonzero(~self.missing)[:1]",
        "1 -> 2",
    ): "of two, the first is taken",
    (
        "skfnn/preprocessing/_values.py",
        "known = self.known[:: max(1, len(self.known) // 100)]",
        "100 -> 200",
    ): "how many of the values are looked at, for speed alone",
    (
        "skfnn/preprocessing/_values.py",
        "return np.inf if value > 0 else -np.inf",
        "0 -> 1",
    ): "only numbers that are too large come here",
    (
        "skfnn/preprocessing/_values.py",
        "return np.inf if value > 0 else -np.inf",
        "value > 0 -> value >= 0",
    ): "only numbers that are too large come here",
    (
        "skfnn/schedules.py",
        "if progress < self.warmup:",
        "progress < self.warmup -> progress <= self.warmup",
    ): "both are 1 there",
    (
        "skfnn/schedules.py",
        "low, share = self._start, 1 - progress / self.warmup",
        "1 - progress / self.warmup -> 1 + progress / self.warmup",
    ): "a cosine is even about a half turn",
    (
        "skfnn/schedules.py",
        "return 0.5 * (1 + math.cos(math.pi * (max(1.0, 2 * progress) - 1)))",
        "max(1.0, 2 * progress) - 1 -> max(1.0, 2 * progress) + 1",
    ): "a whole turn further",
    (
        "skfnn/solvers/_base.py",
        "bits = type(generator.bit_generator)(0)  # several times faster than to copy it",
        "0 -> 1",
    ): "its state is replaced",
    (
        "skfnn/solvers/_lbfgs.py",
        "at_rounding = decrease <= max(least, RESOLUTION * abs(value))",
        "decrease <= max(least, RESOLUTION * abs(value)) -> decrease < max(least, "
        "RESOLUTION * abs(value))",
    ): "a decrease of just the limit is as small as one beside it",
    (
        "skfnn/solvers/_lbfgs.py",
        "out = ((x <= lower) & (gradient > 0)) | ((x >= upper) & (gradient < 0))",
        "gradient < 0 -> gradient <= 0",
    ): "a component of 0 becomes 0",
    (
        "skfnn/solvers/_lbfgs.py",
        "out = ((x <= lower) & (gradient > 0)) | ((x >= upper) & (gradient < 0))",
        "gradient > 0 -> gradient >= 0",
    ): "a component of 0 becomes 0",
    (
        "skfnn/solvers/_levenberg_marquardt.py",
        "damping = self.damping * max(1 / 3, 1 - (2 * min(ratio, 2.0) - 1) ** 3)",
        "2.0 -> 4.0",
    ): "beyond 1 it is a third",
    (
        "skfnn/solvers/_levenberg_marquardt.py",
        "fresh.adapt(data.some_rows(ADAPT_ROWS, np.random.RandomState(rng.integers(2**31))), rng)",
        "2 -> 4",
    ): "any seed is as good",
    (
        "skfnn/solvers/_levenberg_marquardt.py",
        "fresh.adapt(data.some_rows(ADAPT_ROWS, np.random.RandomState(rng.integers(2**31))), rng)",
        "31 -> 62",
    ): "any seed is as good",
    (
        "skfnn/solvers/_levenberg_marquardt.py",
        "if gained >= LEAST_GAIN * promised or (tiny and gained >= 0):",
        "gained >= LEAST_GAIN * promised -> gained > LEAST_GAIN * promised",
    ): "where both are 0 the other condition holds",
    (
        "skfnn/solvers/_levenberg_marquardt.py",
        "if tiny or short or self.damping > 1e50:",
        "1e+50 -> 2e+50",
    ): "one more step of no length",
    (
        "skfnn/solvers/_levenberg_marquardt.py",
        "if tiny or short or self.damping > 1e50:",
        "self.damping > 1e+50 -> self.damping >= 1e+50",
    ): "one less step of no length",
    (
        "skfnn/solvers/_levenberg_marquardt.py",
        "loss.curvature(y, np.zeros((1, loss.n_scores(y.shape[1]))))  # or says that it has none",
        "1 -> 2",
    ): "whether it has one is asked, of some rows",
    (
        "skfnn/solvers/_levenberg_marquardt.py",
        "objective = Objective(problem.network, problem.objective.loss, 0.0)",
        "0.0 -> 1",
    ): "the Gauss-Newton matrix is without the penalty",
    (
        "skfnn/solvers/_levenberg_marquardt.py",
        "self._trust(gained / promised if promised > 0 else 1.0)",
        "1.0 -> 2.0",
    ): "beyond 1 the damping is a third",
    (
        "skfnn/solvers/_levenberg_marquardt.py",
        "self.damping, self.growth = max(damping, 1e-300), 2.0",
        "1e-300 -> 1e-294",
    ): "any number that is next to 0",
    (
        "skfnn/solvers/_levenberg_marquardt.py",
        "short = np.linalg.norm(step) <= solver.step_tol * (",
        "np.linalg.norm(step) <= solver.step_tol * (np.linalg.norm(here.values) + "
        "solver.step_tol) -> np.linalg.norm(step) < solver.step_tol * "
        "(np.linalg.norm(here.values) + solver.step_tol)",
    ): "a step of no length promises nothing either",
    (
        "skfnn/solvers/_levenberg_marquardt.py",
        "smaller = np.linalg.norm(self._gradient(there)) < np.linalg.norm(grad)",
        "np.linalg.norm(self._gradient(there)) < np.linalg.norm(grad) -> "
        "np.linalg.norm(self._gradient(there)) <= np.linalg.norm(grad)",
    ): "where both are zero, so is the step",
    (
        "skfnn/solvers/_levenberg_marquardt.py",
        "y = loss.sample_y(np.random.default_rng(0), 1, problem.data.target.n_outputs)",
        "0 -> 1",
    ): "whether it has a curvature is asked, of some rows",
    (
        "skfnn/solvers/_levenberg_marquardt.py",
        "y = loss.sample_y(np.random.default_rng(0), 1, problem.data.target.n_outputs)",
        "1 -> 2",
    ): "whether it has a curvature is asked, of some rows",
    (
        "skfnn/solvers/_minibatch.py",
        "done = solver.done(progress, 0.0)",
        "0.0 -> 1",
    ): "set anew in each step where something follows it",
    (
        "skfnn/solvers/_minibatch.py",
        "if len(values) >= SHARED_BLOCKS * BLOCK and solver.clip_norm is None:",
        "len(values) >= SHARED_BLOCKS * BLOCK -> len(values) > SHARED_BLOCKS * BLOCK",
    ): "for speed alone",
    (
        "skfnn/solvers/_minibatch.py",
        "if n_weights < len(theta):",
        "n_weights < len(theta) -> n_weights <= len(theta)",
    ): "a name that nothing has",
    (
        "skfnn/solvers/_minibatch.py",
        "n = len(self.optimizer.scalars(1, self.learning_rate_init))",
        "1 -> 2",
    ): "how many there are, not which",
    (
        "skfnn/solvers/_minibatch.py",
        "n_shares = 1",
        "1 -> 2",
    ): "for speed alone: shares are of different parameters",
    (
        "skfnn/tabular/_base.py",
        "(validation.X, table.validation and table.validation[0], validation.weight),",
        "0 -> 1",
    ): "of either, rows are counted",
    (
        "skfnn/tabular/_base.py",
        'if self.get_params(deep=False)["label_smoothing"] is None:  # soft enough',
        "False -> True",
    ): "further names, which nobody asks for",
    (
        "skfnn/tabular/_base.py",
        "name = Wishes(self.cv, groups, None, 0.2).name",
        "0.2 -> 0.4",
    ): "for its name alone",
    (
        "skfnn/tabular/_base.py",
        "np.zeros((n_rows, 1)), check_targets(self, y, self._kind), multi_output=True,",
        "1 -> 2",
    ): "zeros, to count the rows of",
    (
        "skfnn/tabular/_base.py",
        "params = self.get_params(deep=False)",
        "False -> True",
    ): "further names, which nobody asks for",
    (
        "skfnn/tabular/_base.py",
        "recipe = recipe.chosen(self.get_params(deep=False))",
        "False -> True",
    ): "further names, which nobody asks for",
    (
        "skfnn/tabular/_categories.py",
        "mean = count.sum() / max(1, np.count_nonzero(count))",
        "1 -> 2",
    ): "where one place alone has rows, others have none or all of them",
    (
        "skfnn/tabular/_categories.py",
        "others *= others[..., :1] > 1e-9 * largest",
        "others[..., :1] > 1e-09 * largest -> others[..., :1] >= 1e-09 * largest",
    ): "no weight is just a billionth of the largest",
    (
        "skfnn/tabular/_categories.py",
        "return np.stack([np.bincount(place, column, size) for column in columns], axis=-1)",
        "-1 -> +1",
    ): "of two axes the last is the second",
    (
        "skfnn/tabular/_categories.py",
        "smaller = Network(layers, network.n_inputs, network.dtype, np.random.default_rng(0))",
        "0 -> 1",
    ): "all that is drawn is written over",
    (
        "skfnn/tabular/_cell_search.py",
        "if int(codes.max(initial=0)) <= 4 * len(codes):",
        "0 -> 1",
    ): "for speed alone",
    (
        "skfnn/tabular/_cell_search.py",
        "if int(codes.max(initial=0)) <= 4 * len(codes):",
        "4 * len(codes) -> 4 / len(codes)",
    ): "for speed alone",
    (
        "skfnn/tabular/_cell_search.py",
        "if int(codes.max(initial=0)) <= 4 * len(codes):",
        "4 -> 8",
    ): "for speed alone",
    (
        "skfnn/tabular/_cell_search.py",
        "if int(codes.max(initial=0)) <= 4 * len(codes):",
        "int(codes.max(initial=0)) <= 4 * len(codes) -> int(codes.max(initial=0)) < 4 * len(codes)",
    ): "for speed alone",
    (
        "skfnn/tabular/_cell_search.py",
        "judged = self.evidence.judged(self._code(cells)) if z >= LEAST_Z else np.inf",
        "z >= LEAST_Z -> z > LEAST_Z",
    ): "cells of just so much are worth no trial, of any rows",
    (
        "skfnn/tabular/_cell_search.py",
        "size = (int(code.max()) + 1) * self.n_folds",
        "1 -> 2",
    ): "room for a cell that no row is in",
    (
        "skfnn/tabular/_cell_search.py",
        "sure = [one for one in found[:MOST_PAIRS] if one.z > SURE]",
        "one.z > SURE -> one.z >= SURE",
    ): "nothing measured is just 2",
    (
        "skfnn/tabular/_cell_search.py",
        "values = (values - mean) / np.maximum(np.sqrt(variance), 1e-9)",
        "values - mean -> values + mean",
    ): "evidence is of deviations from the mean",
    (
        "skfnn/tabular/_cell_search.py",
        "z = np.divide(agreement, error, out=np.zeros_like(error), where=error > 1e-12)",
        "error > 1e-12 -> error >= 1e-12",
    ): "no error is just so small",
    (
        "skfnn/tabular/_cell_trials.py",
        "if one is None or (refused and one.z < VERY_MUCH):",
        "one.z < VERY_MUCH -> one.z <= VERY_MUCH",
    ): "nothing measured is just 10",
    (
        "skfnn/tabular/_cells.py",
        "beside = beside[~np.isin(beside, exact, assume_unique=True)]",
        "True -> False",
    ): "for speed alone: they are unique",
    (
        "skfnn/tabular/_cells.py",
        "codes = self.table(_on_grid(np.where(missing, 0.0, number)))",
        "0.0 -> 1",
    ): "any number: its code is then set to 0",
    (
        "skfnn/tabular/_cells.py",
        "first = np.flatnonzero(np.diff(ordered, prepend=ordered[:1] - 1))",
        "1 -> 2",
    ): "any number but the first one",
    (
        "skfnn/tabular/_cells.py",
        "first = np.flatnonzero(np.diff(ordered, prepend=ordered[:1] - 1))",
        "ordered[:1] - 1 -> ordered[:1] + 1",
    ): "any number but the first one",
    (
        "skfnn/tabular/_cells.py",
        "if len(keys) > len(self.keys):",
        "len(keys) > len(self.keys) -> len(keys) >= len(self.keys)",
    ): "for speed alone",
    (
        "skfnn/tabular/_cells.py",
        "keys_int64s=self.keys.tolist() or [0], values_int64s=self.codes.tolist() or [0],",
        "0 -> 1",
    ): "a key that no number has",
    (
        "skfnn/tabular/_cells.py",
        "return ordered[np.diff(ordered, prepend=ordered[:1] - 1) != 0]",
        "1 -> 2",
    ): "any number but the first one",
    (
        "skfnn/tabular/_cells.py",
        "return ordered[np.diff(ordered, prepend=ordered[:1] - 1) != 0]",
        "ordered[:1] - 1 -> ordered[:1] + 1",
    ): "any number but the first one",
    (
        "skfnn/tabular/_class_scaling.py",
        "misses = max(mass @ (1 - (target * p[rows]).sum(axis=1)), 1e-9)",
        "1e-09 -> 0.001",
    ): "any small number keeps shifts at 0 where nothing is missed",
    (
        "skfnn/tabular/_ensemble.py",
        "found = table.plain().evaluation(([member.out_of_fold], [1.0]), *valid.labels())",
        "1.0 -> 2.0",
    ): "of one member any weight gives its mean",
    (
        "skfnn/tabular/_ensemble.py",
        "heavy = [c for c in configurations if c.weight * len(c.members) > TOKEN_SHARE * total]",
        "c.weight * len(c.members) > TOKEN_SHARE * total -> c.weight * len(c.members) >= "
        "TOKEN_SHARE * total",
    ): "no share is just a billionth",
    (
        "skfnn/tabular/_fitted.py",
        "return [raw if t == 1 else raw.astype(np.float64, copy=False) / t for raw, t in each]",
        "False -> True",
    ): "for speed alone: nothing is written to it",
    (
        "skfnn/tabular/_fitted.py",
        "return raw.astype(np.float64, copy=False)",
        "False -> True",
    ): "for speed alone: nothing is written to it",
    (
        "skfnn/tabular/_fitted_classes.py",
        "if of_mean < LEAST:",
        "of_mean < LEAST -> of_mean <= LEAST",
    ): "no entropy is just the smallest number",
    (
        "skfnn/tabular/_fitted_classes.py",
        "raw = raw.astype(np.float64, copy=False)",
        "False -> True",
    ): "for speed alone: nothing is written to it",
    (
        "skfnn/tabular/_fitted_numbers.py",
        "if self.by_moments and not (whole and len(set(weights)) == 1):",
        "1 -> 2",
    ): "what is pooled of repeated scores is the mixture, too",
    (
        "skfnn/tabular/_fitted_numbers.py",
        "if self.by_moments and not (whole and len(set(weights)) == 1):",
        "len(set(weights)) == 1 -> len(set(weights)) != 1",
    ): "what is pooled of repeated scores is the mixture, too",
    (
        "skfnn/tabular/_folds.py",
        "for train, held in splitter.split(np.zeros((len(rows), 1)), y[rows], given):",
        "1 -> 2",
    ): "columns of zeros, which splitters are given to count the rows of",
    (
        "skfnn/tabular/_folds.py",
        "hands = np.tile(np.arange(n_folds), (-(-len(y) // n_folds), 1))",
        "-len(y) // n_folds -> -len(y) * n_folds",
    ): "hands that no row gets",
    (
        "skfnn/tabular/_followed.py",
        "return table.measured(metric, ([raw], [1.0]), y, weight)",
        "1.0 -> 2.0",
    ): "of one member any weight gives its mean",
    ("skfnn/tabular/_forest.py", "FEW = 30_000", "30000 -> 60000"): "for speed alone",
    (
        "skfnn/tabular/_forest.py",
        "if len(X) * len(forest.roots) <= FEW:",
        "len(X) * len(forest.roots) -> len(X) / len(forest.roots)",
    ): "for speed alone",
    (
        "skfnn/tabular/_forest.py",
        "if len(X) * len(forest.roots) <= FEW:",
        "len(X) * len(forest.roots) <= FEW -> len(X) * len(forest.roots) < FEW",
    ): "for speed alone",
    (
        "skfnn/tabular/_judging.py",
        "data.target.fill(y, right, (-1.0, 1.0))",
        "1.0 -> 2.0",
    ): "scores by which all are right, or all wrong, of any size",
    (
        "skfnn/tabular/_judging.py",
        "value = self.table.measured(self.scorer, ([raw], [1.0]), y, weight)",
        "1.0 -> 2.0",
    ): "of one member any weight gives its mean",
    (
        "skfnn/tabular/_label_weights.py",
        "return np.log(np.maximum(share, 1e-6) / np.maximum(rest, 1e-6))",
        "1e-06 -> 2e-06",
    ): "any small number keeps it finite",
    ("skfnn/tabular/_mixing.py", "bounds=[(0, 1)] * n,", "1 -> 2"): "weights sum to 1 either way",
    (
        "skfnn/tabular/_mixing.py",
        "jac=lambda w: 2 * scaled @ w,",
        "2 -> 4",
    ): "of the right direction: the same weights are found",
    (
        "skfnn/tabular/_mixing.py",
        "weight = weight / weight.sum()",
        "weight / weight.sum() -> weight * weight.sum()",
    ): "a factor of all weights cancels",
    (
        "skfnn/tabular/_origin.py",
        "fitted.plain(), predictors=[OutOfFold(fitted, fold[rows])], weights=[1.0],",
        "1.0 -> 2.0",
    ): "of one alone",
    (
        "skfnn/tabular/_origin.py",
        "fold = np.full(origin.n_rows, -1)",
        "1 -> 2",
    ): "any number below 0",
    (
        "skfnn/tabular/_others.py",
        'return -self.fitted.evaluation(([raw], [1.0]), y, weight)["loss"]',
        "1.0 -> 2.0",
    ): "of one alone",
    (
        "skfnn/tabular/_others.py",
        "return int(sequence.generate_state(1)[0] >> 1)",
        "1 -> 2",
    ): "the first of two is the same",
    (
        "skfnn/tabular/_preparation.py",
        "n_val = 0 if self.validation is None else len(self.validation[0])",
        "0 -> 1",
    ): "there are as many targets as rows",
    (
        "skfnn/tabular/_preparation.py",
        "wished, share = None, 1.0",
        "1.0 -> 2.0",
    ): "it is set anew before it is read",
    (
        "skfnn/tabular/_recipes.py",
        "factor = 4000 / n_rows if n_rows < 4000 else (4000 / n_rows) ** 0.5",
        "n_rows < 4000 -> n_rows <= 4000",
    ): "both are 1 there",
    (
        "skfnn/tabular/_search.py",
        "free = {name: values for name, values in space(kind, 10**9).items() if name in task.free}",
        "10 -> 20",
    ): "no layer has so many units",
    (
        "skfnn/tabular/_search.py",
        "free = {name: values for name, values in space(kind, 10**9).items() if name in task.free}",
        "9 -> 18",
    ): "no layer has so many units",
    (
        "skfnn/tabular/_sources.py",
        "for batch in opened.iter_batches(BLOCK_ROWS, row_groups=[group], use_threads=False):",
        "False -> True",
    ): "for speed alone",
    (
        "skfnn/tabular/_sources.py",
        'options = {"batch_size": BLOCK_ROWS, "batch_readahead": 1, "fragment_readahead": 1}',
        "1 -> 2",
    ): "for memory alone",
    (
        "skfnn/tabular/_sources.py",
        "return parquet.ParquetFile(self.files[file], filesystem=self.system, pre_buffer=False)",
        "False -> True",
    ): "for memory alone",
    (
        "skfnn/tabular/_sources.py",
        "scaled, by = check_weights(np.append(weight, 1.0), np.zeros(n + 1))",
        "1.0 -> 2.0",
    ): "any positive weight will do, which is taken away again",
    (
        "skfnn/tabular/_sources.py",
        "with ThreadPoolExecutor(1) as pool:",
        "1 -> 2",
    ): "one is asked for at a time",
    (
        "skfnn/tabular/_survey.py",
        "enough = counts.all() and (counts < len(counting)).all()",
        "(counts < len(counting)).all -> (counts < len(counting)).any",
    ): "where one of several folds has all rows, another has none",
    (
        "skfnn/tabular/_survey.py",
        "groups = pd.util.hash_array(pd.Series(block.groups).to_numpy(), categorize=False)",
        "False -> True",
    ): "for speed alone: equal groups have equal numbers either way",
    (
        "skfnn/tabular/_survey.py",
        "return self._drawn(_SAMPLE, block) < np.uint64(int(share * 2.0**64))",
        "self._drawn(_SAMPLE, block) < np.uint64(int(share * 2.0 ** 64)) -> "
        "self._drawn(_SAMPLE, block) <= np.uint64(int(share * 2.0 ** 64))",
    ): "one of 2**64 numbers decides otherwise",
    (
        "skfnn/tabular/_trainer.py",
        "scored = [member.out_of_fold], [1.0]",
        "1.0 -> 2.0",
    ): "of one alone",
    (
        "skfnn/tabular/_weighing.py",
        "mean = self.plain.mean([raw], [1.0])",
        "1.0 -> 2.0",
    ): "of one alone",
    (
        "skfnn/tabular/_weighing.py",
        "return bool(known[1, 1] <= known[0, 0] or held.share_of(np.array([0.0, 1.0])).is_worth)",
        "0.0 -> 1",
    ): "the first weight is not looked at",
    (
        "skfnn/tabular/_weighing.py",
        "return bool(known[1, 1] <= known[0, 0] or held.share_of(np.array([0.0, 1.0])).is_worth)",
        "1.0 -> 2.0",
    ): "weights of the others are divided by their sum",
    (
        "skfnn/tabular/_weighing.py",
        "scored = [raws[i] for i in taken], [1.0] * len(taken)",
        "1.0 -> 2.0",
    ): "weights that are all alike",
    (
        "skfnn/tabular/_weighing.py",
        "y, weight = together(held_out[0])",
        "0 -> 1",
    ): "all have been judged by the same rows",
    (
        "skfnn/tabular/_widths.py",
        "inputs = np.hstack([A[:, :start], *told, A[:, stop:], mean]).astype(np.float64, "
        "copy=False)",
        "False -> True",
    ): "for memory alone",
}
