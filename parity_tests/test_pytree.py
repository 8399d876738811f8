"""``torch.utils._pytree``: trees of lists, tuples and dicts, flattened and put together again."""

from collections import OrderedDict, defaultdict, deque, namedtuple

import pytest
import torch.utils._pytree as theirs

import tinygrad_edu.utils._pytree as ours

Point = namedtuple("Point", "x y")  # such as a program's

TREES = [
    5, None, "ab", (), [], {}, [1, 2], (1, (2, None)), {"b": [1, (2, None)], "a": Point(3, 4)},
    OrderedDict(b=1, a=(2,)), defaultdict(list, a=[1], b=2), deque([1, [2]], maxlen=3), {1, 2},
    [[], [[]], {"a": {}}], Point([1], {"k": 2}), [True, 1.5, "c"], range(3),
]  # fmt: skip


@pytest.mark.parametrize("tree", TREES, ids=repr)
def test_a_tree_and_its_leaves(tree):
    def run(lib):
        leaves, spec = lib.tree_flatten(tree)
        new = lib.tree_unflatten([[leaf] for leaf in leaves], spec)
        short, _ = lib.tree_flatten(tree, is_leaf=lambda x: isinstance(x, tuple))
        return [
            leaves, repr(spec), spec.num_leaves, spec.num_children, spec.is_leaf(), new, type(new),
            short, lib.tree_leaves(tree), list(lib.tree_iter(tree)), spec.unflatten(leaves),
            lib.tree_structure(tree) == spec, spec == lib.tree_structure([tree]),
            lib.tree_map(lambda x: (x, x), tree), lib.tree_is_leaf(tree),
            lib.tree_map_only(int, lambda x: -x, tree),
            lib.tree_map_only((int, str), lambda x: 2 * x, tree),
            lib.tree_map_only(lambda x: x is None, lambda x: 0, tree),
            lib.tree_all(bool, tree), lib.tree_any(bool, tree),
            lib.tree_all_only(int, lambda x: x > 1, tree),
            lib.tree_any_only((int, float), lambda x: x > 3, tree),
        ]  # fmt: skip

    assert run(ours) == run(theirs)


def test_trees_side_by_side():
    def run(lib):
        seen = []
        tree = {"a": [1, 2], "b": (3,)}
        same = lib.tree_map_(seen.append, tree)
        added = lib.tree_map(lambda a, b, c: (a, b, c), tree, {"a": [[4], 5], "b": (6,)}, tree)
        stopped = lib.tree_map(
            len,
            [[1, 2], (3,)],
            is_leaf=lambda x: isinstance(x, tuple | list) and all(isinstance(y, int) for y in x),
        )
        return [seen, same is tree, added, stopped]

    assert run(ours) == run(theirs)


@pytest.mark.parametrize(
    "call",
    [
        lambda lib: lib.tree_unflatten([1], lib.tree_structure([1, 2])),
        lambda lib: lib.tree_unflatten([1], 3),
        lambda lib: lib.tree_map(max, [1], [1, 2]),
        lambda lib: lib.tree_map(max, [1], (1,)),
        lambda lib: lib.tree_map(max, [[1]], [1]),
    ],
)
def test_trees_that_do_not_fit(call):
    errors = []
    for lib in (theirs, ours):
        with pytest.raises((ValueError, TypeError)) as error:
            call(lib)
        errors.append((type(error.value), str(error.value)))
    assert errors[1] == errors[0]
