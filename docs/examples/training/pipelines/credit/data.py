"""Makes the data: applicants with an income, a debt, and whether they paid back.

The numbers come from a seed, so equal variables make equal files.
Variables: SEED, ROWS, LABEL_NOISE (share of the answers that are wrong, 0 to 0.5), OUT (a folder).
"""
import csv
import math
import os
import random
import sys


def setting(name, default, low, high):
    text = os.environ.get(name, default)
    try:
        value = float(text)
    except ValueError:
        sys.exit(f"data: {name} is {text!r}, which is not a number")
    if not low <= value <= high:
        sys.exit(f"data: {name} is {text}, but must be between {low} and {high}")
    return value


def applicant(dice, noise):
    income = dice.gauss(0, 1)
    debt = dice.gauss(0, 1)
    chance = 1 / (1 + math.exp(-(0.5 + 2.0 * income - 1.5 * debt)))
    paid = dice.random() < chance
    wrong = dice.random() < noise
    return [f"{income:.4f}", f"{debt:.4f}", int(paid != wrong)]


def write(path, rows):
    with open(path, "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["income", "debt", "paid"])
        table.writerows(rows)


def main():
    rows = int(setting("ROWS", "3000", 100, 1_000_000))
    noise = setting("LABEL_NOISE", "0", 0, 0.5)
    dice = random.Random(int(setting("SEED", "1", 0, 2**53)))
    made = [applicant(dice, noise) for _ in range(rows)]
    held_out = rows // 5
    out = os.environ.get("OUT", "/out")
    os.makedirs(out, exist_ok=True)
    write(f"{out}/test.csv", made[:held_out])
    write(f"{out}/train.csv", made[held_out:])
    print(f"data: {rows - held_out} rows to train with, {held_out} held out, label noise {noise}")


main()
