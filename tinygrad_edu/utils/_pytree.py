"""Lists, tuples and dicts within one another, as trees: their leaves, and what is left of the rest.

PyTorch's module is private by its name, and yet many programs use it.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

__all__ = [
    "LeafSpec",
    "PyTree",
    "TreeSpec",
    "tree_all",
    "tree_all_only",
    "tree_any",
    "tree_any_only",
    "tree_flatten",
    "tree_is_leaf",
    "tree_iter",
    "tree_leaves",
    "tree_map",
    "tree_map_",
    "tree_map_only",
    "tree_structure",
    "tree_unflatten",
]

PyTree: TypeAlias = Any
Predicate: TypeAlias = Callable[[Any], bool]


class TreeSpec:
    """A tree without its leaves.

    Attributes
    ----------
    type : type or None
        Of the branching; None for a leaf.
    context : object
        What else it takes to put it together: the keys of a dict, say.
    children : list of TreeSpec
    """

    def __init__(self, type: Any, context: Any, children: list[TreeSpec]) -> None:
        self.type, self.context, self.children = type, context, children
        self.num_children = len(children)
        self.num_leaves: int = sum(child.num_leaves for child in children) if type else 1

    def is_leaf(self) -> bool:
        """Whether it stands for a leaf."""
        return self.type is None

    def unflatten(self, leaves: Iterable[Any]) -> PyTree:
        """The tree with these leaves; see `tree_unflatten`."""
        return tree_unflatten(leaves, self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TreeSpec) and (
            (self.type, self.context, self.children) == (other.type, other.context, other.children)
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self, indent: int = 0) -> str:
        if self.is_leaf():
            return "*"
        inner = f",\n{' ' * (indent + 2)}".join(c.__repr__(indent + 2) for c in self.children)
        name = "namedtuple" if is_namedtuple_class(self.type) else self.type.__name__
        return f"TreeSpec({name}, {self.context!r}, [{inner}])"


class LeafSpec(TreeSpec):
    """What stands for a leaf."""

    def __init__(self) -> None:
        super().__init__(None, None, [])


def is_namedtuple_class(cls: type) -> bool:
    """Whether it is a class of tuples whose places have names."""
    return issubclass(cls, tuple) and hasattr(cls, "_fields")


def branches(tree: PyTree) -> tuple[Any, Any, list[Any]] | None:
    """How a tree branches: the type, the context and the branches; None for a leaf."""
    kind = type(tree)
    if kind in (list, tuple):
        return kind, None, list(tree)
    if kind in (dict, OrderedDict):
        return kind, list(tree), list(tree.values())
    if kind is defaultdict:
        return kind, [tree.default_factory, list(tree)], list(tree.values())
    if kind is deque:
        return kind, tree.maxlen, list(tree)
    if is_namedtuple_class(kind):
        return kind, kind, list(tree)
    return None


def put_together(spec: TreeSpec, parts: list[Any]) -> PyTree:
    """A branching of these parts."""
    kind: Any = spec.type
    if kind in (dict, OrderedDict):
        return kind(zip(spec.context, parts, strict=True))
    if kind is defaultdict:
        factory, keys = spec.context
        return defaultdict(factory, zip(keys, parts, strict=True))
    if kind is deque:
        return deque(parts, maxlen=spec.context)
    return kind(*parts) if is_namedtuple_class(kind) else kind(parts)


# Taking apart, and putting together ---------------------------------------------------------------


def tree_is_leaf(tree: PyTree, is_leaf: Predicate | None = None) -> bool:
    """Whether this does not branch, or `is_leaf` says that it shall not."""
    return (is_leaf is not None and is_leaf(tree)) or branches(tree) is None


def tree_flatten(tree: PyTree, is_leaf: Predicate | None = None) -> tuple[list[Any], TreeSpec]:
    """The leaves, in order, and the tree without them."""
    leaves: list[Any] = []

    def taken_off(tree: PyTree) -> TreeSpec:
        if tree_is_leaf(tree, is_leaf):
            leaves.append(tree)
            return LeafSpec()
        kind, context, parts = branches(tree)  # type: ignore[misc]  # it is no leaf
        return TreeSpec(kind, context, [taken_off(part) for part in parts])

    spec = taken_off(tree)
    return leaves, spec


def tree_unflatten(leaves: Iterable[Any], treespec: TreeSpec) -> PyTree:
    """The tree with other leaves.

    Raises
    ------
    TypeError
        If `treespec` is no TreeSpec.
    ValueError
        If there are not as many leaves as it has places for.
    """
    if not isinstance(treespec, TreeSpec):
        raise TypeError(
            "Expected `treespec` to be an instance of PyTreeSpec but got item of type "
            f"{type(treespec)}."
        )
    leaves = list(leaves)
    if len(leaves) != treespec.num_leaves:
        raise ValueError(
            f"treespec.unflatten(leaves): `leaves` has length {len(leaves)} but the spec refers to "
            f"a pytree that holds {treespec.num_leaves} items ({treespec})."
        )
    left = iter(leaves)

    def grown(spec: TreeSpec) -> PyTree:
        if spec.is_leaf():
            return next(left)
        return put_together(spec, [grown(child) for child in spec.children])

    return grown(treespec)


def tree_iter(tree: PyTree, is_leaf: Predicate | None = None) -> Iterator[Any]:
    """One leaf after the other."""
    yield from tree_flatten(tree, is_leaf)[0]


def tree_leaves(tree: PyTree, is_leaf: Predicate | None = None) -> list[Any]:
    """The leaves, in order."""
    return tree_flatten(tree, is_leaf)[0]


def tree_structure(tree: PyTree, is_leaf: Predicate | None = None) -> TreeSpec:
    """The tree without its leaves."""
    return tree_flatten(tree, is_leaf)[1]


# Functions of all leaves --------------------------------------------------------------------------


def tree_map(
    func: Callable[..., Any], tree: PyTree, *rests: PyTree, is_leaf: Predicate | None = None
) -> PyTree:
    """The tree of what `func` makes of each leaf, and of what has its place in the other trees.

    Raises
    ------
    ValueError
        If another tree does not branch as this.
    """
    leaves, spec = tree_flatten(tree, is_leaf)
    columns = [leaves, *(flatten_up_to(spec, rest) for rest in rests)]
    return tree_unflatten(map(func, *columns), spec)


def tree_map_(
    func: Callable[..., Any], tree: PyTree, *rests: PyTree, is_leaf: Predicate | None = None
) -> PyTree:
    """The tree itself, after `func` was called with each leaf."""
    tree_map(func, tree, *rests, is_leaf=is_leaf)
    return tree


def flatten_up_to(spec: TreeSpec, tree: PyTree) -> list[Any]:
    """What of a tree has the places of leaves in another, `spec`."""
    if spec.is_leaf():
        return [tree]
    found = branches(tree)
    if found is None or found[0] is not spec.type:
        raise ValueError(f"Node type mismatch; expected {spec.type!r}, but got {type(tree)!r}.")
    parts = found[2]
    if len(parts) != spec.num_children:
        raise ValueError(
            f"Node arity mismatch; expected {spec.num_children}, but got {len(parts)}."
        )
    return [x for c, p in zip(spec.children, parts, strict=True) for x in flatten_up_to(c, p)]


def of_type(kinds: Any) -> Predicate:
    """Whether a leaf is of a type, or of one of several; or what a function says of it."""
    if isinstance(kinds, type | tuple) or hasattr(kinds, "__args__"):
        return lambda leaf: isinstance(leaf, kinds)
    return kinds  # type: ignore[no-any-return]


def tree_map_only(
    type_or_types_or_pred: Any,
    func: Callable[[Any], Any],
    tree: PyTree,
    is_leaf: Predicate | None = None,
) -> PyTree:
    """The tree with `func` of each leaf of these types, and all others as they are."""
    wanted = of_type(type_or_types_or_pred)
    return tree_map(lambda leaf: func(leaf) if wanted(leaf) else leaf, tree, is_leaf=is_leaf)


def tree_all(pred: Predicate, tree: PyTree, is_leaf: Predicate | None = None) -> bool:
    """Whether `pred` is true of all leaves."""
    return all(map(pred, tree_iter(tree, is_leaf)))


def tree_any(pred: Predicate, tree: PyTree, is_leaf: Predicate | None = None) -> bool:
    """Whether `pred` is true of any leaf."""
    return any(map(pred, tree_iter(tree, is_leaf)))


def tree_all_only(
    type_or_types: Any, pred: Predicate, tree: PyTree, is_leaf: Predicate | None = None
) -> bool:
    """Whether `pred` is true of all leaves of these types."""
    return all(pred(leaf) for leaf in tree_iter(tree, is_leaf) if isinstance(leaf, type_or_types))


def tree_any_only(
    type_or_types: Any, pred: Predicate, tree: PyTree, is_leaf: Predicate | None = None
) -> bool:
    """Whether `pred` is true of any leaf of these types."""
    return any(pred(leaf) for leaf in tree_iter(tree, is_leaf) if isinstance(leaf, type_or_types))
