"""What ``mutate.py`` goes by: core tests, files that are excused, known bugs."""

# Tests of several folders: what they mean may be noticed by any of these, the short ones first.
_NETWORKS = (
    "meaning engine_meaning estimators defects solvers oracles ensemble autoencoder offset "
    "uncertainty interchange conversions persistence inside all_or_nothing bad_input depth parts "
    "levenberg_marquardt silent_failures sets soft_targets fitted_state function_loss "
    "small_meanings"
)
_TABLES = (
    "tabular tabular_law tabular_contract tabular_sharpening tabular_folds tabular_follow "
    "tabular_offset tabular_categories tabular_widths tabular_streams tabular_search "
    "tabular_cells tabular_blend tabular_small tabular_kinds tabular_columns soft_targets "
    "persistence engine_meaning uncertainty importance onnx_tabular small_meanings "
    "found_by_random_calls"
)
# The core tests of each file: those of all patterns that fit.
TESTS = {
    "skfnn/_engine/*": _NETWORKS,
    "skfnn/_estimators/*": f"{_NETWORKS} keras_vocabulary first_hour parameters routing",
    "skfnn/layers/*": _NETWORKS,
    "skfnn/losses/*": _NETWORKS,
    "skfnn/solvers/*": _NETWORKS,
    "skfnn/tabular/*": _TABLES,
    "skfnn/preprocessing/*":
        "tabular_encoder tabular_columns tabular_arrivals tabular_kinds tabular_dates "
        "tabular_writing dirty_cells ugly_input tabular_streams onnx_tabular persistence "
        "level_counts",
    "skfnn/metrics/*":
        "tabular_contract estimators routing soft_targets meaning uncertainty small_meanings",
    "skfnn/export/*": "onnx onnx_tabular conversions persistence training_program offset",
    "skfnn/inspection/*": "inspection network_drawing importance attributions small_meanings",
    "skfnn/losses/_*": "losses gradient edges",
    "skfnn/losses/_function.py": "function_loss",
    "skfnn/_engine/objective/link.py": "meaning losses gradient oracles prediction estimators",
    "skfnn/activations/*": "edges gradient components initializers_schedules_metrics estimators",
    "skfnn/layers/_*": "gradient components tabular_layers",
    "skfnn/optimizers/*": "optimizers meaning solvers oracles",
    "skfnn/schedules.py": "initializers_schedules_metrics solvers meaning",
    "skfnn/_engine/program/schedule.py":
        "initializers_schedules_metrics solvers meaning tabular_layers",
    "skfnn/metrics/_metrics.py": "initializers_schedules_metrics tabular uncertainty",
    "skfnn/_engine/objective/objective.py": "meaning gradient oracles defects solvers ensemble",
    "skfnn/solvers/_*": "optimizers ready_callbacks",
    "skfnn/solvers/_levenberg_marquardt.py": "levenberg_marquardt",
    "skfnn/_engine/program/calls.py": "parts calls gradient",
    "skfnn/_engine/program/cell.py": "parts tabular_layers gradient",
    "skfnn/_estimators/folding.py": "conversions interchange",
    "skfnn/export/_onnx.py": "onnx conversions",
    "skfnn/parts/*": "parts",
    "skfnn/_engine/objective/targets.py":
        "meaning estimators keras_vocabulary inside bad_input defects",
    "skfnn/_engine/objective/data.py": "meaning oracles estimators defects gradient",
    "skfnn/_engine/objective/weights.py": "all_or_nothing tabular_contract",
    "skfnn/_engine/following/history.py": "all_or_nothing estimators",
    "skfnn/_engine/following/monitor.py": "estimators defects meaning callbacks",
    "skfnn/_engine/objective/calibration.py": "tabular initializers_schedules_metrics",
    "skfnn/tabular/_s[otu][ur]*": "tabular_streams",
    "skfnn/tabular/_ongoing.py": "tabular_streams",
    "skfnn/tabular/_reading.py": "tabular_streams",
    "skfnn/dask/*": "dask",
    "skfnn/tabular/_cell_search.py": "cell_meaning tabular_cells",
    "skfnn/tabular/_cell_trials.py": "tabular_cells",
    "skfnn/tabular/_given_cells.py": "tabular_cells",
    "skfnn/tabular/_pairs.py": "tabular_cells",
    "skfnn/tabular/_cells.py": "cell_meaning tabular_cells onnx_tabular",
    "skfnn/tabular/_categories.py": "tabular_categories tabular_law",
    "skfnn/tabular/_blend.py": "tabular_blend",
    "skfnn/tabular/_others.py": "tabular_blend",
    "skfnn/tabular/_forest.py": "tabular_blend",
    "skfnn/tabular/_mixing.py": "tabular_blend tabular_small",
    "skfnn/tabular/_search.py": "tabular_search",
    "skfnn/tabular/_widths.py": "tabular_widths tabular_law",
    "skfnn/tabular/_folds.py": "tabular_folds tabular_categories tabular",
    "skfnn/tabular/_directions.py": "monotone_tables",
    "skfnn/tabular/_label_weights.py": "tabular_follow",
    "skfnn/tabular/_compatibility.py": "tabular_state",
    "skfnn/tabular/_weighing.py": "tabular_law tabular_blend tabular tabular_small",
    "skfnn/tabular/_portions.py": "many_rows",
    "skfnn/tabular/_ensemble.py": "tabular_law tabular_sharpening tabular",
    "skfnn/tabular/_fitted.py": "tabular_law tabular_sharpening tabular",
    "skfnn/tabular/_fitted_classes.py": "tabular_law tabular_sharpening tabular soft_targets",
    "skfnn/tabular/_class_scaling.py": "tabular_scaling",
    "skfnn/tabular/_small_networks.py": "tabular_small",
    "skfnn/tabular/_rows_in_files.py": "tabular_streams found_by_random_calls",
    "skfnn/tabular/_fitted_numbers.py": "tabular_law tabular_sharpening tabular",
    "skfnn/tabular/_honest.py": "meaning tabular_law tabular tabular_contract",
    "skfnn/tabular/_judging.py": "meaning tabular_law tabular tabular_contract",
    "skfnn/tabular/_mean_networks.py": "tabular_small",
    "skfnn/tabular/_cycles.py": "meaning tabular_law tabular tabular_contract many_rows",
    "skfnn/tabular/_members.py": "meaning tabular_law tabular tabular_contract",
    "skfnn/tabular/_trainer.py": "meaning tabular_law tabular tabular_contract",
    "skfnn/tabular/_trials.py": "meaning tabular_law tabular tabular_contract",
    "skfnn/tabular/_candidates.py": "tabular tabular_contract",
    "skfnn/tabular/_clock.py": "tabular_clock tabular",
    "skfnn/tabular/_base.py": "tabular tabular_contract tabular_follow tabular_folds",
    "skfnn/tabular/_parameters.py": "tabular tabular_contract tabular_follow",
    "skfnn/tabular/_predictors.py": "tabular tabular_contract tabular_follow",
    "skfnn/tabular/_preparation.py": "tabular tabular_contract tabular_follow",
    "skfnn/tabular/_recipes.py": "tabular tabular_contract tabular_follow",
    "skfnn/tabular/_classifier.py": "tabular tabular_contract tabular_follow soft_targets",
    "skfnn/tabular/_regressor.py": "tabular tabular_contract tabular_offset",
    "skfnn/tabular/_followed.py": "tabular_follow tabular_contract",
    "skfnn/preprocessing/_[fs]*": "shaped_input",
    "skfnn/preprocessing/_[dpw]*": "tabular_dates tabular_writing tabular_kinds dirty_cells",
    "skfnn/preprocessing/_[clt]*": "tabular_kinds",
    "skfnn/preprocessing/_[vf]*": "dirty_cells tabular_kinds",
    "skfnn/preprocessing/_level_counts.py": "tabular_streams",
    "skfnn/constraints.py": "constraints monotone",
    "skfnn/initializers.py": "initializers_schedules_metrics components",
    "skfnn/model_selection.py": "search routing soft_targets",
    "skfnn/metrics/_loss_and_error.py": "initializers_schedules_metrics tabular",
    "skfnn/metrics/_resolve.py": "initializers_schedules_metrics first_hour engine_meaning",
    "skfnn/metrics/_[st]*": "scorers routing uncertainty",
    "skfnn/callbacks/*": "ready_callbacks",
    "skfnn/_engine/network/gradient.py": "attributions",
    "skfnn/tabular/_origin.py": "importance",
    "skfnn/export/_columns.py": "onnx_tabular",
    "skfnn/export/_convert.py": "onnx conversions",
    "skfnn/export/_memory.py": "training_program",
    "skfnn/export/_persistence.py": "persistence saved_models",
    "skfnn/export/_program.py": "training_program",
    "skfnn/export/_t*": "onnx_tabular",
    "skfnn/_sklearn.py":
        "small_meanings tabular_blend tabular_search persistence estimators callbacks routing "
        "old_scikit_learn",
    "skfnn/_engine/curvature/*": "levenberg_marquardt uncertainty meaning",
    "skfnn/_engine/following/callback_tasks.py": "callbacks",
    "skfnn/_engine/following/divergence.py": "defects all_or_nothing gradient",
    "skfnn/_engine/following/estimator.py": "callbacks persistence",
    "skfnn/_engine/following/interrupts.py": "defects fit_or_nothing all_or_nothing",
    "skfnn/_engine/network/*": "engine_meaning gradient prediction persistence autoencoder",
    "skfnn/_engine/objective/conformal.py": "conformal_distribution sets uncertainty",
    "skfnn/_engine/objective/distribution.py": "uncertainty losses",
    "skfnn/_engine/objective/evaluation.py": "estimators keras_vocabulary mixed_precision",
    "skfnn/_engine/objective/loss.py": "losses meaning gradient components",
    "skfnn/_engine/objective/metric.py": "initializers_schedules_metrics components",
    "skfnn/_engine/objective/sets.py": "sets",
    "skfnn/_engine/program/chain.py": "gradient parts depth",
    "skfnn/_engine/program/constraint.py": "constraints",
    "skfnn/_engine/program/layer.py": "parts components depth gradient",
    "skfnn/_engine/program/listing.py": "inside",
    "skfnn/_engine/program/memory.py": "memory gradient parts",
    "skfnn/_engine/program/once.py": "once",
    "skfnn/_engine/program/sparse.py": "gradient memory inside",
    "skfnn/_engine/program/threads.py": "threads optimizers",
    "skfnn/_engine/program/workspace.py": "parts gradient",
    "skfnn/_engine/support/atomic.py": "all_or_nothing fit_or_nothing",
    "skfnn/_engine/support/component.py": "components",
    "skfnn/_engine/support/documentation.py": "html_view",
    "skfnn/_engine/support/keys.py": "found_by_random_calls",
    "skfnn/_engine/support/publish.py": "persistence components",
    "skfnn/_engine/support/retire.py": "renamed",
    "skfnn/_engine/support/version.py": "saved_models persistence",
    "skfnn/_engine/support/warn.py": "renamed callbacks first_hour",
    "skfnn/_estimators/advice.py": "silent_failures first_hour ugly_input",
    "skfnn/_estimators/autoencoder.py": "autoencoder",
    "skfnn/_estimators/base.py": "estimators meaning all_or_nothing callbacks offset",
    "skfnn/_estimators/build.py": "parameters estimators depth",
    "skfnn/_estimators/[cr]*r.py": "estimators meaning soft_targets offset",
    "skfnn/_estimators/compatibility.py": "saved_models",
    "skfnn/_estimators/fitted.py": "fitted_state uncertainty sets",
    "skfnn/_estimators/groups.py": "sets",
    "skfnn/_estimators/importance.py": "importance",
    "skfnn/_estimators/interchange.py": "interchange",
    "skfnn/_estimators/introspection.py": "inside",
    "skfnn/_estimators/monotone.py": "monotone",
    "skfnn/_estimators/offsets.py": "offset",
    "skfnn/_estimators/parameters.py": "parameters",
    "skfnn/_estimators/prediction.py": "prediction estimators offset",
    "skfnn/_estimators/preparation.py": "fit_cost estimators meaning",
    "skfnn/_estimators/pretraining.py": "pretraining",
    "skfnn/_estimators/sets.py": "sets",
    "skfnn/_estimators/shaped_input.py": "shaped_input",
    "skfnn/_estimators/step.py": "inside",
    "skfnn/_estimators/training.py": "fitted_state callbacks",
    "skfnn/_estimators/uncertainty.py": "uncertainty conformal_distribution",
}  # fmt: skip
# What each statement means: the tests of a group of files, by the files that they are for.
STATEMENTS = {
    ("skfnn/_engine/*", "skfnn/losses/*"): (
        "losses losses_of_distributions distributions sets_and_temperatures targets objectives "
        "curvature programs chains networks following support"
    ),
    ("skfnn/inspection/*", "skfnn/metrics/*", "skfnn/_estimators/*", "skfnn/solvers/*",
     "skfnn/_sklearn.py", "skfnn/model_selection.py", "skfnn/_engine/following/*"): (
        "drawings drawings_with_bars attributions metrics searches estimators fitted_estimators "
        "solvers descent kinds_of_estimators fitting"
    ),
    ("skfnn/layers/*", "skfnn/activations/*", "skfnn/parts/*", "skfnn/optimizers/*",
     "skfnn/constraints.py", "skfnn/initializers.py", "skfnn/schedules.py"): (
        "layers layers_of_noise layers_of_layers layers_of_numbers components checks_of_parts"
    ),
    ("skfnn/export/*", "skfnn/preprocessing/*", "skfnn/dask/*", "skfnn/callbacks/*",
     "skfnn/_engine/program/*"): (
        "onnx_calls onnx_columns onnx_memory onnx_steps callbacks onnx_tables dask "
        "text_and_levels parsing columns said_columns"
    ),
    ("skfnn/tabular/*",): (
        "table_estimators cells categories cycles fitted_classes fitted_numbers ensembles tables "
        "courses fitted_tables surveys sources streams streamed_fits configurations weighing "
        "recipes small_tables training others rows_known regressors"
    ),
}  # fmt: skip
# Where no bug is planted, and why.
EXCUSED = {
    "*/__init__.py": "lists names; what is missing there fails every import",
    "skfnn/_estimators/docstrings.py": "writes docstrings; nothing computes by it",
}
# Names in drawings that say how they look, and nothing of what is drawn.
TASTE = frozenset({
    "alpha", "aspect", "borderaxespad", "figsize", "fontsize", "linespacing", "linewidth",
    "linewidths", "markersize", "mutation_scale", "pad", "rounding_size", "shrink", "zorder",
})  # fmt: skip
# (file, what stands there, what is planted): each was once noticed by no test.
PLANTED = [
    ("skfnn/solvers/_minibatch.py", "yield from objective.penalty_calls(theta[:n], grad[:n], "
     "tmp[:n], size)\n        norm", "pass\n        norm"),
    ("skfnn/layers/_skip.py", "decay=True", "decay=False"),
    ("skfnn/layers/_piecewise_linear_embedding.py", "cell.high[i, kept - 1]", "cell.high[i, -1]"),
    ("skfnn/layers/_periodic_embedding.py", "scale=2 * math.pi", "scale=1.0"),
    ("skfnn/tabular/_ensemble.py", "round(np.mean(fitted.best", "round(np.max(fitted.best"),
    ("skfnn/tabular/_trials.py", "member.raw).max()", "member.raw).min()"),
    ("skfnn/losses/_classification.py", " + (e - (u - 1)) / u", ""),
    ("skfnn/losses/_classification.py", "np.clip(mean, 1e-6, 1 - 1e-6)",
     "np.clip(mean, 1e-2, 1 - 1e-2)"),
    ("skfnn/_engine/objective/objective.py", "values.sum(dtype=np.float64)", "values.sum()"),
    ("skfnn/losses/_regression.py", "share >= q * (1 - 1e-6)", "share > q * (1 + 1e-6)"),
    ("skfnn/losses/_regression.py", "Call(np.greater_equal, raw, y", "Call(np.greater, raw, y"),
    ("skfnn/solvers/_minibatch.py", "rate <= 1e-6", "rate <= 1e-5"),
    ("skfnn/_estimators/preparation.py", "return np.sort(train), ",
     "return np.arange(len(train)), "),
    ("skfnn/layers/_noise.py", "min(rate * 2**16", "min((1 - rate) * 2**16"),
    ("skfnn/_engine/objective/targets.py",
     "return no + spread, yes - smoothing * (yes - no) + spread",
     "return no + spread, yes - spread"),
    ("skfnn/solvers/_minibatch.py", "TINY = 1e-30", "TINY = 1e-3"),
]  # fmt: skip
