"""Fits a logistic model by gradient descent, and writes it to a folder.

Variables: EPOCHS, LEARNING_RATE, DATA (a CSV file), OUT (a folder).
"""
import csv
import json
import math
import os
import sys


def setting(name, default, least):
    text = os.environ.get(name, default)
    try:
        value = float(text)
    except ValueError:
        sys.exit(f"train: {name} is {text!r}, which is not a number")
    if not least <= value < math.inf:
        sys.exit(f"train: {name} is {text}, but must be at least {least}")
    return value


def read(path):
    try:
        with open(path, newline="") as file:
            return [(float(r["income"]), float(r["debt"]), int(r["paid"])) for r in csv.DictReader(file)]
    except (OSError, KeyError, TypeError, ValueError) as error:
        sys.exit(f"train: cannot read {path}: {error}")


def fit(rows, epochs, rate):
    bias = income_weight = debt_weight = 0.0
    for _ in range(epochs):
        step_bias = step_income = step_debt = 0.0
        for income, debt, paid in rows:
            z = bias + income_weight * income + debt_weight * debt
            error = 1 / (1 + math.exp(-z)) - paid
            step_bias += error
            step_income += error * income
            step_debt += error * debt
        bias -= rate * step_bias / len(rows)
        income_weight -= rate * step_income / len(rows)
        debt_weight -= rate * step_debt / len(rows)
    return {"bias": bias, "income": income_weight, "debt": debt_weight}


def write(path, value):
    with open(path, "w") as file:
        json.dump(value, file, indent=2, sort_keys=True)
        file.write("\n")


def main():
    epochs = int(setting("EPOCHS", "20", 1))
    rate = setting("LEARNING_RATE", "0.5", 0.000001)
    data = os.environ.get("DATA", "/in/train.csv")
    rows = read(data)
    if not rows:
        sys.exit(f"train: {data} has no rows")
    try:
        weights = fit(rows, epochs, rate)
    except OverflowError:
        sys.exit(f"train: the weights grow without end: LEARNING_RATE {rate} is too large")
    out = os.environ.get("OUT", "/out/model")
    os.makedirs(out, exist_ok=True)
    write(f"{out}/weights.json", weights)
    # No time of day: equal data and settings must make equal bytes, and so the same release.
    write(f"{out}/meta.json", {"epochs": epochs, "learningRate": rate, "rows": len(rows)})
    print(f"train: {epochs} epochs over {len(rows)} rows: {weights}")


main()
