"""Classes that print under PyTorch's name: ``print(type(x))`` shows ``<class 'torch.Tensor'>``.

Only their text changes. `__module__` still says where they stand, since `pickle` and `inspect` find
them by it.
"""


class Named(type):
    """The type of such a class, which says its name in PyTorch as `_printed_as`.

    A subclass that a user writes is printed as any other class. As in PyTorch, it cannot be one of
    `abc.ABC` too.
    """

    def __repr__(cls) -> str:
        name = cls.__dict__.get("_printed_as")
        return super().__repr__() if name is None else f"<class '{name}'>"
