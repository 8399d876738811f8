"""Names of PyTorch's that an import may ask for."""

from __future__ import annotations

PACKAGE = __name__.partition(".")[0]  # this library


def children(parent: str, names: str) -> list[str]:
    return [f"{parent}.{name}" for name in names.split()]


#: PyTorch's modules of which there may be one here in the same place. (This library has files that
#: are no modules of PyTorch's, as ``nn/linear.py``, or have other things in them: ``storage.py``.)
MODULES = frozenset(
    [
        "torch",
        *children(
            "torch",
            """
            accelerator amp autograd backends compiler cuda distributed distributions fft func
            functional hub jit linalg mps multiprocessing nn onnx optim profiler random return_types
            signal special testing torch_version types utils version xpu""",
        ),
        *children("torch.amp", "autocast_mode grad_scaler"),
        *children(
            "torch.autograd",
            """
            anomaly_mode forward_ad function functional grad_mode gradcheck graph profiler
            variable""",
        ),
        *children("torch.backends", "cuda cudnn mkl mkldnn mps openmp"),
        *children("torch.cuda", "amp random"),
        *children("torch.cuda.amp", "autocast_mode grad_scaler"),
        *children(
            "torch.distributions",
            """
            bernoulli beta binomial categorical cauchy chi2 constraint_registry
            constraints continuous_bernoulli dirichlet distribution exp_family
            exponential fishersnedecor gamma generalized_pareto geometric gumbel
            half_cauchy half_normal independent inverse_gamma kl kumaraswamy laplace
            lkj_cholesky log_normal logistic_normal lowrank_multivariate_normal
            mixture_same_family multinomial multivariate_normal negative_binomial normal
            one_hot_categorical pareto poisson relaxed_bernoulli relaxed_categorical
            studentT transformed_distribution transforms uniform utils von_mises weibull
            wishart""",
        ),
        *children(
            "torch.nn", "attention common_types functional init modules parallel parameter utils"
        ),
        *children(
            "torch.nn.modules",
            """
            activation adaptive batchnorm channelshuffle container conv distance dropout flatten
            fold instancenorm lazy linear loss module normalization padding pixelshuffle pooling rnn
            sparse transformer upsampling utils""",
        ),
        *children("torch.nn.parallel", "data_parallel distributed"),
        *children(
            "torch.nn.utils",
            """
            clip_grad convert_parameters fusion init parametrizations parametrize prune rnn
            spectral_norm stateless weight_norm""",
        ),
        *children(
            "torch.optim",
            """
            adadelta adagrad adam adamax adamw asgd lbfgs lr_scheduler nadam optimizer radam rmsprop
            rprop sgd swa_utils""",
        ),
        *children("torch.signal", "windows"),
        *children("torch.signal.windows", "windows"),
        *children("torch.utils", "_pytree benchmark checkpoint data hooks model_zoo"),
        *children("torch.utils.benchmark", "utils"),
        *children("torch.utils.benchmark.utils", "common timer"),
        *children("torch.utils.data", "_utils dataloader dataset distributed sampler"),
        *children("torch.utils.data._utils", "collate fetch worker"),
    ]
)

#: Packages of their own that are built on PyTorch's compiled code.
ELSEWHERE = ("torchaudio", "torchtext", "torchvision")

#: What names of PyTorch's, and of these, begin with.
ROOTS = ("torch", *ELSEWHERE)
