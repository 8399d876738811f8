"""The engine as a machine: hooks, kept gradients, modes and freed graphs, in any order.

Hypothesis chooses what happens next and to which tensors, on both sides, and both must stay alike.
"""

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from . import steps
from .drawer import Drawer
from .judge import count_case
from .line_scripts import Script, report, shortest

HOOKS = (
    "lambda g: seen.append(g.clone())",
    "lambda g: g * 2",
    "lambda g: None",
    "lambda g: (seen.append(g.clone()), g + 1)[1]",
    "lambda g: seen.append(torch.tensor(torch.is_grad_enabled()))",
)
NODE_HOOKS = (
    "register_hook(lambda gi, go: seen.extend(g.clone() for g in go if g is not None))",
    "register_hook(lambda gi, go: tuple(None if g is None else g * 2 for g in gi))",
    "register_prehook(lambda go: tuple(None if g is None else g * 3 for g in go))",
)
#: They keep what they see itself, which others must not change.
KEEPING = (
    "register_prehook(lambda go: seen.append(go[0]))",
    "register_prehook(lambda go: (seen.append(go[0]), (go[0] * 3,))[1])",
)
LEAF_HOOKS = (
    "lambda t: seen.append(t.grad.clone())",
    "lambda t: [None for _ in [t.grad.mul_(2)]][0]",
    "lambda t: setattr(t, 'grad', None)",
)


class Engine(RuleBasedStateMachine):
    """Tensors that live on both sides; a rule runs one line, or none where nothing fits."""

    @initialize(data=st.data())
    def begin(self, data):
        count_case()
        self.script = Script()
        self.handles = []
        for shape in ((2, 3), (3,), ()):
            d = self.drawer(data)
            self.run(f"{d.name()} = {d.values(shape)}.requires_grad_()")

    def drawer(self, data):
        d = Drawer(lambda n: data.draw(st.integers(0, n - 1)), self.script.theirs)
        d.seeds = 10 * len(self.script.lines)  # of numbers that no other line has
        return d

    def run(self, line):
        if line is not None:
            self.judged(lambda: self.script.run(line))

    def judged(self, action):
        try:
            action()
        except AssertionError as error:
            raise AssertionError(report(shortest(self.script.lines))) from error

    @invariant()
    def both_sides_are_alike(self):
        if hasattr(self, "script"):
            self.judged(lambda: self.script.compare(self.script.theirs.tensors))

    @rule(data=st.data())
    def compute(self, data):
        self.run(steps.made(self.drawer(data)))

    @rule(data=st.data())
    def fan_out(self, data):
        """One tensor used several times."""
        d = self.drawer(data)
        x = d.tensor(lambda t: t.requires_grad)
        self.run(x and f"{d.name()} = {x} * {x} + {x}.sin() * {d.operand(d.of(x))}")

    @rule(data=st.data())
    def look_at_a_part(self, data):
        d = self.drawer(data)
        expression = steps.view(d)
        self.run(expression and f"{d.name()} = {expression}")

    @rule(data=st.data())
    def cut(self, data):
        self.run(steps.parts(self.drawer(data)))

    @rule(data=st.data())
    def change(self, data):
        self.run(steps.changed(self.drawer(data)))

    @rule(data=st.data())
    def reshape(self, data):
        self.run(steps.reshaped(self.drawer(data)))

    @rule(data=st.data())
    def want_a_gradient(self, data):
        self.run(steps.wanted(self.drawer(data)))

    @rule(data=st.data())
    def go_backward(self, data):
        self.run(steps.backward(self.drawer(data)))

    @rule(data=st.data())
    def go_backward_to_some(self, data):
        """Leaves: PyTorch runs the node of another tensor, too, and so its hooks."""
        d = self.drawer(data)
        x, leaf = steps.result(d), d.tensor(lambda t: t.requires_grad and t.is_leaf)
        kept = d.choose((", retain_graph=True", ""))
        if x and leaf:
            self.run(f"{x}.backward({d.values(d.of(x).shape)}, inputs=[{leaf}]{kept})")

    @rule(data=st.data())
    def ask_for_gradients(self, data):
        self.run(steps.gradients(self.drawer(data)))

    @rule(data=st.data())
    def ask_for_second_order_gradients(self, data):
        d = self.drawer(data)
        x, wanted = steps.result(d), ", ".join(steps.inputs(d))
        if x and wanted:
            v = d.values(d.of(x).shape)
            options = "create_graph=True, allow_unused=True"
            self.run(f"g = torch.autograd.grad({x}, [{wanted}], {v}, {options})")
            self.run("seen.extend(h if h is None else h.detach() for h in g)")
            # Whether a gradient is seen to be a constant depends on how a derivative is written.
            total = f"sum((h * h).sum() for h in g if h is not None) + 0 * {x}.sum()"
            options = "materialize_grads=True, retain_graph=True"
            self.run(f"seen.extend(torch.autograd.grad({total}, [{wanted}], {options}))")
            self.run("g = None")

    @rule(data=st.data())
    def keep_a_gradient(self, data):
        self.run(steps.kept(self.drawer(data)))

    @rule(data=st.data())
    def forget_a_gradient(self, data):
        self.run(steps.forgotten(self.drawer(data)))

    @rule(data=st.data())
    def set_a_gradient(self, data):
        d = self.drawer(data)
        x = d.tensor(lambda t: t.is_leaf)
        self.run(x and f"{x}.grad = {d.values(d.of(x).shape)}")

    @rule(data=st.data())
    def hook_a_tensor(self, data):
        d = self.drawer(data)
        x = d.tensor(lambda t: t.requires_grad or d.often(5))
        self.hook(d, x and f"{x}.register_hook({d.choose(HOOKS)})")

    @rule(data=st.data())
    def hook_a_leaf(self, data):
        d = self.drawer(data)
        x = d.tensor(lambda t: t.requires_grad and (t.is_leaf or d.often(5)))
        hook = d.choose(LEAF_HOOKS)
        self.hook(d, x and f"{x}.register_post_accumulate_grad_hook({hook})")

    @rule(data=st.data())
    def hook_a_node(self, data):
        d = self.drawer(data)
        x = d.tensor(lambda t: t.grad_fn is not None)
        self.hook(d, x and f"{x}.grad_fn.{d.choose(NODE_HOOKS)}")

    @rule(data=st.data())
    def hook_the_node_of_a_leaf(self, data):
        """Which has a name of its own, for it lives only as long as a graph that it is in."""
        d = self.drawer(data)
        x = d.tensor(lambda t: t.requires_grad and t.is_leaf)
        if x is not None:
            node = f"n{len(self.script.lines)}"
            self.run(f"{node} = {x}.expand_as({x}).grad_fn.next_functions[0][0]")
            self.hook(d, f"{node}.{d.choose(KEEPING)}")

    def hook(self, d, call):
        if call is not None:
            self.handles.append(f"h{len(self.script.lines)}")
            self.run(f"{self.handles[-1]} = {call}")

    @rule(data=st.data())
    def remove_a_hook(self, data):
        if self.handles:
            self.run(f"{self.drawer(data).choose(self.handles)}.remove()")

    @rule(data=st.data())
    def let_go(self, data):
        d = self.drawer(data)
        x = d.tensor(lambda t: not t.is_leaf)
        self.run(x and f"{x} = None")


TestEngine = Engine.TestCase
#: Without shrinking, which takes long here: `shortest` does it.
TestEngine.settings = settings(
    max_examples=10 * settings.default.max_examples,
    stateful_step_count=25,
    phases=[Phase.generate],
)
