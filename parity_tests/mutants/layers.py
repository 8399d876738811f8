"""The layers of the suite: what kinds of tests there are, and which files belong to which."""

from __future__ import annotations

from pathlib import Path

TESTS = Path(__file__).parents[1]

#: The tests of the catalogue itself, which fail in each copy that has a mistake in it.
OWN = "mutants"

#: By layer, test files without ``test_`` and ``.py``; each file is in one.
LISTED = {
    "drawn rows": (
        "factorizations functions_more half_reductions linear_algebra many_elements ops promotion "
        "ranges row_by_row scatter_shapes zero_factors"
    ),
    "opinfo": "opinfo",
    "edges": "edges",
    "random programs": "random_programs",
    "state machine": "engine_states",
    "numerical truth": "numerical_samples numerical_truth",
    "aliasing": (
        "changed_after changed_graphs functions_in_place growth memory mutation mutation_kinds "
        "overlap saved_tensors"
    ),
    "errors": (
        "attributes calls calls_of_tools devices elementwise_calls errors examples "
        "gpu_differences import judge later layer_errors literals messages missing moving_calls "
        "mutator numpy_functions numpy_integers older_forms out paths printed_objects "
        "printed_tensors printing refusals replay scoreboard seeds settings signatures "
        "small_names spellings testing versions warnings wrong_calls"
    ),
    "nn and optim": (
        "activations attention benchmark_utils buckets class_losses containers conv ctc "
        "dense_losses distribution_families distribution_tools distributions distributions_more "
        "dropout embedding embedding_bag func func_transforms functional_more layer_texts lazy "
        "lbfgs loss_interface losses lr_scheduler lr_scheduler_interface module module_hooks "
        "module_hooks_more module_members named_containers native nn nn_utils normalization optim "
        "optim_adaptive optim_hooks optim_interface optim_whole packing padding_layers "
        "parametrize profiler prune pytree recurrent resample signal_windows special_functions "
        "swa transformer weight_utils"
    ),
    "training": (
        "app_absent app_bridge app_check app_classes app_cli app_cnn app_cnn_plot app_compare "
        "app_compare_command app_compare_rounding app_coverage app_data app_identity app_idx "
        "app_output app_path app_plots app_resume app_run app_tables app_train benchmarks "
        "benchmarks_gpu benchmarks_kept benchmarks_record benchmarks_timing mirror mirror_courses "
        "mirror_layers mirror_optim models relay scripts sequence_training torch_ref_devices "
        "torch_ref_parallel"
    ),
    "state": (
        "checkpoint checkpoint_numpy checkpoint_pickles checkpoint_refused checkpoint_whole data "
        "data_kinds data_workers hub module_state module_state_overrides random_in_place "
        "random_module random_stream random_table serialization"
    ),
    "programs": (
        "anomaly autograd autograd_functional checkpointing debugger engine functions graph_names "
        "graphs hooks leaves threads"
    ),
    "views": (
        "app_step app_step_beside app_step_beside_apart "
        "summary tracing tracing_breaks tracing_explain tracing_files tracing_formulas "
        "tracing_graph tracing_hooks tracing_mistakes tracing_names tracing_notebook "
        "tracing_optimizers tracing_page tracing_page_parts tracing_prompt tracing_readable "
        "tracing_replay tracing_stepper tracing_terminal tracing_terms tracing_ways tracing_why"
    ),
}

_LAYER_OF = {name: layer for layer, names in LISTED.items() for name in names.split()}


def layer_of(test: str) -> str:
    """The layer of a test, or of a test file, by its id or by its name: ``test_NAME.py``, NAME."""
    name = Path(test.partition("::")[0]).stem.removeprefix("test_")
    return _LAYER_OF.get(name, "programs")
