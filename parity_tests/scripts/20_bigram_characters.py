"""A bigram model of characters: counting, then the same as a net of one layer."""

import torch
import torch.nn.functional as F

names = """anna bella carla dora emma flora greta hanna ida jana karla lena maria nora olga paula
rosa sara tina ute vera wanda adam bernd carl david emil fred georg hans ivan jan karl leo max noah
otto paul rolf simon tom ulf victor willi""".split()
print(len(names), min(len(n) for n in names), max(len(n) for n in names))

chars = sorted(set("".join(names)))
stoi = {s: i + 1 for i, s in enumerate(chars)}
stoi["."] = 0
itos = {i: s for s, i in stoi.items()}
V = len(stoi)

N = torch.zeros((V, V), dtype=torch.int32)
for w in names:
    chs = ["."] + list(w) + ["."]
    for ch1, ch2 in zip(chs, chs[1:]):
        N[stoi[ch1], stoi[ch2]] += 1
print(N[0], N.sum(), N.dtype)
print(N[:6, :6])

g = torch.Generator().manual_seed(2147483647)
p = N[0].float()
p = p / p.sum()
print(p)
print(
    [itos[ix] for ix in torch.multinomial(p, num_samples=5, replacement=True, generator=g).tolist()]
)

P = (N + 1).float()
P /= P.sum(1, keepdim=True)
print(P.shape, P[0].sum())


def sample(generator):
    out, ix = [], 0
    while True:
        ix = torch.multinomial(P[ix], num_samples=1, replacement=True, generator=generator).item()
        out.append(itos[ix])
        if ix == 0:
            return "".join(out)


for _ in range(6):
    print(sample(g))

log_likelihood, n = 0.0, 0
for w in names[:3]:
    chs = ["."] + list(w) + ["."]
    for ch1, ch2 in zip(chs, chs[1:]):
        prob = P[stoi[ch1], stoi[ch2]]
        logprob = torch.log(prob)
        log_likelihood += logprob
        n += 1
        print(f"{ch1}{ch2}: {prob:.4f} {logprob:.4f}")
print(f"{log_likelihood=}")
print(f"{-log_likelihood / n:.4f}")

# The net: its weights become the logarithms of the counts.
xs, ys = [], []
for w in names:
    chs = ["."] + list(w) + ["."]
    for ch1, ch2 in zip(chs, chs[1:]):
        xs.append(stoi[ch1])
        ys.append(stoi[ch2])
xs, ys = torch.tensor(xs), torch.tensor(ys)
num = xs.nelement()
print("number of examples:", num)
g = torch.Generator().manual_seed(2147483647)
W = torch.randn((V, V), generator=g, requires_grad=True)
xenc = F.one_hot(xs, num_classes=V).float()
print(xenc.shape, xenc.dtype)
for k in range(60):
    logits = xenc @ W
    counts = logits.exp()
    probs = counts / counts.sum(1, keepdims=True)
    loss = -probs[torch.arange(num), ys].log().mean() + 0.01 * (W**2).mean()
    if k % 10 == 0:
        print(k, f"{loss.item():.4f}")
    W.grad = None
    loss.backward()
    W.data += -20 * W.grad
print(f"{loss.item():.4f}")
out, ix = [], 0
while len(out) < 12:
    p = F.softmax(F.one_hot(torch.tensor([ix]), V).float() @ W, dim=1)
    ix = torch.multinomial(p, num_samples=1, replacement=True, generator=g).item()
    out.append(itos[ix])
print("".join(out))
