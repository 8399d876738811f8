"""Calls of loaders, samplers, schedulers and of save and load, right and wrong ones.

Each row is an expression, evaluated on both sides: the results must print alike, or the exceptions
be of one type. Names in them: `lib`; `data`, its utils.data; `lr`, its optim.lr_scheduler; `ds`, a
data set of five samples; `opt`, an optimizer; `io`.
"""

import io
import warnings

import pytest
import torch
import torch.utils.data

import tinygrad_edu

from .judge import count_case
from .runner import compare_errors
from .wrong_calls import ERRORS

DATA = (
    "data.DataLoader(ds,batch_size=0)", "data.DataLoader(ds,batch_size=-1)",
    "data.DataLoader(ds,batch_size=1.5)", "data.DataLoader(ds,batch_size='a')",
    "data.DataLoader(ds,batch_size=None,drop_last=True)", "data.DataLoader(ds,batch_size=True)",
    "list(data.DataLoader(ds,batch_size=None,shuffle=False))",
    "data.DataLoader(ds,shuffle=True,sampler=[0,1])",
    "data.DataLoader(ds,batch_sampler=[[0]],batch_size=2)",
    "data.DataLoader(ds,batch_sampler=[[0]],shuffle=True)",
    "data.DataLoader(ds,batch_sampler=[[0]],drop_last=True)",
    "data.DataLoader(ds,batch_sampler=[[0]],sampler=[0])",
    "list(data.DataLoader(ds,batch_sampler=[[0,1],[2]]))",
    "list(data.DataLoader(ds,sampler=[3,1],batch_size=2))", "data.DataLoader(ds,num_workers=-1)",
    "data.DataLoader(ds,num_workers=0,prefetch_factor=2)",
    "data.DataLoader(ds,num_workers=0,persistent_workers=True)", "data.DataLoader(ds,timeout=-1)",
    "list(data.DataLoader(ds,timeout=1))", "data.DataLoader(ds,num_workers='a')",
    "data.DataLoader(ds,prefetch_factor=-1,num_workers=1)",
    "list(data.DataLoader(ds,2,True,generator=lib.Generator().manual_seed(3)))",
    "list(data.DataLoader(ds,2,shuffle='yes',generator=lib.Generator().manual_seed(3)))",
    "list(data.DataLoader(ds,2,shuffle=0))",
    "list(data.DataLoader(ds,3,collate_fn=lambda b:len(b)))",
    "list(data.DataLoader(ds,3,drop_last=True))", "data.DataLoader(3)", "data.DataLoader(None)",
    "list(data.DataLoader([1,2,3],2))", "data.DataLoader([],2)",
    "list(data.DataLoader([],2,shuffle=True))",
    "data.DataLoader(ds,2,multiprocessing_context='fork')",
    "data.DataLoader(ds,2,multiprocessing_context='nope',num_workers=1)",
    "len(data.DataLoader(ds,3)),len(data.DataLoader(ds,3,drop_last=True))",
    "data.DataLoader(ds,2,pin_memory_device='cuda')", "data.DataLoader(ds,worker_init_fn=3)",
    "[len(s) for s in data.random_split(ds,[2,3])]",
    "[len(s) for s in data.random_split(ds,[0.5,0.5])]",
    "[len(s) for s in data.random_split(ds,[0.3,0.3,0.4])]", "data.random_split(ds,[0.5,0.6])",
    "data.random_split(ds,[2,2])", "data.random_split(ds,[1.5,3.5])",
    "data.random_split(ds,[0.2,0.2])", "data.random_split(ds,[-0.5,0.5])",
    "data.random_split(ds,5)", "data.random_split(ds,'a')", "data.random_split(ds,[])",
    "data.random_split(ds,[5.0])", "data.random_split(ds,[1.0])",
    "data.random_split(ds,[2,3],generator=3)",
    "[s.indices for s in data.random_split(ds,[2,3],lib.Generator().manual_seed(1))]",
    "[s.indices for s in data.random_split(ds,lengths=(0.4,0.6),"
    "generator=lib.Generator().manual_seed(1))]",
    "data.TensorDataset(lib.ones(2),lib.ones(3))", "data.TensorDataset(1)",
    "len(data.TensorDataset())", "data.Subset(ds,[0,2])[1]", "data.ConcatDataset([])",
    "data.ConcatDataset([ds,ds])[-1]", "data.ConcatDataset([ds])[9]",
    "data.WeightedRandomSampler([1,2],0)", "data.WeightedRandomSampler([1,2],1.5)",
    "data.WeightedRandomSampler([1,2],True)", "data.WeightedRandomSampler([[1,2]],2)",
    "data.WeightedRandomSampler([1,2],2,replacement=1)", "data.RandomSampler(ds,num_samples=0)",
    "data.RandomSampler(ds,replacement=1)", "data.RandomSampler(ds,num_samples=-1)",
    "data.RandomSampler(ds,num_samples=2.5)", "data.BatchSampler([0,1],0,False)",
    "data.BatchSampler([0,1],2,1)", "data.BatchSampler([0,1],True,False)",
    "list(data.BatchSampler([0,1,2],2,False))",
    "list(data.SubsetRandomSampler([1,2],generator=lib.Generator().manual_seed(1)))",
)  # fmt: skip

