"""``tinygrad-edu run script.py`` does what ``python script.py`` does."""

import importlib
import importlib.util
import pickle
import signal
import subprocess
import sys
import textwrap
from functools import partial
from pathlib import Path

import pytest

import tinygrad_edu
from tinygrad_edu.app.scripts.torch_names import MODULES

from .script_runs import PYTHON, RUN, both, environment, let_be_interrupted, run, steps

#: What scripts that do not import torch do; all that is seen of them must be equal.
SCRIPTS = {
    "end": "print('done')",
    "exit": "import sys; sys.exit()",
    "exit_3": "import sys; sys.exit(3)",
    "exit_true": "import sys; sys.exit(True)",
    "exit_large": "import sys; sys.exit(300)",
    "exit_negative": "import sys; sys.exit(-1)",
    "exit_130": "import sys; sys.exit(130)",
    "exit_text": "import sys; print('out'); sys.exit('no data')",
    "exit_object": "raise SystemExit((1, 'two'))",
    "exit_builtin": "exit(4)",
    "exit_at_once": "import os, sys; sys.stdout.write('lost'); os._exit(5)",
    "exit_in_a_function": """
        import sys
        def f():
            try:
                sys.exit(6)
            finally:
                print('cleaned up')
        f()""",
    "crash": """
        def f(x):
            return 1 / x
        print('before')
        f(0)""",
    "crash_with_a_cause": """
        def f():
            try:
                {}['key']
            except KeyError as error:
                raise ValueError('no key') from error
        try:
            f()
        except ValueError:
            undefined_name""",
    "crash_of_a_group": """
        errors = []
        for text in ('1', 'x', 'y'):
            try:
                int(text)
            except ValueError as error:
                errors.append(error)
        raise ExceptionGroup('numbers', errors)""",
    "crash_with_a_note": """
        error = OSError(2, 'gone', 'file')
        error.add_note('look elsewhere')
        raise error""",
    "crash_in_a_lambda": "list(map(lambda x: x.nothing, [1]))",
    "assertion": "assert 1 == 2, 'not equal'",
    "syntax_error": "x = 1\nif x\n    pass",
    "indentation_error": "if True:\npass",
    "late_syntax_error": "print('never printed')\nreturn 1",
    "missing_module": "import no_such_module_anywhere",
    "user_module": "import helper; print(helper.__file__); helper.fail()",
    "user_module_with_a_syntax_error": "import broken",
    "interrupt": "print('out'); raise KeyboardInterrupt",
    "main": """
        import __main__, sys, types
        print(sorted(vars()), __name__, __file__, __spec__, __package__, __doc__, __builtins__)
        print(type(__loader__), __loader__.get_source('__main__'), vars(__main__) is globals())
        print(sys.modules['__main__'] is __main__, sys.path[0], sys.argv)""",
    "docstring": "'What it is about.'\nprint(__doc__)",
    "future": "from __future__ import annotations\ndef f(x: y): pass\nprint(f.__annotations__)",
    "no_future": "def f(x: int): pass\nprint(f.__annotations__)",
    "latin": "# coding: latin-1\nprint(ascii('\xe9'))",
    "arguments": """
        import argparse, sys
        print(sys.argv)
        parser = argparse.ArgumentParser()
        parser.add_argument('--lr', type=float)
        print(parser.parse_args(['--lr', '1']))
        parser.parse_args(['--nonsense'])""",
    "stdin": "import sys; print(input('name? ')); print(sys.stdin.readlines()); input()",
    "chdir": """
        import os
        os.mkdir('elsewhere')
        os.chdir('elsewhere')
        import helper
        print(os.path.basename(os.getcwd()), __file__)
        helper.fail()""",
    "at_exit": """
        import atexit, threading, time
        def late():
            time.sleep(0.1)
            print('thread', __name__, value)
        value = 7
        atexit.register(lambda: print('exit', value))
        threading.Thread(target=late).start()
        raise RuntimeError('crash')""",
    "thread_crash": """
        import threading
        def f(): raise ValueError('in a thread')
        t = threading.Thread(target=f); t.start(); t.join(); print('goes on')""",
    "hook": """
        import sys, traceback
        def hook(kind, error, tb):
            print('hook', kind, error, traceback.extract_tb(tb), sys.last_value is error)
            print(getattr(sys, 'last_exc', error) is error, sys.exc_info())
        sys.excepthook = hook
        {}['key']""",
    "hook_that_fails": """
        import sys
        def hook(kind, error, tb): raise ValueError('in the hook')
        sys.excepthook = hook
        {}['key']""",
    "hook_that_exits": """
        import sys
        sys.excepthook = lambda *told: sys.exit(9)
        {}['key']""",
    "hook_at_an_interrupt": """
        import sys
        sys.excepthook = lambda *told: print('told', told[0])
        raise KeyboardInterrupt""",
    "printed_tracebacks": """
        import sys, traceback
        def f():
            try:
                1 / 0
            except ZeroDivisionError:
                traceback.print_exc()
                print(traceback.format_exc())
        f()""",
    "warning": "import warnings; warnings.warn('careful')\nprint('after')",
    "stack": """
        import inspect, traceback, warnings, logging, sys
        def f(level):
            print([(i.function, i.lineno) for i in inspect.stack()])
            print(traceback.format_stack(), traceback.extract_stack(limit=1))
            print([n for _, n in traceback.walk_stack(sys._getframe())])
            print(len(traceback.format_stack(limit=-1)))
            print(len(inspect.getouterframes(inspect.currentframe(), 3)[0].code_context))
            warnings.warn(f'from {level}', stacklevel=level)
        print(len(inspect.stack()))
        traceback.print_stack()
        for level in range(5):
            f(level)
            (lambda: f(level))()
        warnings.warn('far', UserWarning, 2)
        warnings.warn(message='farther', category=FutureWarning, stacklevel=7)
        class Late:
            def __del__(self): print(len(inspect.stack()))
        Late()
        try:
            f('x')
        except TypeError as error:
            print(error)
        import threading
        thread = threading.Thread(target=f, args=(2,)); thread.start(); thread.join()
        logging.warning('where', stack_info=True)
        print(list(map(lambda x: len(inspect.stack()), [1])))""",
    "pickles": """
        import pickle
        class Thing: pass
        def f(): pass
        print(pickle.dumps([Thing, f]), type(pickle.loads(pickle.dumps(Thing()))))""",
    "forked": """
        import multiprocessing
        def square(x):
            if x == 3: raise ValueError('three')
            return x * x
        with multiprocessing.get_context('fork').Pool(2) as pool:
            print(pool.map(square, [1, 2]))
            try:
                pool.map(square, [3])
            except ValueError as error:
                print(error)""",
    "subprocess": """
        import subprocess, sys
        print(subprocess.run([sys.executable, '-c', 'print(1)'], capture_output=True).stdout)""",
    "closed_output": "import sys, os; print('x'); os.close(1)",
    "logging": "import logging; logging.warning('hm'); logging.exception('no error')",
    "interrupted_wait": """
        import os, signal, time
        try:
            os.kill(os.getpid(), signal.SIGINT); time.sleep(9)
        except KeyboardInterrupt:
            print('caught')
        os.kill(os.getpid(), signal.SIGTERM)""",
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder whose name has spaces, with modules that scripts import."""
    folder = tmp_path_factory.mktemp("my scripts")
    (folder / "helper.py").write_text("def fail():\n    raise LookupError('helper')\n")
    (folder / "broken.py").write_text("x = = 1\n")
    return folder


def write(folder, name, text):
    script = folder / f"{name} script.py"
    script.write_text(textwrap.dedent(text).strip("\n") + "\n", "latin-1")
    return script


#: Those for which the command begins a process; for the others it is run in a copy of one.
STARTED = ("stdin", "at_exit", "stack", "closed_output")


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_cannot_tell_who_runs_it(servers, folder, tmp_path, name):
    script = write(folder, name, SCRIPTS[name])
    given = "Ada\nsecond\n\xe9\n"
    words = (script, "--help me")
    theirs = run(PYTHON, *words, cwd=fresh(tmp_path / "a"), given=given.encode())
    if name in STARTED:
        ours = run(RUN, *words, cwd=fresh(tmp_path / "b"), given=given.encode())
    else:
        ours = servers.run("tinygrad_edu", "run", *words, cwd=fresh(tmp_path / "b"), given=given)
    assert ours == theirs


def fresh(path):
    path.mkdir()
    return path


def test_a_script_is_found_by_any_path(servers, folder, tmp_path):
    def both(path, cwd):
        theirs = run(PYTHON, path, cwd=cwd)
        return theirs, servers.run("tinygrad_edu", "run", path, cwd=cwd)

    write(
        folder, "where", "import helper, sys; print(__file__, sys.argv, sys.path[0]); helper.fail()"
    )
    (tmp_path / "link.py").symlink_to(folder / "where script.py")
    (tmp_path / "plain").mkdir()
    for path in ("where script.py", "./where script.py", f"../{folder.name}/where script.py"):
        theirs, ours = both(path, cwd=folder)
        assert ours == theirs and "LookupError" in ours.err
    for path in ("link.py", "plain/../link.py"):
        theirs, ours = both(path, cwd=tmp_path)
        assert ours == theirs and "LookupError" in ours.err


def test_pythons_own_options_come_first(folder):
    script = write(
        folder, "options", "import sys; print(sys.path[0]); assert 1 == 2; print('after')"
    )
    for options in (["-O"], ["-P", "-O"], ["-W", "error", "-u"]):
        theirs, ours = (run(s, script, cwd=folder, options=options) for s in (PYTHON, RUN))
        if "-P" in options:  # then nobody's folder is put there
            assert str(folder) not in ours.out + theirs.out
            ours = ours._replace(out=theirs.out)
        assert ours == theirs


def test_what_is_no_script_is_told_in_a_line(servers, folder, tmp_path):
    ours = partial(servers.run, "tinygrad_edu", "run", cwd=tmp_path)
    for arguments, words in (
        (["absent.py", "--help"], ["can't open file", f"{tmp_path}/absent.py", "No such file"]),
        ([str(folder)], ["can't open file", str(folder), "directory"]),
        ([], ["which script?", "tinygrad-edu run script.py"]),
        (["-"], ["standard input"]),
        (["--nonsense", "s.py"], ["--nonsense"]),
        (["--"], ["which script?"]),
    ):
        done = ours(*arguments)
        assert (done.code, done.out, done.err.count("\n")) == (2, "", 1), done
        assert done.err.startswith("tinygrad-edu: ") and all(w in done.err for w in words), done.err
    assert run(PYTHON, "absent.py", cwd=tmp_path).code == 2
    helped = ours("--help")
    assert helped.code == 0 and "script ..." in helped.out


def test_a_path_may_begin_with_a_dash(tmp_path):
    (tmp_path / "-odd.py").write_text("import sys; print(sys.argv)")
    done = run(RUN, "--", "-odd.py", "--", "-x", cwd=tmp_path)
    assert done == (0, "['-odd.py', '--', '-x']\n", "")


def test_the_installed_command_runs_scripts_too(folder, tmp_path):
    """A console script is a file that pip writes, beside the interpreter."""
    command = tmp_path / "tinygrad-edu"
    command.write_text("import sys\nfrom tinygrad_edu.__main__ import main\nsys.exit(main())\n")
    for name in ("main", "crash", "exit_text", "interrupt"):
        script = write(folder, name, SCRIPTS[name])
        theirs = run(PYTHON, script, "x", cwd=tmp_path)
        assert run((sys.executable, command, "run"), script, "x", cwd=tmp_path) == theirs


@pytest.mark.parametrize("start", [PYTHON, RUN], ids=["python", "run"])
def test_a_loop_ends_when_it_is_interrupted(folder, start):
    script = write(
        folder,
        "loop",
        """
        import atexit
        atexit.register(print, 'bye', flush=True)
        print('ready', flush=True)
        while True:
            pass""",
    )
    process = subprocess.Popen(
        [*start, script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(),
        preexec_fn=let_be_interrupted,
    )  # fmt: skip
    try:
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, out) == (-signal.SIGINT, b"bye\n")
    told = [line for line in err.decode().splitlines() if line.strip(" ^~")]  # 3.12 has marks
    assert told[0] == "Traceback (most recent call last):"
    assert told[1].startswith(f'  File "{script}", line ') and told[1].endswith(" in <module>")
    assert (len(told), told[-1]) == (4, "KeyboardInterrupt")


def test_a_reader_that_leaves_is_pythons_matter(folder):
    script = write(folder, "lines", "for i in range(100_000): print(i)")
    ends = []
    for start in (PYTHON, RUN):
        command = f"{{ {' '.join(start)} '{script}'; echo $? >&2; }} | head -1"
        done = subprocess.run(
            ["bash", "-c", command], capture_output=True, env=environment(), timeout=60
        )
        ends.append((done.stdout, done.stderr))
    assert ends[0] == ends[1]
    assert b"BrokenPipeError" in ends[1][1]


def test_a_script_pays_for_nothing_but_the_engine(folder):
    # What is None is not imported; where torchvision is installed, that says that there is none.
    seen = "import sys; print(*sorted(name for name, module in sys.modules.items() if module))"
    script = write(folder, "modules", f"import tinygrad_edu; {seen}")
    theirs, ours = ({*done.out.split()} for done in both(script, cwd=folder))
    of_python_m = {"importlib._abc", "importlib.util", "runpy"}
    of_traceback = {"_colorize"}  # since Python 3.13
    assert ours - theirs - of_python_m - of_traceback == {
        "tinygrad_edu.app", "tinygrad_edu.app.scripts", "tinygrad_edu.app.scripts.aliases",
        "tinygrad_edu.app.scripts.identity", "tinygrad_edu.app.scripts.run",
        "tinygrad_edu.app.scripts.stack", "tinygrad_edu.app.scripts.torch_names", "traceback",
    }  # fmt: skip


# What torch is ------------------------------------------------------------------------------------

IMPORTS = """
import importlib, importlib.util, pickle, sys
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim.lr_scheduler
import torch.utils.data as data
import torch.backends.cudnn as cudnn
import torch.nn.modules.batchnorm as batchnorm
import torch.autograd.functional
from torch import nn as n, optim, Tensor
from torch.autograd import Function, Variable
from torch.nn.parameter import Parameter
from torch.nn.utils.rnn import pad_sequence
from torch.optim import lr_scheduler
from torch.optim.lr_scheduler import StepLR
from torch.optim.optimizer import Optimizer
from torch.utils.data import DataLoader, Dataset
from torch.nn import *

print(nn is torch.nn is n is importlib.import_module("torch.nn") is sys.modules["torch.nn"])
print(F is nn.functional, F.relu is torch.nn.functional.relu, Linear is nn.Linear)
print(lr_scheduler is torch.optim.lr_scheduler is optim.lr_scheduler, StepLR is lr_scheduler.StepLR)
print(data is torch.utils.data, DataLoader is data.DataLoader, Tensor is torch.Tensor)
print(isinstance(nn.BatchNorm1d(1), batchnorm._BatchNorm), nn.Parameter is Parameter)
print(cudnn is torch.backends.cudnn, cudnn.benchmark, issubclass(optim.SGD, Optimizer))
print(torch.autograd.functional.jacobian(torch.exp, torch.zeros(1)))
print(Function is torch.autograd.Function, isinstance(Variable(torch.ones(1)), Tensor))
print(importlib.util.find_spec("torch") is None, importlib.util.find_spec("torch.no_such") is None)
print(torch.float32, torch.Size([2]), repr(torch.device("cpu")), torch.ones(2), nn.Linear(2, 3))

for name in ("torch.no_such", "torch.no_such.thing", "torch.nn.linear", "torch.later"):
    try:
        importlib.import_module(name)
    except ImportError as error:
        print(type(error), error, error.name)
for line in ("from torch import nothing", "torch.nothing", "torch.ones(1).nothing", "nn.Nothing()"):
    try:
        exec(line)
    except ImportError as error:
        print(type(error))
    except AttributeError as error:
        print(type(error), error.name)
print(hasattr(torch, "nothing"), getattr(nn, "nothing", 3), hasattr(torch.ones(1), "nothing"))

for thing in (torch.ones(2), torch.float32, torch.bool, torch.Size([3]), torch.device("cpu"),
              nn.Linear, nn.Linear(1, 2), optim.Adam, Parameter(torch.ones(1)), Tensor):
    again = pickle.loads(pickle.dumps(thing))
    print(type(again) is type(thing), str(again) == str(thing))

class Squares(Dataset):
    def __len__(self):
        return 4
    def __getitem__(self, i):
        return torch.tensor(i) ** 2

for batch in DataLoader(Squares(), 2, num_workers=2, multiprocessing_context="fork"):
    print(batch)
def twice(x):
    return torch.cat([x, x], 1)
twice(torch.ones(2))
"""


def test_imports_find_this_library_wherever_they_find_pytorch(servers, folder):
    script = write(folder, "imports", IMPORTS)
    theirs = servers.run("PyTorch", script, cwd=folder)
    ours = run(RUN, script, cwd=folder)
    assert ours.out.splitlines() == theirs.out.splitlines()
    assert ours.code == theirs.code == 1
    assert steps(ours.err, script)[:-1] == steps(theirs.err, script)[:-1]
    assert [step.partition(", in ")[2] for step in steps(ours.err, script)[:2]] == [
        "<module>",
        "twice",
    ]
    assert steps(ours.err, script)[-1].startswith("IndexError: Dimension out of range")
    assert "/tinygrad_edu/ops/" in ours.err and "/app/" not in ours.err


#: Modules in the same places that have not the same in them.
UNLIKE = {"torch.ops", "torch.serialization", "torch.storage"}


def test_the_table_lists_pytorchs_modules_that_are_here():
    for name in MODULES:
        importlib.import_module(name)
    folder = Path(tinygrad_edu.__file__).parent
    for file in folder.rglob("*.py"):
        parts = ["torch", *file.relative_to(folder).with_suffix("").parts]
        name = ".".join(parts).removesuffix(".__init__")
        if "app" not in parts and is_theirs(name):
            assert (name in MODULES) != (name in UNLIKE), f"{name}: see app/scripts/torch_names.py"


def is_theirs(name):
    try:
        return name in sys.modules or importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def test_processes_that_begin_afresh_find_this_library_too(folder):
    script = write(
        folder,
        "afresh",
        """
        import multiprocessing
        import torch.nn as nn
        def name(x): return f"{x} {'tinygrad_edu' in nn.__file__} {__name__}"
        if __name__ == "__main__":
            for method in ("spawn", "forkserver"):
                with multiprocessing.get_context(method).Pool(1) as pool:
                    print(pool.map(name, [nn.Identity()]))""",
    )
    done = run(RUN, script, cwd=folder)
    assert done == (0, "['Identity() True __mp_main__']\n" * 2, "")


def test_no_installed_torch_is_touched(folder):
    script = write(
        folder,
        "untouched",
        "import torch, sys; print(sys.modules['torch'].__file__, 'torch._C' in sys.modules)",
    )
    done = run(RUN, script, cwd=folder)
    assert done == (0, f"{tinygrad_edu.__file__} False\n", "")


def test_pickles_of_this_library_can_be_read(servers, folder):
    thing = {"x": tinygrad_edu.ones(2), "model": tinygrad_edu.nn.Linear(1, 1)}
    (folder / "thing.pickle").write_bytes(pickle.dumps(thing))
    script = write(
        folder,
        "unpickle",
        """
        import pickle, torch
        thing = pickle.load(open("thing.pickle", "rb"))
        print(thing["x"], thing["model"], isinstance(thing["model"], torch.nn.Module))""",
    )
    done = servers.run("tinygrad_edu", "run", script, cwd=folder)
    expected = "tensor([1., 1.]) Linear(in_features=1, out_features=1, bias=True) True\n"
    assert done == (0, expected, "")
