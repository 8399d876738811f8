"""While a script runs, classes have PyTorch's names: in what is printed, and for pickle."""

import json
import sys
import textwrap
from functools import partial

import pytest

from tinygrad_edu.app.scripts.torch_names import MODULES

from .script_runs import PYTHON, RUN, run

#: Writes the text of every class of PyTorch's that is in one of its modules.
CLASSES = """
import importlib, inspect, json, logging, sys, warnings
warnings.simplefilter("ignore")
logging.disable(logging.WARNING)  # a PyTorch built for GPUs says on import that there is none
texts = {}
for module in sys.argv[2:]:
    try:
        importlib.import_module(module)
    except ModuleNotFoundError:
        continue
    for name in dir(sys.modules[module]):
        value = getattr(sys.modules[module], name, None)
        if inspect.isclass(value):
            texts[f"{module}.{name}"] = repr(value)
json.dump(texts, open(sys.argv[1], "w"))
"""

#: The same where much has been imported when PyTorch's name is given to this library.
LATE = f"""
from tinygrad_edu import distributions, nn, optim, utils
from tinygrad_edu.app.scripts import aliases
aliases.install()
{CLASSES}"""

#: What is another thing in PyTorch: typing's generators, enumerations that are written in C++, and
#: functions that make constraints.
UNLIKE = {
    "torch.random.Generator", "torch.nn.attention.SDPBackend", "torch.profiler.ProfilerActivity"
} | {
    f"torch.distributions.constraints.{name}"
    for name in (
        "greater_than", "greater_than_eq", "half_open_interval", "independent", "integer_interval",
        "interval", "less_than",
    )
}  # fmt: skip


def written(folder, name, text):
    script = folder / f"{name}.py"
    script.write_text(textwrap.dedent(text))
    return script


def test_every_class_has_pytorchs_name(servers, tmp_path):
    ways = {
        "theirs": (partial(servers.run, "PyTorch"), CLASSES),
        "run": (partial(run, RUN), CLASSES),
        "late": (partial(run, PYTHON), LATE),
    }
    texts = {}
    for name, (start, text) in ways.items():
        script = written(tmp_path, name, text)
        done = start(script, f"{name}.json", *sorted(MODULES), cwd=tmp_path)
        assert done == (0, "", "")
        texts[name] = json.loads((tmp_path / f"{name}.json").read_text())
    theirs = texts.pop("theirs")
    for ours in texts.values():
        same = (theirs.keys() & ours.keys()) - UNLIKE
        assert len(same) > 650
        assert {name: ours[name] for name in same} == {name: theirs[name] for name in same}


#: Things that a script prints, one to a line.
PRINTED = """
type(model.a) | type(model) | nn.Linear | [nn.Module, optim.SGD] | type(optimizer) | type(schedule)
type(loader) | torch.typename(model) | torch.typename(model.a) | torch.typename(optimizer)
torch.typename(x) | type(nn.CrossEntropyLoss()) | type(model).__module__ | type(model.a).__module__
type(model.a).__qualname__ | loader | data.TensorDataset(x) | schedule | iter(loader)
model.parameters() | model.named_parameters() | model.children() | model.named_children()
model.modules() | model.named_modules() | model.buffers() | model.named_buffers()
model.parameters | model.a.forward | model.train | model.state_dict | nn.Module.parameters
optimizer.zero_grad | schedule.step | torch.no_grad() | torch.no_grad | torch.enable_grad
torch.distributions.Normal(0.0, 1.0) | type(torch.distributions.Normal(0.0, 1.0)) | F.relu
type(torch.distributions.Bernoulli(0.5)) | F.cross_entropy | nn.init.xavier_uniform_
type(x.max(0)) | type(x.sort()) | loader.sampler | data.DataLoader(Squares(), shuffle=True).sampler
loader.batch_sampler | data.random_split(Squares(), [2, 2]) | loader.collate_fn | Squares()
model.a.register_forward_hook(print) | x.register_hook(print) | torch.autograd.Function
torch.amp.GradScaler | torch.autocast | nn.utils.clip_grad_norm_ | torch.Generator()
type(nn.utils.rnn.pack_sequence([torch.ones(1)])) | nn.modules.conv._ConvNd | nn.Dropout.__mro__[1]
type(nn.TransformerEncoderLayer(2, 1)) | type(nn.LSTM(1, 1)) | type(nn.Conv2d(1, 1, 1))
torch.linalg.LinAlgError | model.eval() | type(model.a.weight) | type(x.dtype) | torch.Size
torch.optim.swa_utils.AveragedModel | optim.lr_scheduler.LRScheduler | data.Subset | data.Sampler
"""

