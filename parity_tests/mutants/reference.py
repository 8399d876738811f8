"""Mistakes in `torch_ref`: the mirror and the way back, and training in several processes."""

from __future__ import annotations

from .mutant import Mutant

MUTANTS = (
    Mutant(
        name="mirror-copies-no-buffers",
        file="torch_ref/mirroring/modules.py",
        old="            members[kind][name] = mirror.of(vars(value)[name])\n",
        new="            members[kind][name] = mirror.of(vars(value)[name])\n"
        '            if kind == "buffer" and members[kind][name] is not None:\n'
        "                members[kind][name] = torch.zeros_like(members[kind][name])\n",
        mistake="Buffers have their shapes in PyTorch, but not their values.",
        tests=("mirror", "mirror_courses"),
    ),
    Mutant(
        name="mirror-in-the-same-memory",
        file="torch_ref/mirroring/tensors.py",
        old="return torch.from_numpy(to_numpy(value))",
        new="return torch.from_numpy(value.array)",
        mistake="What PyTorch trains is the model itself, and no copy.",
        tests=("mirror_courses", "mirror"),
    ),
    Mutant(
        name="mirror-shared-weight-becomes-two",
        file="torch_ref/mirroring/mirror.py",
        old="        if id(value) not in self._made:\n            self._depth += 1",
        new="        if id(value) not in self._made or isinstance(value, Tensor):\n"
        "            self._depth += 1",
        mistake="A weight in two layers is two weights in PyTorch.",
        tests=("mirror", "mirror_courses"),
    ),
    Mutant(
        name="mirror-shared-memory-becomes-two",
        file="torch_ref/mirroring/tensors.py",
        old="return made.detach()",
        new="return made.detach().clone()",
        mistake="Two parameters in one memory have each its own in PyTorch.",
        tests=("mirror",),
    ),
    Mutant(
        name="mirror-frozen-parameter-thaws",
        file="torch_ref/mirroring/tensors.py",
        old="torch.nn.Parameter(values, value.requires_grad)",
        new="torch.nn.Parameter(values)",
        mistake="What was frozen is trained in PyTorch.",
        tests=("mirror",),
    ),
    Mutant(
        name="mirror-forgets-gradients",
        file="torch_ref/mirroring/tensors.py",
        old="made.grad = mirror.of(value.grad)",
        new="pass",
        mistake="Gradients that have been added up are lost on the way.",
        tests=("mirror",),
    ),
    Mutant(
        name="mirror-always-in-training",
        file="torch_ref/mirroring/modules.py",
        old="if name not in value._kinds and name not in OWN:",
        new='if name not in value._kinds and name not in OWN and name != "training":',
        mistake="A model that is evaluated drops out and normalizes by batch in PyTorch.",
        tests=("mirror", "mirror_courses"),
    ),
    Mutant(
        name="mirror-drops-options",
        file="torch_ref/mirroring/modules.py",
        old="elif hasattr(value, name):",
        new="elif hasattr(value, name) and parameter.default is parameter.empty:",
        mistake="PyTorch's __init__ is told nothing that has a default, as an LSTM's layers.",
        tests=("mirror_layers", "mirror"),
    ),
    Mutant(
        name="mirror-drops-what-is-the-users",
        file="torch_ref/mirroring/modules.py",
        old="if name not in value._kinds and name not in OWN:",
        new="if hasattr(made, name) and name not in value._kinds and name not in OWN:",
        mistake="A user's own attributes are lost: PyTorch's class has none of their name.",
        tests=("mirror", "mirror_courses"),
    ),
    Mutant(
        name="mirror-keeps-scratch-buffers",
        file="torch_ref/mirroring/modules.py",
        old="_non_persistent_buffers_set=set(value._not_in_state)",
        new="_non_persistent_buffers_set=set()",
        mistake="Buffers that are not to be saved are in the state_dict of the mirror.",
        tests=("mirror",),
    ),
    Mutant(
        name="mirror-forgets-hooks",
        file="torch_ref/mirroring/modules.py",
        old='    if "_hooks" in vars(value):\n',
        new="    if False:\n",
        mistake="A module's hooks do not run in PyTorch.",
        tests=("mirror",),
    ),
    Mutant(
        name="mirror-optimizer-begins-anew",
        file="torch_ref/mirroring/optimizers.py",
        old="    copy_optimizer_state(value, made, torch)\n",
        new="",
        mistake="Momentum and the count of steps are lost on the way to PyTorch.",
        tests=("mirror_optim",),
    ),
    Mutant(
        name="bridge-steps-counted-anew",
        file="torch_ref/bridge.py",
        old="    state = convert(source.state_dict(), framework)\n",
        new="    state = convert(source.state_dict(), framework)\n"
        '    for kept in state["state"].values():\n'
        '        kept.update({name: 0 * x for name, x in kept.items() if name == "step"})\n',
        mistake="The count of steps, by which Adam corrects its averages, begins at 0 again.",
        tests=("mirror_optim", "app_bridge"),
    ),
    Mutant(
        name="mirror-groups-reversed",
        file="torch_ref/mirroring/optimizers.py",
        old="for group in value.param_groups]",
        new="for group in value.param_groups[::-1]]",
        mistake="The groups of parameters change places, and with them their options.",
        tests=("mirror_optim",),
    ),
    Mutant(
        name="mirror-schedule-begins-anew",
        file="torch_ref/mirroring/optimizers.py",
        old="""    for name, attribute in vars(value).items():
        with mirror.at(name):
            vars(made)[name] = mirror.of(attribute)
    if isinstance(made, CyclicLR)""",
        new="""    for name, attribute in vars(value).items():
        with mirror.at(name):
            vars(made)[name] = 0 if name == "last_epoch" else mirror.of(attribute)
    if isinstance(made, CyclicLR)""",
        mistake="A schedule of learning rates has forgotten how many epochs are done.",
        tests=("mirror_optim",),
    ),
    Mutant(
        name="pull-into-other-memory",
        file="torch_ref/mirroring/pulled.py",
        old="        target.copy_(_converted(source, target))",
        new="        target.array = _converted(source, target).array",
        mistake="A pulled parameter no longer is in the memory that it shares with another.",
        tests=("mirror",),
    ),
    Mutant(
        name="pull-changes-the-dtype",
        file="torch_ref/mirroring/pulled.py",
        old='dtype = getattr(torch, str(target.dtype).removeprefix("torch."))',
        new="dtype = torch.float64 if source.is_floating_point() else source.dtype",
        mistake="Pulled gradients are float64, whatever the parameters are.",
        tests=("mirror", "mirror_courses"),
    ),
    Mutant(
        name="pull-leaves-gradients",
        file="torch_ref/mirroring/pulled.py",
        old="    target.grad = None if source.grad is None else _converted(source.grad, target)\n",
        new="",
        mistake="After a pull the gradients are those from before.",
        tests=("mirror_courses", "mirror"),
    ),
    Mutant(
        name="pull-leaves-numbers",
        file="torch_ref/mirroring/pulled.py",
        old="PLAIN = bool | int | float | str | None",
        new="PLAIN = bool | str | None",
        mistake="Counts, and options that were changed, do not come back.",
        tests=("mirror",),
    ),
    Mutant(
        name="share-of-a-smaller-part",
        file="torch_ref/training.py",
        old="share = len(mine) * self.processes / len(rows)",
        new="share = 1.0",
        mistake="Processes with fewer rows of a batch have as much say in its gradient as others.",
        tests=("torch_ref_parallel:gradients",),
    ),
    Mutant(
        name="processes-take-the-same-rows",
        file="torch_ref/training.py",
        old="mine = rows[self.rank :: self.processes]",
        new="mine = rows[:: self.processes]",
        mistake="All processes train on the rows of the first.",
        tests=("torch_ref_parallel:gradients",),
    ),
)