SCHEDULERS = (
    "lr.StepLR(opt,0)", "lr.StepLR(opt,'a')", "lr.StepLR(3,1)", "lr.StepLR(opt,1,verbose=True)",
    "lr.StepLR(opt,1,last_epoch=3)", "lr.StepLR(opt,1,0.1,-1).get_last_lr()", "lr.StepLR(opt)",
    "lr.StepLR(opt,1,gamma='a')", "lr.MultiStepLR(opt,[2,1]).get_last_lr()",
    "lr.MultiStepLR(opt,3)", "lr.ExponentialLR(opt)", "lr.ExponentialLR(opt,0.5).state_dict()",
    "lr.LambdaLR(opt,[lambda e:1,lambda e:2])", "lr.LambdaLR(opt,3)",
    "lr.LambdaLR(opt,lambda e:0.5).get_last_lr()", "lr.CosineAnnealingLR(opt,0)",
    "lr.CosineAnnealingLR(opt,5).state_dict()", "lr.CosineAnnealingWarmRestarts(opt,0)",
    "lr.CosineAnnealingWarmRestarts(opt,2,T_mult=0)", "lr.CosineAnnealingWarmRestarts(opt,2.5)",
    "lr.LinearLR(opt,start_factor=0)", "lr.LinearLR(opt,start_factor=2)",
    "lr.LinearLR(opt,end_factor=-1)", "lr.ConstantLR(opt,2)", "lr.PolynomialLR(opt,0)",
    "lr.CyclicLR(opt,0.1,0.2).get_last_lr()", "lr.CyclicLR(opt,0.1,0.2,mode='x')",
    "lr.CyclicLR(opt,[0.1,0.2],0.2)", "lr.OneCycleLR(opt,0.1)",
    "lr.OneCycleLR(opt,0.1,total_steps=0)", "lr.OneCycleLR(opt,0.1,total_steps=-1)",
    "lr.OneCycleLR(opt,0.1,epochs=2)", "lr.OneCycleLR(opt,0.1,total_steps=10,pct_start=2)",
    "lr.OneCycleLR(opt,0.1,total_steps=10,anneal_strategy='x')",
    "lr.OneCycleLR(opt,0.1,total_steps=10.5)", "lr.ReduceLROnPlateau(opt,factor=1.0)",
    "lr.ReduceLROnPlateau(opt,mode='x')", "lr.ReduceLROnPlateau(opt,min_lr=[1,2])",
    "lr.ReduceLROnPlateau(opt,threshold_mode='x')", "lr.ReduceLROnPlateau(opt).step()",
    "lr.ReduceLROnPlateau(opt).step('a')", "lr.ReduceLROnPlateau(opt,verbose=True)",
    "lr.SequentialLR(opt,[lr.ConstantLR(opt)],[2])", "lr.SequentialLR(opt,[],[])",
    "lr.ChainedScheduler([])", "lr.ChainedScheduler([lr.ConstantLR(opt)]).get_last_lr()",
    "lr.StepLR(opt,2).load_state_dict({})", "lr.StepLR(opt,2).print_lr()",
    "lr.StepLR(opt,2).get_lr()",
)  # fmt: skip

FILES = (
    "lib.save(lib.ones(2))", "lib.save(lib.ones(2),3)", "lib.load(3)", "lib.load('/nowhere/x.pt')",
    "lib.save(lib.ones(2),'/nowhere/x.pt')",
)  # fmt: skip


def end(expression, library):
    """What an expression gives, and what it raises."""
    library.manual_seed(0)
    names = {
        "lib": library,
        "data": library.utils.data,
        "lr": library.optim.lr_scheduler,
        "ds": library.utils.data.TensorDataset(library.arange(5)),
        "opt": library.optim.SGD([library.ones(1, requires_grad=True)], lr=0.1),
        "io": io,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return eval(expression, names), None
        except (*ERRORS, OSError, AssertionError) as error:
            return None, error


@pytest.mark.parametrize("expression", (*DATA, *SCHEDULERS, *FILES), ids=str)
def test_call(expression):
    count_case()
    expected, their_error = end(expression, torch)
    got, error = end(expression, tinygrad_edu)
    compare_errors(error, their_error)
    assert type(got).__name__ == type(expected).__name__
    if " object at 0x" not in repr(expected):
        assert repr(got) == repr(expected)
