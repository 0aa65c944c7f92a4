"""Token ids by Python's `tokenizers`, for odd texts and English ones, alone and in pairs, whole and cut.

usage: tokenize_texts.py FOLDER NAME=TOKENIZER.json…

Writes FOLDER/texts.json (the rows: a text, or two) and FOLDER/NAME.json: for each way of encoding its parameters, the indices of its
rows, and of each row the ids and how many tokens precede those of type 1.
"""
import json
import sys
from pathlib import Path

from tokenizers import Tokenizer

from texts import english_texts, odd_texts, pairs_of

ODD, ENGLISH, PAIRS = 2_000, 500, 400
# Rows that are cut, of all; each at every length, at both ends. Of longer texts the library makes all the parts that it cuts off.
CUT_EVERY = 8
LONGEST_CUT = 1_500
LENGTHS = [6, 7, 33, 128]


def rows():
    texts = odd_texts(ODD) + english_texts(ENGLISH)
    return [[text] for text in texts], [list(pair) for pair in pairs_of(texts, PAIRS)]


def ways(all_rows):
    """How rows are encoded, and which: all of them whole, a part of them cut."""
    every = list(range(len(all_rows)))
    some = [index for index in every[::CUT_EVERY] if max(map(len, all_rows[index])) <= LONGEST_CUT]
    whole = {"maxTokens": None, "truncation": None}
    yield {**whole, "addSpecialTokens": True, "rows": every}
    yield {**whole, "addSpecialTokens": False, "rows": some}
    for length in LENGTHS:
        for direction in ("left", "right"):
            cut = {"maxTokens": length, "truncation": direction, "rows": some}
            yield {**cut, "addSpecialTokens": True}
    yield {"maxTokens": LENGTHS[-2], "truncation": "right", "rows": some, "addSpecialTokens": False}


def encode(tokenizer, way, all_rows):
    if way["maxTokens"] is None:
        tokenizer.no_truncation()
    else:
        tokenizer.enable_truncation(way["maxTokens"], direction=way["truncation"], strategy="longest_first")
    for index in way["rows"]:
        encoding = tokenizer.encode(*all_rows[index], add_special_tokens=way["addSpecialTokens"])
        types = encoding.type_ids
        first = types.index(1) if 1 in types else len(types)
        if types != [0] * first + [1] * (len(types) - first):
            raise SystemExit(f"the types of row {index} are {types}")
        yield [first, *encoding.ids]


def main(folder, files):
    all_rows = sum(rows(), [])
    (folder / "texts.json").write_text(json.dumps(all_rows))
    for name, file in files:
        tokenizer = Tokenizer.from_file(file)
        tokenizer.no_padding()
        encoded = [{**way, "encoded": list(encode(tokenizer, way, all_rows))} for way in ways(all_rows)]
        (folder / f"{name}.json").write_text(json.dumps({"size": tokenizer.get_vocab_size(), "ways": encoded}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), [argument.split("=", 1) for argument in sys.argv[2:]])
