# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A residual network of PyTorch learns digits, then its frozen base gets a new head."""

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

import dlc


class Block(nn.Module):
    """Two convolutions and what goes past them."""

    def __init__(self, filters):
        super().__init__()
        self.first = nn.Conv2d(filters, filters, 3, padding=1, bias=False)
        self.second = nn.Conv2d(filters, filters, 3, padding=1, bias=False)
        self.norm1, self.norm2 = nn.BatchNorm2d(filters), nn.BatchNorm2d(filters)

    def forward(self, x):
        return torch.relu(x + self.norm2(self.second(torch.relu(self.norm1(self.first(x))))))


torch.manual_seed(1)
digits = load_digits()
x = torch.tensor(digits.images[:, None] / 16, dtype=torch.float32)
y = torch.tensor(digits.target)
net = nn.Sequential()
net.base = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), Block(16), nn.MaxPool2d(2),
                         Block(16), nn.AdaptiveAvgPool2d(1), nn.Flatten())
net.head = nn.Linear(16, 10)
model = dlc.from_torch(net, x[:32])
model.fit(x[:1500], y[:1500], loss="cross_entropy", optimizer="adam", rate=0.005, epochs=12)
accuracy = (model(x[1500:]).argmax(1) == y[1500:]).float().mean()
print(f"ten digits: accuracy {accuracy:.3f}")
assert accuracy > 0.85

# Another task, odd or even: the base stays as it is.
base = net.base[0].weight.detach().clone()
net.head = nn.Linear(16, 2)
model = dlc.from_torch(net, x[:32])
model.fit(x[:1500], y[:1500] % 2, loss="cross_entropy", optimizer="adam", rate=0.01, epochs=12,
          frozen="base.*")
odd = (model(x[1500:]).argmax(1) == y[1500:] % 2).float().mean()
print(f"odd or even: accuracy {odd:.3f}")
assert odd > 0.8 and torch.equal(base, net.base[0].weight)
x = np.asarray(x[:32])
