"""Trains a small network on scikit-learn's handwritten digits, once per learning rate, and streams every step.

The last learning rate is far too large on purpose: its weights overflow, its loss becomes NaN, and the run ends as
`failed`. NumPy's warnings about that are left on.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from stepstream_writer import RunWriter

Array = NDArray[np.float64]
Layers = list[tuple[Array, Array]]

LEARNING_RATES = (0.001, 0.003, 0.01, 0.03, 0.3, 1.0)
HIDDEN_UNITS = (64, 32)
BATCH_SIZE = 64
MOMENTUM = 0.9
LEAK = 0.01
VALIDATE_EVERY_STEPS = 10
STEPS_AFTER_DIVERGENCE = 20


@dataclass(frozen=True)
class Data:
    """Pixels scaled to 0..1, one row of 64 per digit; labels 0..9."""

    train_x: Array
    train_y: NDArray[np.int64]
    val_x: Array
    val_y: NDArray[np.int64]


def load(seed: int) -> Data:
    x, y = load_digits(return_X_y=True)
    train_x, val_x, train_y, val_y = train_test_split(x / 16.0, y, test_size=0.2, stratify=y, random_state=seed)
    return Data(train_x, train_y, val_x, val_y)


def initial_layers(random: np.random.Generator) -> Layers:
    """He initialisation, which suits rectified units."""
    sizes = (64, *HIDDEN_UNITS, 10)
    return [
        (random.normal(0.0, math.sqrt(2.0 / inputs), (inputs, outputs)), np.zeros(outputs))
        for inputs, outputs in zip(sizes, sizes[1:])
    ]


def forward(layers: Layers, x: Array) -> list[Array]:
    """Activations of every layer, the input first, the logits last."""
    activations = [x]
    for index, (weights, bias) in enumerate(layers):
        z = activations[-1] @ weights + bias
        activations.append(z if index == len(layers) - 1 else np.where(z > 0, z, LEAK * z))
    return activations


def loss_and_accuracy(logits: Array, y: NDArray[np.int64]) -> tuple[float, float, Array]:
    """Mean cross entropy, share of right answers, and the gradient of the loss by the logits."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    rows = np.arange(len(y))
    gradient = np.exp(log_probabilities)
    gradient[rows, y] -= 1.0
    accuracy = float((logits.argmax(axis=1) == y).mean())
    return float(-log_probabilities[rows, y].mean()), accuracy, gradient / len(y)


def backward(layers: Layers, activations: list[Array], gradient: Array) -> Layers:
    """Gradients of the loss by every layer's weights and bias."""
    gradients: Layers = []
    for index in range(len(layers) - 1, -1, -1):
        gradients.append((activations[index].T @ gradient, gradient.sum(axis=0)))
        if index > 0:
            slope = np.where(activations[index] > 0, 1.0, LEAK)
            gradient = (gradient @ layers[index][0].T) * slope
    return gradients[::-1]


def batches(data: Data, epochs: int, random: np.random.Generator) -> Iterator[tuple[Array, NDArray[np.int64]]]:
    for _ in range(epochs):
        order = random.permutation(len(data.train_y))
        for start in range(0, len(order) - BATCH_SIZE + 1, BATCH_SIZE):
            chosen = order[start : start + BATCH_SIZE]
            yield data.train_x[chosen], data.train_y[chosen]


def gradient_norms(gradients: Layers) -> dict[str, float]:
    squares = [float((weights**2).sum() + (bias**2).sum()) for weights, bias in gradients]
    norms = {f"layers/{index}/grad_norm": math.sqrt(square) for index, square in enumerate(squares)}
    return {"grad_norm": math.sqrt(sum(squares)), **norms}


def train(writer: RunWriter, data: Data, learning_rate: float, epochs: int, seed: int) -> str:
    """Trains one run and logs each step; returns the state it ends in."""
    random = np.random.default_rng(seed)
    layers = initial_layers(random)
    velocity: Layers = [(np.zeros_like(weights), np.zeros_like(bias)) for weights, bias in layers]
    diverged_steps = 0
    for step, (x, y) in enumerate(batches(data, epochs, random)):
        begin = time.perf_counter()
        activations = forward(layers, x)
        loss, accuracy, gradient = loss_and_accuracy(activations[-1], y)
        gradients = backward(layers, activations, gradient)
        velocity = [
            (MOMENTUM * vw - learning_rate * gw, MOMENTUM * vb - learning_rate * gb)
            for (vw, vb), (gw, gb) in zip(velocity, gradients)
        ]
        layers = [(w + vw, b + vb) for (w, b), (vw, vb) in zip(layers, velocity)]
        metrics = {"train/loss": loss, "train/accuracy": accuracy, **gradient_norms(gradients)}
        metrics["time/step_ms"] = (time.perf_counter() - begin) * 1_000
        if step % VALIDATE_EVERY_STEPS == 0:
            logits = forward(layers, data.val_x)[-1]
            metrics["val/loss"], metrics["val/accuracy"], _ = loss_and_accuracy(logits, data.val_y)
        writer.log(step, metrics)
        diverged_steps = 0 if math.isfinite(loss) else diverged_steps + 1
        if diverged_steps > STEPS_AFTER_DIVERGENCE:
            return "failed"
    return "finished"


def run(arguments: argparse.Namespace, data: Data, learning_rate: float, session: str) -> str:
    """Trains and streams one run; returns the token of its last write."""
    writer = RunWriter(arguments.url, arguments.project, f"{session}-lr-{learning_rate:g}", arguments.api_key)
    writer.update(
        name=f"digits, learning rate {learning_rate:g}",
        state="running",
        params={
            "learning_rate": learning_rate,
            "batch_size": BATCH_SIZE,
            "hidden_units": "-".join(map(str, HIDDEN_UNITS)),
            "optimizer": "sgd-momentum",
            "epochs": arguments.epochs,
            "seed": arguments.seed,
        },
        tags={"dataset": "digits", "session": session},
    )
    try:
        state = train(writer, data, learning_rate, arguments.epochs, arguments.seed)
    except BaseException as error:
        writer.finish("killed" if isinstance(error, KeyboardInterrupt) else "failed")
        raise
    writer.finish(state)
    print(
        f"{writer.run:28} {state:8}  {writer.points_sent:6} points sent, {writer.points_acked:6} acknowledged, "
        f"{writer.retries} retries",
        flush=True,
    )
    return writer.at


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://127.0.0.1:7410", help="of the Stepstream server (default %(default)s)")
    parser.add_argument("--project", default="digits", help="default %(default)s")
    parser.add_argument("--api-key", help="sent as Authorization: Bearer")
    parser.add_argument("--epochs", type=int, default=60, help="default %(default)s")
    parser.add_argument("--seed", type=int, default=1, help="of data split, weights and batches (default %(default)s)")
    parser.add_argument("--session", default=time.strftime("%Y%m%d-%H%M%S"), help="begins each run's id (default the time)")
    arguments = parser.parse_args()
    data = load(arguments.seed)
    at = ""
    for learning_rate in LEARNING_RATES:
        at = run(arguments, data, learning_rate, arguments.session)
    print(f"at: {at}")


if __name__ == "__main__":
    main()
