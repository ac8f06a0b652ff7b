# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Modules of PyTorch: values, training beside PyTorch's own, torch.compile."""

import copy

import numpy as np
import pytest

import dlc

torch = pytest.importorskip("torch", reason="PyTorch is not installed: make front-ends TORCH=1")
pytest.importorskip("onnxscript")
nn, F = torch.nn, torch.nn.functional
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


class Images(nn.Module):
    """Convolution, batch normalisation, residual, pooling, dropout of rate 0."""

    def __init__(self, rate=0.0):
        super().__init__()
        self.first = nn.Conv2d(2, 6, 3, stride=2, padding=1)
        self.norm = nn.BatchNorm2d(6)
        self.second = nn.Conv2d(6, 6, 3, padding=1, groups=2, bias=False)
        self.drop = nn.Dropout(rate)
        self.head = nn.Linear(6, 5)

    def forward(self, x):
        x = F.relu(self.norm(self.first(x)))
        x = F.relu(x + self.second(x))
        return self.head(self.drop(F.adaptive_avg_pool2d(x, 1).flatten(1)))


class Words(nn.Module):
    """Embedding, attention, layer normalisation, an LSTM."""

    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(11, 8)
        self.norm = nn.LayerNorm(8)
        self.query, self.key, self.value = (nn.Linear(8, 8) for _ in range(3))
        self.lstm = nn.LSTM(8, 6, batch_first=True)
        self.head = nn.Linear(6, 3)

    def forward(self, x):
        x = self.norm(self.table(x))
        heads = (f(x).unflatten(-1, (2, 4)).transpose(1, 2)
                 for f in (self.query, self.key, self.value))
        x = x + F.scaled_dot_product_attention(*heads).transpose(1, 2).flatten(2)
        return self.head(self.lstm(x)[0][:, -1])


def images(n=16):
    return torch.randn(n, 2, 8, 8), torch.randint(0, 5, (n,))


def words(n=16):
    return torch.randint(0, 11, (n, 7)), torch.randint(0, 3, (n,))


@pytest.mark.parametrize("make, draw", [(Images, images), (Words, words)])
def test_predict(make, draw):
    """With other batches than the example's."""
    module, (x, _) = make(), draw()
    model = dlc.from_torch(module, x[:1])
    module.eval()
    with torch.no_grad():
        for n in (16, 3, 1):
            torch.testing.assert_close(model(x[:n]), module(x[:n]), atol=1e-5, rtol=0)
    assert isinstance(model(x.numpy()), np.ndarray)
    assert set(model.parameters) == {
        n for n, v in [*module.named_parameters(), *module.named_buffers()] if v.dim()}


# Their gradients are 0: a mean that is taken off again, a shift of all scores of a softmax. What
# rounding leaves of it is as large a step to Adam as any other.
WITHOUT_GRADIENT = {"first.bias", "key.bias"}


@pytest.mark.parametrize("make, draw", [(Images, images), (Words, words)])
@pytest.mark.parametrize("optimizer, ours, steps, tolerance", [
    (lambda p: torch.optim.SGD(p, 0.05), {"optimizer": "sgd", "rate": 0.05}, 20, 2e-6),
    (lambda p: torch.optim.AdamW(p, 0.003), {"optimizer": "adamw", "rate": 0.003}, 20, 2e-5)])
def test_training(make, draw, optimizer, ours, steps, tolerance):
    """The module's weights after some steps; the error is relative to the largest."""
    module, (x, y) = make(), draw()
    want = copy.deepcopy(module).train()
    other = optimizer(want.parameters())
    step = dlc.torch.compile_step(module, x[:2], loss="cross_entropy", **ours)
    for _ in range(steps):
        other.zero_grad()
        loss = F.cross_entropy(want(x), y)
        loss.backward()
        other.step()
        assert abs(step(x, y) - loss.item()) < 1e-4
    step.model.sync()
    largest = max(p.abs().max().item() for p in want.parameters())
    for (name, a), (_, b) in zip(module.named_parameters(), want.named_parameters()):
        if name not in WITHOUT_GRADIENT or ours["optimizer"] == "sgd":
            assert (a - b).abs().max().item() <= tolerance * largest, name
    for (name, a), (_, b) in zip(module.named_buffers(), want.named_buffers()):
        if name.endswith("running_mean") and ours["optimizer"] == "sgd":  # the bias is in it
            torch.testing.assert_close(a, b, atol=1e-4, rtol=0)


