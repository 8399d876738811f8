"""Modules that save and load their own part of the state otherwise, as old formats need."""

from copy import deepcopy

import pytest

from .both import both, both_raise


def renaming(lib, calls):
    """A Linear that saves its weight under another name, with a scale, and without its bias."""

    class Renaming(lib.nn.Linear):
        _version = 3

        def _save_to_state_dict(self, destination, prefix, keep_vars):
            super()._save_to_state_dict(destination, prefix, keep_vars)
            destination[f"{prefix}w"] = destination.pop(f"{prefix}weight")
            destination[f"{prefix}scale"] = lib.tensor(2.0)
            del destination[f"{prefix}bias"]

        def _load_from_state_dict(
            self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, errors
        ):
            calls.append((sorted(state_dict), prefix, dict(local_metadata), strict))
            scale = state_dict.pop(f"{prefix}scale", None)
            if scale is None:
                errors.append("where is the scale?")
            state_dict[f"{prefix}weight"] = state_dict.pop(f"{prefix}w") * scale
            super()._load_from_state_dict(
                state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, errors
            )
            if f"{prefix}bias" in missing_keys:
                missing_keys.remove(f"{prefix}bias")

    lib.manual_seed(0)
    return lib.nn.Sequential(lib.nn.Linear(2, 2), Renaming(2, 2))


def test_overrides_are_honoured():
    def run(lib):
        calls = []
        model = renaming(lib, calls)
        model[1].register_load_state_dict_pre_hook(lambda *args: calls.append("hook"))
        state = model.state_dict()
        saved = list(state), deepcopy(vars(state)["_metadata"]), state["1.w"].tolist()
        for assign in (False, True):
            keys = model.load_state_dict(state, assign=assign)
        return saved, calls, tuple(keys), model[1].weight.tolist(), list(state)

    _, calls, keys, _, left = both(run)
    assert [call for call in calls if call == "hook"] == ["hook", "hook"]
    assert keys == ([], []) and "1.w" in left  # what the override changed was a copy


def test_what_an_override_complains_of_is_told():
    def run(lib):
        model = renaming(lib, [])
        state = model.state_dict()
        state["1.w"], state["1.other"] = lib.ones(3), lib.ones(1)
        model.load_state_dict(state)

    assert "size mismatch" in both_raise(run, text=True)


def test_an_override_that_does_nothing():
    def run(lib):
        class Silent(lib.nn.Linear):
            def _save_to_state_dict(self, destination, prefix, keep_vars):
                pass

            def _load_from_state_dict(self, state_dict, *rest):
                pass

        model = lib.nn.Sequential(Silent(2, 2), lib.nn.Linear(1, 1))
        state = model.state_dict()
        before = model[0].weight.tolist()
        keys = model.load_state_dict({**state, "0.what": lib.ones(1)})
        return list(state), tuple(keys), before == model[0].weight.tolist()

    assert both(run) == (["1.weight", "1.bias"], ([], []), True)


def test_without_strict_an_override_may_pass_nothing_on():
    def run(lib):
        class Lenient(lib.nn.Linear):
            def get_extra_state(self):
                return 1

            def set_extra_state(self, state):
                pass

            def _load_from_state_dict(self, state_dict, prefix, metadata, strict, *lists):
                super()._load_from_state_dict(state_dict, prefix, metadata, False, *lists)

        return tuple(Lenient(2, 2).load_state_dict({"weight": lib.ones(2, 2), "what": 1}))

    assert both(run) == ([], [])


@pytest.mark.parametrize("name", ["BatchNorm1d", "BatchNorm2d"])
def test_a_state_from_before_batches_were_counted(name):
    def run(lib):
        module = getattr(lib.nn, name)(2)
        module.num_batches_tracked.fill_(5)
        state = module.state_dict()
        del state["num_batches_tracked"]
        with_version = tuple(module.load_state_dict(state, strict=False))
        keys = tuple(module.load_state_dict(dict(state)))
        frozen = getattr(lib.nn, name)(2, track_running_stats=False)
        return with_version, keys, int(module.num_batches_tracked), len(frozen.state_dict())

    assert both(run) == ((["num_batches_tracked"], []), ([], []), 5, 2)
