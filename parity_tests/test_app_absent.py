"""What a script is told that asks for what is not here."""

import os
import textwrap

import pytest

from tinygrad_edu.app.scripts.absent import is_here, nearest, public_names, reason

from .script_runs import RUN
from .script_runs import run as run_alone

#: The line that fails, the error as it is told, and what is said besides.
ABSENT = [
    (
        "torch.foo(x)",
        "AttributeError: module 'torch' has no attribute 'foo'",
        "torch.foo; the nearest is torch.floor",
    ),
    (
        "torch.fft.fft(x)",
        "tinygrad_edu.missing.MissingNameError: module 'torch' has no attribute 'fft': PyTorch has "
        "it, but in tinygrad_edu there are no complex numbers",
        "torch.fft",
    ),
    (  # and not that the nearest is `compile`
        "torch.complex64",
        "tinygrad_edu.missing.MissingNameError: module 'torch' has no attribute 'complex64': "
        "PyTorch has it, but in tinygrad_edu there are no complex numbers",
        "torch.complex64",
    ),
    (
        "torch.distributions.Betaa",
        "AttributeError: module 'torch.distributions' has no attribute 'Betaa'",
        "torch.distributions.Betaa; the nearest is torch.distributions.Beta",
    ),
    (
        "torch.distributions.Zzz",
        "AttributeError: module 'torch.distributions' has no attribute 'Zzz'",
        "torch.distributions.Zzz, nor anything of a name like that",
    ),
    (
        "nn.Linaer(2, 3)",
        "AttributeError: module 'torch.nn' has no attribute 'Linaer'. Did you mean: 'Linear'?",
        "torch.nn.Linaer; the nearest is torch.nn.Linear",
    ),
    (
        "torch.cross_entropy(x, x)",
        "AttributeError: module 'torch' has no attribute 'cross_entropy'",
        "torch.cross_entropy; the nearest is torch.nn.functional.cross_entropy",
    ),
    (
        "torch.optim.StepLR",
        "AttributeError: module 'torch.optim' has no attribute 'StepLR'",
        "torch.optim.StepLR; the nearest is torch.optim.lr_scheduler.StepLR",
    ),
    (
        "x.vieww(2)",
        "AttributeError: 'Tensor' object has no attribute 'vieww'. Did you mean: 'view'?",
        "torch.Tensor.vieww; the nearest is torch.Tensor.view",
    ),
    (
        "nn.Parameter(x).vieww",
        "AttributeError: 'Parameter' object has no attribute 'vieww'. Did you mean: 'view'?",
        "torch.Tensor.vieww; the nearest is torch.Tensor.view",
    ),
    (
        "torch.Tensor.viewww",
        "AttributeError: type object 'Tensor' has no attribute 'viewww'. Did you mean: 'view'?",
        "torch.Tensor.viewww; the nearest is torch.Tensor.view",
    ),
    (
        "x.coalesce()",
        "tinygrad_edu.missing.MissingNameError: 'Tensor' object has no attribute 'coalesce': "
        "PyTorch has it, but in tinygrad_edu there are no sparse tensors",
        "torch.Tensor.coalesce",
    ),
    (
        "nn.Identity().share_memory()",
        "tinygrad_edu.missing.MissingNameError: 'Identity' object has no attribute 'share_memory': "
        "PyTorch has it, but in tinygrad_edu memory is not shared between processes",
        "torch.nn.Module.share_memory",
    ),
    (
        "from torch import linearr",
        "ImportError: cannot import name 'linearr' from 'torch'",
        "torch.linearr; the nearest is torch.bilinear",
    ),
    (
        "from torch import fft",
        "ImportError: cannot import name 'fft' from 'torch'",
        "torch.fft, as there are no complex numbers",
    ),
    (
        "from torch.utils.tensorboard import SummaryWriter",
        "ModuleNotFoundError: No module named 'torch.utils.tensorboard'",
        "torch.utils.tensorboard, nor anything of a name like that",
    ),
    (
        "import torch.utilss.data",
        "ModuleNotFoundError: No module named 'torch.utilss'",
        "torch.utilss; the nearest is torch.utils",
    ),
    (
        "import torch.nn.linear",  # which is a file of this library
        "ModuleNotFoundError: No module named 'torch.nn.linear'",
        "torch.nn.linear; the nearest is torch.nn.functional.linear",
    ),
    (
        "import torchvision.transforms as T",
        "ModuleNotFoundError: No module named 'torchvision'",
        "torchvision, as torchvision is a package of its own, built on PyTorch",
    ),
    (
        "from torchvision import datasets",
        "ModuleNotFoundError: No module named 'torchvision'",
        "torchvision, as torchvision is a package of its own, built on PyTorch",
    ),
]

#: Of these nothing is said that Python would not say.
OTHERS = [
    ("x.sum().item().foo", "AttributeError: 'float' object has no attribute 'foo'"),
    ("nn.Identity().weight", "AttributeError: 'Identity' object has no attribute 'weight'"),
    ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
    ("from math import foo", "ImportError: cannot import name 'foo' from 'math'"),
    ("nn.Linear(2, 3, bias_=True)", "unexpected keyword argument 'bias_'"),
    ("raise AttributeError('mine')", "AttributeError: mine"),
]


@pytest.fixture
def run(servers, tmp_path):
    """Run a script as ``tinygrad-edu run`` does."""
    return lambda script: servers.run("tinygrad_edu", "run", script, cwd=tmp_path)


