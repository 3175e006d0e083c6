"""Measures a model on rows that it has not seen, and writes the numbers that the gate reads.

Variables: DATA (a CSV file), MODEL (a folder), OUT (a JSON file).
"""
import csv
import json
import math
import os
import sys


def load():
    data = os.environ.get("DATA", "/in/test.csv")
    model = os.environ.get("MODEL", "/in/model")
    try:
        with open(f"{model}/weights.json") as file:
            weights = json.load(file)
        with open(data, newline="") as file:
            rows = [(chance(weights, float(r["income"]), float(r["debt"])), int(r["paid"])) for r in csv.DictReader(file)]
    except (OSError, KeyError, TypeError, ValueError) as error:
        sys.exit(f"evaluate: cannot read {data} or {model}: {error}")
    if len({paid for _, paid in rows}) < 2:
        sys.exit(f"evaluate: {data} needs rows of both kinds, paid and not paid")
    return rows


def chance(weights, income, debt):
    z = weights["bias"] + weights["income"] * income + weights["debt"] * debt
    return 1 / (1 + math.exp(-max(z, -700)))


def auc(rows):
    """How often a row that was paid back has a higher chance than one that was not."""
    ranked = sorted(rows)
    ranks = paid_count = i = 0
    while i < len(ranked):
        j = i
        while j < len(ranked) and ranked[j][0] == ranked[i][0]:
            j += 1
        paid = sum(p for _, p in ranked[i:j])
        ranks += paid * (i + 1 + j) / 2  # equal chances share their mean rank
        paid_count += paid
        i = j
    return (ranks - paid_count * (paid_count + 1) / 2) / (paid_count * (len(ranked) - paid_count))


def logloss(rows):
    bounded = ((min(max(p, 1e-12), 1 - 1e-12), paid) for p, paid in rows)
    return -sum(math.log(p if paid else 1 - p) for p, paid in bounded) / len(rows)


def main():
    rows = load()
    metrics = {"auc": round(auc(rows), 4), "logloss": round(logloss(rows), 4), "rows": len(rows)}
    out = os.environ.get("OUT", "/out/metrics.json")
    os.makedirs(os.path.dirname(out), exist_ok=True)
    with open(out, "w") as file:
        json.dump(metrics, file)
    print(f"evaluate: {metrics}")


main()
