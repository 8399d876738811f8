"""Deep Q-learning on a grid of 4 x 4, with a replay memory and a target network."""

import random
from collections import deque, namedtuple

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim

Transition = namedtuple("Transition", ("state", "action", "next_state", "reward"))


class Grid:
    """From a corner to the other; a hole in between; left, right, up, down."""

    size, goal, hole = 4, (3, 3), (1, 2)

    def reset(self):
        self.at, self.steps = (0, 0), 0
        return self.state()

    def state(self):
        one = torch.zeros(self.size * self.size)
        one[self.at[0] * self.size + self.at[1]] = 1
        return one.unsqueeze(0)

    def step(self, action):
        dy, dx = [(0, -1), (0, 1), (-1, 0), (1, 0)][action]
        self.at = tuple(min(max(a + d, 0), self.size - 1) for a, d in zip(self.at, (dy, dx)))
        self.steps += 1
        reward = {self.goal: 1.0, self.hole: -1.0}.get(self.at, -0.04)
        done = self.at in (self.goal, self.hole)
        return self.state(), reward, done, self.steps >= 30


class ReplayMemory:
    def __init__(self, capacity):
        self.memory = deque([], maxlen=capacity)

    def push(self, *args):
        self.memory.append(Transition(*args))

    def sample(self, batch_size):
        return random.sample(self.memory, batch_size)

    def __len__(self):
        return len(self.memory)


class DQN(nn.Module):
    def __init__(self, n_observations, n_actions):
        super().__init__()
        self.layer1 = nn.Linear(n_observations, 32)
        self.layer2 = nn.Linear(32, 32)
        self.layer3 = nn.Linear(32, n_actions)

    def forward(self, x):
        x = F.relu(self.layer1(x))
        x = F.relu(self.layer2(x))
        return self.layer3(x)


BATCH_SIZE, GAMMA, TAU, LR = 32, 0.95, 0.05, 3e-3
random.seed(0)
torch.manual_seed(0)
device = "cuda" if torch.cuda.is_available() else "cpu"
policy_net = DQN(16, 4).to(device)
target_net = DQN(16, 4).to(device)
target_net.load_state_dict(policy_net.state_dict())
optimizer = optim.AdamW(policy_net.parameters(), lr=LR, amsgrad=True)
memory = ReplayMemory(1000)
env, epsilon = Grid(), 1.0


def select_action(state):
    if random.random() > epsilon:
        with torch.no_grad():
            return policy_net(state).max(1).indices.view(1, 1)
    return torch.tensor([[random.randrange(4)]], device=device, dtype=torch.long)


def optimize_model():
    if len(memory) < BATCH_SIZE:
        return None
    batch = Transition(*zip(*memory.sample(BATCH_SIZE)))
    non_final_mask = torch.tensor(
        tuple(map(lambda s: s is not None, batch.next_state)), device=device, dtype=torch.bool
    )
    non_final_next_states = torch.cat([s for s in batch.next_state if s is not None])
    state_batch, action_batch = torch.cat(batch.state), torch.cat(batch.action)
    reward_batch = torch.cat(batch.reward)
    state_action_values = policy_net(state_batch).gather(1, action_batch)
    next_state_values = torch.zeros(BATCH_SIZE, device=device)
    with torch.no_grad():
        next_state_values[non_final_mask] = target_net(non_final_next_states).max(1).values
    expected = (next_state_values * GAMMA) + reward_batch
    loss = nn.SmoothL1Loss()(state_action_values, expected.unsqueeze(1))
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_value_(policy_net.parameters(), 100)
    optimizer.step()
    return loss.item()


for i_episode in range(40):
    state, total, losses = env.reset(), 0.0, []
    while True:
        action = select_action(state)
        observation, reward, done, truncated = env.step(action.item())
        total += reward
        memory.push(state, action, None if done else observation, torch.tensor([reward]))
        state = observation
        losses.append(optimize_model())
        target_state, policy_state = target_net.state_dict(), policy_net.state_dict()
        for key in policy_state:
            target_state[key] = policy_state[key] * TAU + target_state[key] * (1 - TAU)
        target_net.load_state_dict(target_state)
        if done or truncated:
            break
    epsilon = max(0.05, epsilon * 0.93)
    if i_episode % 8 == 7:
        loss = losses[-1]
        print(
            f"episode {i_episode + 1}: return {total:.2f}, loss {loss:.4f}, epsilon {epsilon:.2f}"
        )

with torch.no_grad():
    q = policy_net(torch.eye(16))
print(q.shape, q.argmax(1).view(4, 4).size())
arrows = ["<>^v"[a] for a in q.argmax(dim=1).tolist()]
print("\n".join("".join(arrows[4 * i : 4 * i + 4]) for i in range(4)))
