"""A module called with other parameters than its own, and the parameters of several as one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from ..nn.module import Module
from ..ops.join import stack
from ..tensor import Tensor

NOTHING: Any = object()  # in the place of an attribute that is not there


def functional_call(
    module: Module,
    parameter_and_buffer_dicts: dict[str, Tensor] | Sequence[dict[str, Tensor]],
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Call `module` with other tensors in the places of its parameters and buffers.

    They need not be parameters: gradients reach what they were computed from.

    Parameters
    ----------
    module : Module
    parameter_and_buffer_dicts : dict of str to Tensor, or several
        The tensors by their paths. What is not given is the module's own. What the module assigns
        in place of a given one is in this dict afterwards.
    args : tuple or object, optional
        The arguments of the call, or the only one.
    kwargs : dict, optional
        Those by name.
    tie_weights : bool
        Whether what the module has under several paths is replaced in all of them.
    strict : bool
        Whether the paths must be those of all the module's parameters and buffers.

    Raises
    ------
    ValueError
        If a path is in two dicts, or what is tied is given twice, and otherwise.
    RuntimeError
        With `strict`, if paths do not match.
    TypeError
        If something else than a tensor is given.
    AttributeError
        If a path leads nowhere.
    """
    given = _merged(parameter_and_buffer_dicts)
    tensors = _tied(module, given) if tie_weights else given
    if strict:
        _check_paths(module, tensors)
    arguments = () if args is None else args if isinstance(args, tuple) else (args,)
    with _replaced(module, tensors) as left:
        result = module(*arguments, **(kwargs or {}))
    given.update((path, left[path]) for path in given if left[path] is not NOTHING)
    return result


def _merged(dicts: Any) -> dict[str, Tensor]:
    """All the tensors; of one dict, it itself."""
    if isinstance(dicts, dict):
        return dicts
    if not isinstance(dicts, Sequence):
        raise ValueError(
            "Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts, but got "
            f"{type(dicts)}"
        )
    if not all(isinstance(one, dict) for one in dicts):
        raise ValueError("Expected all elements of parameter_and_buffer_dicts to be dictionaries")
    paths = [path for one in dicts for path in one]
    repeated = [path for path in dict.fromkeys(paths) if paths.count(path) > 1]
    if repeated:
        raise ValueError(
            f"{repeated} appeared in multiple dictionaries; behavior of functional call is "
            "ambiguous"
        )
    return {path: tensor for one in dicts for path, tensor in one.items()}


def _own(module: Module) -> dict[str, Tensor]:
    """The module's parameters and buffers, by each of their paths."""
    return {
        **dict(module.named_parameters(remove_duplicate=False)),
        **dict(module.named_buffers(remove_duplicate=False)),
    }


def _tied(module: Module, given: dict[str, Tensor]) -> dict[str, Tensor]:
    """What is given, for each path of what it is given for."""
    paths: dict[Tensor, list[str]] = {}
    for path, tensor in _own(module).items():
        paths.setdefault(tensor, []).append(path)
    tensors = dict(given)
    for tied in paths.values():
        values = {id(given[path]): given[path] for path in tied if path in given}
        if len(values) > 1:
            raise ValueError(
                f"functional_call got multiple values for keys {sorted(tied)}, which are tied. "
                "Consider using tie_weights=False"
            )
        tensors.update((path, value) for value in values.values() for path in tied)
    return tensors


def _check_paths(module: Module, tensors: Mapping[str, Tensor]) -> None:
    own = _own(module)
    problems = [
        f"{what} key(s): {', '.join(map(repr, sorted(paths)))}."
        for what, paths in (("Unexpected", tensors.keys() - own), ("Missing", own.keys() - tensors))
        if paths
    ]
    if problems:
        lines = "\n\t".join(problems)
        raise RuntimeError(f"Error(s) in reparametrizing for {module._get_name()}:\n\t{lines}")


@contextmanager
def _replaced(module: Module, tensors: Mapping[str, Tensor]) -> Iterator[dict[str, Any]]:
    """Inside, the module has these tensors; it yields a dict that gets what it has at the end."""
    own: dict[str, Any] = {}
    left: dict[str, Any] = {}
    try:
        for path, tensor in tensors.items():
            own[path] = _swapped(module, path, tensor)
        yield left
    finally:
        for path in reversed(own):  # a shared module has several paths: the first swap ends last
            left[path] = _swapped(module, path, own[path])


def _swapped(module: Module, path: str, tensor: Any) -> Any:
    """Put a tensor, or nothing, at a path, and return what was there.

    It goes by what notes the kinds of members, to which any tensor can be a parameter.
    """
    if not (tensor is None or tensor is NOTHING or isinstance(tensor, Tensor)):
        raise TypeError(f"{tensor} is not an instance of torch.Tensor")
    above, _, name = path.rpartition(".")
    if not name:
        raise KeyError('tensor name can\'t be empty string ""')
    owner = module.get_submodule(above)
    if isinstance(getattr(type(owner), name, None), property):
        raise NotImplementedError(
            f"functional_call: {path!r} is computed; give what it is computed from, as in "
            f"'parametrizations.{name}.original'"
        )
    there = vars(owner).get(name, NOTHING)
    if not (there is None or there is NOTHING or isinstance(there, Tensor)):
        raise TypeError(f"attribute `{name}`: {there} is not an instance of torch.Tensor")
    if tensor is not NOTHING:
        vars(owner)[name] = tensor
    elif there is not NOTHING:
        del vars(owner)[name]
    return there


def stack_module_state(models: Any) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The parameters of models of one kind, stacked, so that `vmap` can run them all; their
    buffers, too.

    Parameters
    ----------
    models : list of Module
        Of one class, all of them in training mode or none.

    Returns
    -------
    params, buffers : dict of str to Tensor
        With a first dim for the models. What all models require a gradient for is a leaf that
        requires one, too.

    Raises
    ------
    RuntimeError
        If there are none, or if they are not alike.
    """
    models = list(models)
    if not models:
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")
    if len({model.training for model in models}) > 1:
        raise RuntimeError(
            "stack_module_state: Expected all models to have the same training/eval mode."
        )
    if len({type(model) for model in models}) > 1:
        raise RuntimeError("stack_module_state: Expected all models to be of the same class.")
    params = [dict(model.named_parameters()) for model in models]
    buffers = [dict(model.named_buffers()) for model in models]
    return (
        {name: _stacked([each[name] for each in params]) for name in params[0]},
        {name: _stacked([each[name] for each in buffers]) for name in buffers[0]},
    )


def _stacked(tensors: list[Tensor]) -> Tensor:
    if len({tensor.requires_grad for tensor in tensors}) > 1:
        raise RuntimeError("Expected tensors from each model to have the same .requires_grad")
    return stack([tensor.detach() for tensor in tensors]).requires_grad_(tensors[0].requires_grad)
