"""Learning-rate schedules: what each does to the rate, and one at work on a small problem."""

import torch
import torch.nn as nn
import torch.optim as optim
from torch.optim import lr_scheduler
from torch.optim.lr_scheduler import CosineAnnealingLR, LambdaLR, ReduceLROnPlateau, StepLR


def fresh(lr=0.1):
    return optim.SGD([nn.Parameter(torch.zeros(2))], lr=lr, momentum=0.9)


schedules = {
    "step": lambda o: StepLR(o, step_size=3, gamma=0.5),
    "multistep": lambda o: lr_scheduler.MultiStepLR(o, milestones=[2, 5], gamma=0.1),
    "exponential": lambda o: lr_scheduler.ExponentialLR(o, gamma=0.9),
    "cosine": lambda o: CosineAnnealingLR(o, T_max=8, eta_min=0.001),
    "restarts": lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, T_0=3, T_mult=2),
    "lambda": lambda o: LambdaLR(o, lr_lambda=lambda epoch: 1 / (epoch + 1)),
    "multiplicative": lambda o: lr_scheduler.MultiplicativeLR(o, lambda epoch: 0.95),
    "linear": lambda o: lr_scheduler.LinearLR(o, start_factor=0.1, total_iters=4),
    "constant": lambda o: lr_scheduler.ConstantLR(o, factor=0.5, total_iters=3),
    "polynomial": lambda o: lr_scheduler.PolynomialLR(o, total_iters=6, power=2.0),
    "cyclic": lambda o: lr_scheduler.CyclicLR(o, base_lr=0.01, max_lr=0.1, step_size_up=3),
    "one cycle": lambda o: lr_scheduler.OneCycleLR(o, max_lr=0.3, total_steps=9),
    "warmup then cosine": lambda o: lr_scheduler.SequentialLR(
        o, [lr_scheduler.LinearLR(o, 0.25, total_iters=3), CosineAnnealingLR(o, 5)], milestones=[3]
    ),
    "chained": lambda o: lr_scheduler.ChainedScheduler(
        [StepLR(o, 4), lr_scheduler.ExponentialLR(o, 0.9)]
    ),
}
for name, make in schedules.items():
    optimizer = fresh()
    scheduler = make(optimizer)
    rates = []
    for epoch in range(8):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    print(f"{name:>18}", " ".join(f"{rate:.4f}" for rate in rates), scheduler.get_last_lr())

optimizer = fresh()
plateau = ReduceLROnPlateau(optimizer, mode="min", factor=0.1, patience=1)
for loss in (1.0, 0.8, 0.8, 0.81, 0.79, 0.9, 0.9, 0.9):
    plateau.step(loss)
    print(loss, optimizer.param_groups[0]["lr"], plateau.num_bad_epochs)


class NoamSchedule(lr_scheduler.LRScheduler):
    """The warm-up of "Attention is all you need"."""

    def __init__(self, optimizer, d_model, warmup, last_epoch=-1):
        self.d_model, self.warmup = d_model, warmup
        super().__init__(optimizer, last_epoch)

    def get_lr(self):
        step = max(1, self.last_epoch)
        scale = self.d_model**-0.5 * min(step**-0.5, step * self.warmup**-1.5)
        return [base * scale for base in self.base_lrs]


# At work: two groups of parameters, each with its rate.
torch.manual_seed(1)
body, head = nn.Linear(5, 8), nn.Linear(8, 1)
optimizer = optim.SGD(
    [{"params": body.parameters(), "lr": 0.5}, {"params": head.parameters(), "weight_decay": 1e-4}],
    lr=1.0,
)
scheduler = NoamSchedule(optimizer, d_model=16, warmup=4)
x = torch.randn(64, 5)
y = (x[:, :2].prod(1, keepdim=True)).tanh()
for epoch in range(12):
    optimizer.zero_grad()
    loss = (head(body(x).relu()) - y).square().mean()
    loss.backward()
    optimizer.step()
    scheduler.step()
    if epoch % 3 == 2:
        print(epoch + 1, f"{loss.item():.4f}", [f"{g['lr']:.4f}" for g in optimizer.param_groups])
print(optimizer)
saved = scheduler.state_dict()
print(sorted(saved), saved["last_epoch"])