def test_fit_writes_back(tmp_path):
    module, (x, y) = Images(rate=0.2), images(64)
    model = dlc.from_torch(module, x[:2])
    history = model.fit(x, y, loss="cross_entropy", rate=0.01, epochs=15, metrics=["accuracy"])
    assert history[-1]["loss"] < history[0]["loss"]
    module.eval()
    with torch.no_grad():
        torch.testing.assert_close(model(x), module(x), atol=1e-4, rtol=1e-4)
    library = dlc.load(model.export(tmp_path / "net.so"))
    found = next(iter(library.functions.values()))(x.numpy())
    np.testing.assert_allclose(found, module(x).detach().numpy(), atol=1e-4)


def test_modes_are_as_before():
    module, (x, _) = Images(), images()
    module.norm.eval()
    dlc.from_torch(module, x)
    assert module.training and not module.norm.training


def test_compile_inference():
    module, (x, _) = Images().eval(), images()
    fast = torch.compile(module, backend=dlc.torch.backend, dynamic=False)
    with torch.no_grad():
        torch.testing.assert_close(fast(x), module(x), atol=1e-5, rtol=0)
        torch.testing.assert_close(fast(x[:3]), module(x[:3]), atol=1e-5, rtol=0)


def test_backend_has_a_name():
    if "dlc" not in torch._dynamo.list_backends(exclude_tags=()):
        pytest.skip("the package is not installed, only on PYTHONPATH: it has no entry point")
    module = nn.Linear(4, 3).eval()
    x = torch.randn(5, 4)
    with torch.no_grad():
        torch.testing.assert_close(torch.compile(module, backend="dlc")(x), module(x))


def test_compile_training():
    """Gradients of parameters and of the input."""
    module = nn.Sequential(nn.Conv1d(3, 8, 3), nn.Tanh(), nn.Flatten(), nn.LayerNorm(48),
                           nn.Linear(48, 4))
    x = torch.randn(5, 3, 8, requires_grad=True)
    fast = torch.compile(module, backend=dlc.torch.backend, dynamic=False)
    found = []
    for function in (module, fast):
        module.zero_grad()
        x.grad = None
        function(x).square().sum().backward()
        found.append([x.grad.clone(), *[p.grad.clone() for p in module.parameters()]])
    for a, b in zip(*found):
        torch.testing.assert_close(a, b, atol=2e-4, rtol=1e-4)


def test_compile_leaves_dropout_to_torch():
    module = nn.Sequential(nn.Linear(4, 64), nn.Dropout(0.5))
    fast = torch.compile(module, backend=dlc.torch.backend, dynamic=False)
    with pytest.warns(UserWarning, match="dlc.from_torch trains such modules"):
        y = fast(torch.randn(8, 4))
    assert 0.2 < (y == 0).float().mean() < 0.8


def test_wrong_input():
    with pytest.raises(TypeError, match="is no torch.nn.Module"):
        dlc.from_torch(lambda x: x, torch.ones(1))
    with pytest.raises(ValueError, match="batch 'any', expected 'free' or 'fixed'"):
        dlc.from_torch(nn.Linear(2, 2), torch.ones(1, 2), batch="any")
    with pytest.raises(dlc.CompileError, match=r"needs an example.*dlc.from_torch"):
        dlc.compile(nn.Linear(2, 2))
    model = dlc.from_torch(nn.Linear(2, 2), torch.ones(1, 2))
    with pytest.raises(dlc.CompileError, match="cross_entropy"):
        model.fit(torch.ones(4, 2), torch.ones(4, 2), loss="crossentropy")


def test_what_is_written_into_the_module():
    module, x = nn.Linear(4, 3, bias=False), torch.randn(5, 4)
    model = dlc.from_torch(module, x)
    with torch.no_grad():
        module.weight.fill_(2)
        torch.testing.assert_close(model(x), module(x))
    model.fit(x, torch.zeros(5, 3), loss="mse", optimizer="sgd", rate=0.0, batch_size=5)
    assert (module.weight == 2).all()


def test_stopped_gradients_are_not_let_through():
    class Stopped(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(torch.ones(4, 3))

        def forward(self, x):
            h = x @ self.w
            return h * h.detach()
    x = torch.randn(5, 4)
    model = dlc.from_torch(Stopped(), x)
    with pytest.raises(dlc.CompileError, match="stops gradients"):
        model.fit(x, torch.zeros(5, 3), loss="mse")
    fast = torch.compile(lambda x: x.detach() * x, backend=dlc.torch.backend, dynamic=False)
    x = torch.tensor([2.0, 3.0], requires_grad=True)
    with pytest.warns(UserWarning, match="stays PyTorch"):
        fast(x).square().sum().backward()
    torch.testing.assert_close(x.grad, torch.tensor([16.0, 54.0]))


def test_changes_in_place_are_kept():
    def function(x):
        x.add_(1)
        return x * 2
    x = torch.zeros(3)
    with pytest.warns(UserWarning, match="add_"):
        y = torch.compile(function, backend=dlc.torch.backend, dynamic=False)(x)
    assert (x == 1).all() and (y == 2).all()