@pytest.mark.parametrize(("line", "error", "said"), ABSENT, ids=[line for line, *_ in ABSENT])
def test_a_missing_name_fails_at_its_line(run, tmp_path, line, error, said):
    script = tmp_path / "try it.py"
    script.write_text(f"import torch\nimport torch.nn as nn\nx = torch.ones(2)\n{line}\n")
    done = run(script)
    assert (done.code, done.out) == (1, "")
    told = done.err.splitlines()
    assert told[:3] == [
        "Traceback (most recent call last):",
        f'  File "{script}", line 4, in <module>',
        f"    {line}",
    ]
    assert done.err.count("  File ") == 1
    assert told[-2].startswith(error)  # Python 3.12 adds what may have been meant
    assert told[-1] == f"try it.py, line 4: tinygrad_edu has no {said}"


@pytest.mark.parametrize("line", ["import torchvision.transforms", "from torchvision import io"])
def test_it_is_the_same_where_a_package_of_its_own_is_installed(tmp_path, monkeypatch, line):
    for name in ("__init__", "io", "transforms"):
        path = tmp_path / "installed" / "torchvision" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("import torch._C\n")
    paths = [str(tmp_path / "installed"), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    script = tmp_path / "s.py"
    script.write_text(f"{line}\n")
    done = run_alone(RUN, script, cwd=tmp_path)
    assert (done.code, done.out) == (1, "")
    assert done.err.splitlines()[-2:] == [
        "ModuleNotFoundError: No module named 'torchvision'",
        "s.py, line 1: tinygrad_edu has no torchvision, as torchvision is a package of its own, "
        "built on PyTorch",
    ]


@pytest.mark.parametrize(("line", "error"), OTHERS, ids=[line for line, _ in OTHERS])
def test_of_other_errors_nothing_is_said(run, tmp_path, line, error):
    script = tmp_path / "s.py"
    script.write_text(f"import torch\nimport torch.nn as nn\nx = torch.ones(2)\n{line}\n")
    done = run(script)
    assert done.code == 1 and error in done.err.splitlines()[-1], done.err
    assert "tinygrad_edu has no" not in done.err


def test_the_line_is_that_of_the_module_that_asks(run, tmp_path):
    (tmp_path / "part.py").write_text("import torch\n\ndef f(x):\n    return torch.foo(x)\n")
    script = tmp_path / "whole.py"
    script.write_text("import part\npart.f(1)\n")
    done = run(script)
    assert "\npart.py, line 4: tinygrad_edu has no torch.foo;" in done.err
    assert done.err.count("  File ") == 2


def test_a_script_that_is_prepared_for_it_goes_on(run, tmp_path):
    script = tmp_path / "s.py"
    script.write_text(
        textwrap.dedent("""
        import torch
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            print(error)
        try:
            import torchvision
        except ImportError:
            torchvision = None
        try:
            torch.fft
        except AttributeError as error:
            print(error.name)
        print(torchvision, hasattr(torch, "sparse_coo_tensor"), hasattr(torch.ones(1), "coalesce"))
        """)
    )
    expected = "No module named 'torch.utils.tensorboard'\nfft\nNone False False\n"
    assert run(script) == (0, expected, "")


def test_a_script_that_prints_the_error_prints_pytorchs(servers, run, tmp_path):
    script = tmp_path / "s.py"
    lines = [
        "torch.foo", "torch.nn.Foo", "torch.nn.functional.foo", "torch.nn.init.foo",
        "torch.optim.Foo", "torch.optim.lr_scheduler.Foo", "torch.utils.foo", "torch.cuda.foo",
        "torch.utils.data.foo", "torch.autograd.foo", "torch.linalg.foo", "torch.backends.foo",
        "torch.distributions.Foo", "torch.ones(1).foo", "torch.nn.Linear(1, 1).foo",
        "importlib.import_module('torch.foo')", "importlib.import_module('torch.nn.foo')",
    ]  # fmt: skip
    script.write_text(
        textwrap.dedent(f"""
        import importlib
        import torch
        for line in {lines!r}:
            try:
                eval(line)
            except (AttributeError, ImportError) as error:
                print(line, type(error), error, error.name)
        for line in ("from torch import foo", "from torch.nn.modules.linear import Foo",
                     "from torch.optim.adam import Foo", "import torch.utils.foo"):
            try:
                exec(line)
            except ImportError as error:
                print(line, type(error), str(error).partition(" (")[0], error.name)
        print(torch.__name__, torch.nn.__name__, torch.optim.lr_scheduler.__name__)
        """)
    )
    ours = run(script)
    assert ours == servers.run("PyTorch", script, cwd=tmp_path)
    assert len(ours.out.splitlines()) == len(lines) + 5


def test_what_is_here_is_what_a_script_can_ask_for():
    for name in ("torch", "torch.nn", "torch.nn.ReLU", "torch.Tensor.view", "torch.float32",
                 "torch.nn.modules.batchnorm._BatchNorm", "torch.backends.cudnn.benchmark",
                 "torch.linalg.svd", "torch.utils.data.DataLoader"):  # fmt: skip
        assert is_here(name), name
    for name in ("torch.foo", "torch.fft.fft", "torch.nn.linear", "torch.later", "torch.Tensor.foo",
                 "torchvision", "torchvision.models", "numpy"):  # fmt: skip
        assert not is_here(name), name
    assert {"Linear", "functional"} < {*public_names("torch.nn")}
    assert "later" not in public_names("torch")
    assert reason("torch.sparse") == "there are no sparse tensors"
    assert reason("torch.foo") == reason("torch.ones") == ""
    assert nearest("torch.nn.relu") == "torch.relu"
    assert nearest("torch.nn.crossentropyloss") == "torch.nn.CrossEntropyLoss"
    assert nearest("torch.optim.Adamm") == "torch.optim.Adam"
    assert nearest("torchvision.models") is nearest("torch.complex64") is None
