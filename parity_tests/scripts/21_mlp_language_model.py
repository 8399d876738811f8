"""A language model of characters: embeddings, one hidden layer, and batch-norm made by hand."""

import random

import torch
import torch.nn.functional as F

words = """apple apricot banana blueberry cherry citron currant date elder fig grape guava kiwi
lemon lime lychee mango medlar melon nectarine olive orange papaya peach pear persimmon pineapple
plum pomelo quince raisin raspberry sloe strawberry tangerine walnut""".split()
chars = sorted(list(set("".join(words))))
stoi = {s: i + 1 for i, s in enumerate(chars)}
stoi["."] = 0
itos = {i: s for s, i in stoi.items()}
vocab_size, block_size = len(itos), 3


def build_dataset(words):
    X, Y = [], []
    for w in words:
        context = [0] * block_size
        for ch in w + ".":
            ix = stoi[ch]
            X.append(context)
            Y.append(ix)
            context = context[1:] + [ix]
    X, Y = torch.tensor(X), torch.tensor(Y)
    print(X.shape, Y.shape)
    return X, Y


random.seed(42)
random.shuffle(words)
n1, n2 = int(0.8 * len(words)), int(0.9 * len(words))
Xtr, Ytr = build_dataset(words[:n1])
Xdev, Ydev = build_dataset(words[n1:n2])
for context, target in zip(Xtr[:4], Ytr[:4]):
    print("".join(itos[i.item()] for i in context), "-->", itos[target.item()])

n_embd, n_hidden = 6, 40
g = torch.Generator().manual_seed(2147483647)
C = torch.randn((vocab_size, n_embd), generator=g, dtype=torch.float64)
W1 = torch.randn((n_embd * block_size, n_hidden), generator=g, dtype=torch.float64)
W1 *= (5 / 3) / (n_embd * block_size) ** 0.5
W2 = torch.randn((n_hidden, vocab_size), generator=g, dtype=torch.float64) * 0.01
b2 = torch.zeros(vocab_size, dtype=torch.float64)
bngain = torch.ones((1, n_hidden), dtype=torch.float64)
bnbias = torch.zeros((1, n_hidden), dtype=torch.float64)
bnmean_running, bnstd_running = torch.zeros_like(bnbias), torch.ones_like(bngain)
parameters = [C, W1, W2, b2, bngain, bnbias]
print(sum(p.nelement() for p in parameters))
for p in parameters:
    p.requires_grad = True

batch_size, lossi, ud = 32, [], []
for i in range(120):
    ix = torch.randint(0, Xtr.shape[0], (batch_size,), generator=g)
    Xb, Yb = Xtr[ix], Ytr[ix]
    emb = C[Xb]
    hpreact = emb.view(emb.shape[0], -1) @ W1
    bnmeani = hpreact.mean(0, keepdim=True)
    bnstdi = hpreact.std(0, keepdim=True)
    hpreact = bngain * (hpreact - bnmeani) / bnstdi + bnbias
    with torch.no_grad():
        bnmean_running = 0.95 * bnmean_running + 0.05 * bnmeani
        bnstd_running = 0.95 * bnstd_running + 0.05 * bnstdi
    h = torch.tanh(hpreact)
    logits = h @ W2 + b2
    loss = F.cross_entropy(logits, Yb)
    for p in parameters:
        p.grad = None
    loss.backward()
    lr = 0.5 if i < 90 else 0.05
    with torch.no_grad():
        ud.append([((lr * p.grad).std() / p.data.std()).log10().item() for p in (C, W1, W2)])
    for p in parameters:
        p.data += -lr * p.grad
    if i % 30 == 0:
        print(f"{i:7d}/{120:7d}: {loss.item():.4f}")
    lossi.append(loss.log10().item())
print(torch.tensor(lossi).view(-1, 30).mean(1))
print("update to data:", torch.tensor(ud)[-1], "saturated:", (h.abs() > 0.97).float().mean())


@torch.no_grad()
def split_loss(split):
    x, y = {"train": (Xtr, Ytr), "val": (Xdev, Ydev)}[split]
    hpreact = C[x].flatten(1) @ W1
    h = torch.tanh(bngain * (hpreact - bnmean_running) / bnstd_running + bnbias)
    print(split, f"{F.cross_entropy(h @ W2 + b2, y).item():.4f}")


split_loss("train")
split_loss("val")
g = torch.Generator().manual_seed(2147483647 + 10)
for _ in range(4):
    out, context = [], [0] * block_size
    while len(out) < 12:
        hpreact = C[torch.tensor([context])].view(1, -1) @ W1
        h = torch.tanh(bngain * (hpreact - bnmean_running) / bnstd_running + bnbias)
        probs = F.softmax(h @ W2 + b2, dim=1)
        ix = torch.multinomial(probs, num_samples=1, generator=g).item()
        context = context[1:] + [ix]
        out.append(ix)
        if ix == 0:
            break
    print("".join(itos[i] for i in out))
