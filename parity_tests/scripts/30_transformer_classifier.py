"""Which token comes most often? nn.TransformerEncoder with a mask for padding, and all about it."""

import copy
import math

import torch
import torch.nn as nn
from torch.distributions import Categorical
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(0)
PAD, VOCAB, CLASSES = 0, 5, 4


class MajorityDataset(Dataset):
    def __init__(self, n, low=4, high=9):
        self.items = []
        for _ in range(n):
            label = torch.randint(0, CLASSES, ()).item()
            length = torch.randint(low, high, (1,)).item()
            probs = torch.full((CLASSES,), 0.15).scatter(0, torch.tensor([label]), 0.55)
            tokens = Categorical(probs=probs).sample((length,)) + 1
            self.items.append((tokens, int(torch.bincount(tokens, minlength=VOCAB)[1:].argmax())))

    def __len__(self):
        return len(self.items)

    def __getitem__(self, idx):
        return self.items[idx]


def collate_fn(batch):
    tokens, labels = zip(*batch)
    padded = torch.full((len(batch), max(map(len, tokens))), PAD)
    for row, t in zip(padded, tokens):
        row[: len(t)] = t
    return padded, torch.tensor(labels)


class PositionalEncoding(nn.Module):
    def __init__(self, d_model, dropout=0.1, max_len=32):
        super().__init__()
        self.dropout = nn.Dropout(p=dropout)
        position = torch.arange(max_len).unsqueeze(1)
        div_term = torch.exp(torch.arange(0, d_model, 2) * (-math.log(10000.0) / d_model))
        pe = torch.zeros(max_len, d_model)
        pe[:, 0::2] = torch.sin(position * div_term)
        pe[:, 1::2] = torch.cos(position * div_term)
        self.register_buffer("pe", pe)

    def forward(self, x):
        return self.dropout(x + self.pe[: x.size(1)])


class TransformerClassifier(nn.Module):
    def __init__(self, d_model=16, nhead=2, nlayers=2):
        super().__init__()
        self.d_model = d_model
        self.embedding = nn.Embedding(VOCAB, d_model, padding_idx=PAD)
        self.pos_encoder = PositionalEncoding(d_model)
        layer = nn.TransformerEncoderLayer(d_model, nhead, 32, dropout=0.1, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, nlayers, enable_nested_tensor=False)
        self.decoder = nn.Linear(d_model, CLASSES)
        for p in self.parameters():
            if p.dim() > 1:
                nn.init.xavier_uniform_(p)

    def forward(self, src):
        mask = src == PAD
        x = self.pos_encoder(self.embedding(src) * math.sqrt(self.d_model))
        x = self.encoder(x, src_key_padding_mask=mask)
        x = x.masked_fill(mask.unsqueeze(-1), 0.0).sum(1) / (~mask).sum(1, keepdim=True)
        return self.decoder(x)


train, test = MajorityDataset(160), MajorityDataset(60)
loader = DataLoader(train, batch_size=20, shuffle=True, collate_fn=collate_fn)
print(train[0], collate_fn([train[i] for i in range(3)]))
model = TransformerClassifier()
print(model)
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
average = copy.deepcopy(model)
for epoch in range(4):
    model.train()
    losses = []
    for tokens, labels in loader:
        loss = nn.functional.cross_entropy(model(tokens), labels)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        optimizer.step()
        losses.append(loss.item())
        with torch.no_grad():  # a moving average of the weights
            for a, p in zip(average.parameters(), model.parameters()):
                a.lerp_(p, 0.1)
    print(f"epoch {epoch + 1}: loss {sum(losses) / len(losses):.3f}")
model.eval()
x, y = collate_fn(list(test))
with torch.no_grad():
    print(f"accuracy {(model(x).argmax(-1) == y).float().mean():.2f}")
    print(f"of the average {(average.eval()(x).argmax(-1) == y).float().mean():.2f}")
    print(
        "padding changes nothing:",
        torch.allclose(model(x[:4]), model(torch.nn.functional.pad(x[:4], (0, 2))), atol=1e-5),
    )

attention = nn.MultiheadAttention(8, 2, batch_first=True)
q = torch.randn(1, 4, 8)
causal = torch.triu(torch.ones(4, 4, dtype=torch.bool), diagonal=1)
out, weights = attention(q, q, q, attn_mask=causal)
print(out.shape, torch.allclose(weights.tril().sum(-1), torch.ones(1, 4)), weights[0, 0])
by_sdpa = nn.functional.scaled_dot_product_attention(q, q, q, is_causal=True)
scores = (torch.einsum("bqd,bkd->bqk", q, q) / math.sqrt(8)).masked_fill(causal, -math.inf)
print(torch.allclose(by_sdpa, scores.softmax(-1) @ q, atol=1e-6))
