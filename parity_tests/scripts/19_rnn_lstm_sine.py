"""Predicting a sine wave with an RNN, an LSTM, a GRU and an LSTM cell by cell."""

import numpy as np
import torch
import torch.nn as nn

torch.manual_seed(0)
np.random.seed(0)
seq_length, hidden_size = 20, 16
time_steps = np.linspace(0, 8 * np.pi, 160)
data = torch.tensor(np.sin(time_steps), dtype=torch.float32)
windows = data.unfold(0, seq_length + 1, 3)
x, y = windows[:, :-1].unsqueeze(-1), windows[:, 1:].unsqueeze(-1)
print(windows.shape, x.shape, y.shape)


class Recurrent(nn.Module):
    def __init__(self, kind, input_size, hidden_size, num_layers=1, output_size=1):
        super().__init__()
        self.rnn = getattr(nn, kind)(input_size, hidden_size, num_layers, batch_first=True)
        self.fc = nn.Linear(hidden_size, output_size)

    def forward(self, x, hidden=None):
        out, hidden = self.rnn(x, hidden)
        return self.fc(out), hidden


class ByCell(nn.Module):
    """Two LSTM cells over each other, one number after the other, and on into the future."""

    def __init__(self, hidden=12):
        super().__init__()
        self.hidden = hidden
        self.lstm1 = nn.LSTMCell(1, hidden)
        self.lstm2 = nn.LSTMCell(hidden, hidden)
        self.linear = nn.Linear(hidden, 1)

    def forward(self, input, future=0):
        outputs = []
        h_t = c_t = h_t2 = c_t2 = torch.zeros(input.size(0), self.hidden, dtype=input.dtype)
        for input_t in input.split(1, dim=1):
            h_t, c_t = self.lstm1(input_t.squeeze(1), (h_t, c_t))
            h_t2, c_t2 = self.lstm2(h_t, (h_t2, c_t2))
            output = self.linear(h_t2)
            outputs += [output]
        for _ in range(future):
            h_t, c_t = self.lstm1(output, (h_t, c_t))
            h_t2, c_t2 = self.lstm2(h_t, (h_t2, c_t2))
            output = self.linear(h_t2)
            outputs += [output]
        return torch.stack(outputs, dim=1)


criterion = nn.MSELoss()
for kind, layers in (("RNN", 1), ("LSTM", 2), ("GRU", 1)):
    torch.manual_seed(0)
    model = Recurrent(kind, 1, hidden_size, layers)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for step in range(15):
        prediction, hidden = model(x)
        loss = criterion(prediction, y)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if step % 5 == 4:
            print(f"{kind}: step {step + 1}, loss {loss.item():.4f}")
    state = hidden[0] if isinstance(hidden, tuple) else hidden
    print(model, tuple(state.shape), [n for n, _ in model.rnn.named_parameters()])

# Batch after batch, the hidden state carried on but cut off from the graph.
model = Recurrent("RNN", 1, 8)
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
hidden = None
for i, chunk in enumerate(data[:120].view(-1, 24)):
    prediction, hidden = model(chunk[None, :-1, None], hidden)
    hidden = hidden.data
    loss = criterion(prediction.squeeze(), chunk[1:])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(i, f"{loss.item():.4f}", hidden.shape)

model = ByCell().double()
optimizer = torch.optim.LBFGS(model.parameters(), lr=0.5, max_iter=4)


def closure():
    optimizer.zero_grad()
    out = model(x.double()[:8])
    loss = criterion(out, y.double()[:8])
    loss.backward()
    return loss


for i in range(2):
    loss = optimizer.step(closure)
    print("STEP:", i, f"loss: {loss.item():.4f}")