SCRIPT = f"""
import abc, copy, pickle, re
import torch
from torch import nn, optim
from torch.nn import functional as F
from torch.utils import data

class Model(nn.Module, abc.ABC):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(2, 1)

    @abc.abstractmethod
    def forward(self, x): ...

class Net(Model):
    def forward(self, x):
        return self.a(x)

class Squares(data.Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, i):
        return torch.tensor(i) ** 2, type(self).__mro__[1:]

def without_types(batch):
    return torch.stack([number for number, _ in batch]), str(batch[0][1])

if __name__ == "__main__":
    torch.manual_seed(0)
    model, x = Net(), torch.tensor([1.0, 2.0], requires_grad=True)
    optimizer = optim.Adam(model.parameters())
    schedule = optim.lr_scheduler.StepLR(optimizer, 1)
    loader = data.DataLoader(Squares())
    for line in {PRINTED.split(chr(10))!r}:
        for expression in line.split(" | ") if line else ():
            value = eval(expression)
            print(expression, re.sub("0x[0-9a-f]+", "0x", f"{{value!s}} {{[value]}}"))
    model = Net()
    optimizer = optim.Adam(model.parameters())
    for thing in (model, optimizer, optim.lr_scheduler.StepLR(optimizer, 1), nn.Linear, optim.SGD,
                  torch.distributions.Normal(0.0, 1.0), nn.BatchNorm1d(2), data.DataLoader):
        again = pickle.loads(pickle.dumps(thing))
        print(type(again) is type(thing), type(copy.deepcopy(thing)))
    for method in ("fork", "spawn", "forkserver"):
        workers = {{"num_workers": 1, "multiprocessing_context": method}}
        for batch in data.DataLoader(Squares(), 2, collate_fn=without_types, **workers):
            print(batch)
    try:
        Model()
    except TypeError as error:
        print(error)
    torch.linalg.inv(torch.zeros(2, 2))
"""


def test_a_script_sees_pytorchs_names(servers, tmp_path):
    """With classes that are abstract, too, through pickle, and in the workers of a loader."""
    script = written(tmp_path, "names", SCRIPT)
    theirs = servers.run("PyTorch", script, cwd=tmp_path)
    ours = run(RUN, script, cwd=tmp_path)
    assert ours.out.splitlines() == theirs.out.splitlines()
    assert ours.code == theirs.code == 1
    last = [done.err.splitlines()[-1].partition(": ")[0] for done in (ours, theirs)]
    assert last == ["torch._C._LinAlgError"] * 2


def test_a_class_is_still_found_in_its_file(tmp_path):
    script = written(
        tmp_path,
        "sources",
        """
        import inspect, pydoc
        import torch
        from torch import nn, optim
        from torch.utils.data import DataLoader
        class Net(nn.Module):
            pass
        for cls in (nn.Linear, nn.BatchNorm1d, nn.CTCLoss, optim.Adam, nn.Module, DataLoader, Net,
                    optim.lr_scheduler.StepLR, torch.Tensor, torch.distributions.Normal):
            first = inspect.getsource(cls).splitlines()[0]
            print(first.split("(")[0].rstrip(":"), pydoc.render_doc(cls, renderer=pydoc.plaintext)
                  .splitlines()[2].strip().split("(")[0])
        print(inspect.getsource(nn.Linear.forward).splitlines()[0])
        """,
    )
    done = run(RUN, script, cwd=tmp_path)
    lines = [
        f"class {name} class {name}"
        for name in ("Linear", "BatchNorm1d", "CTCLoss", "Adam", "Module", "DataLoader", "Net",
                     "StepLR", "Tensor", "Normal")
    ]  # fmt: skip
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[:-1] == lines
    assert done.out.splitlines()[-1].strip().startswith("def forward(self, input")


@pytest.mark.parametrize("name", ["torch.utils.hooks", "torch.nn.modules.loss", "torch.optim"])
def test_only_a_script_that_is_run_sees_them(name, tmp_path):
    """Elsewhere a class keeps the module in which pickle finds it without PyTorch."""
    own = f"tinygrad_edu{name.removeprefix('torch')}"
    script = written(
        tmp_path,
        "plain",
        f"""
        import importlib, inspect
        module = importlib.import_module("{own}")
        classes = [c for _, c in inspect.getmembers(module, inspect.isclass)]
        print({{c.__module__.partition(".")[0] for c in classes}})
        """,
    )
    assert run((sys.executable,), script, cwd=tmp_path).out == "{'tinygrad_edu'}\n"
