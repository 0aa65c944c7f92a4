"""The texts of this suite: odd ones by a seeded generator, and English of Python's own documentation."""
import random
import unicodedata
from pydoc_data.topics import topics

# Unicode blocks, first and last character.
BLOCKS = {
    "controls": (0x00, 0x1F), "ascii": (0x20, 0x7E), "more controls": (0x7F, 0x9F), "latin": (0xA0, 0x24F),
    "phonetic": (0x250, 0x2AF), "combining": (0x300, 0x36F), "greek": (0x370, 0x3FF), "cyrillic": (0x400, 0x52F),
    "armenian": (0x530, 0x58F), "hebrew": (0x590, 0x5FF), "arabic": (0x600, 0x6FF), "devanagari": (0x900, 0x97F),
    "tamil": (0xB80, 0xBFF), "thai": (0xE00, 0xE7F), "georgian": (0x10A0, 0x10FF), "hangul parts": (0x1100, 0x11FF),
    "ethiopic": (0x1200, 0x137F), "punctuation": (0x2000, 0x206F), "currency": (0x20A0, 0x20CF), "numbers": (0x2150, 0x218F),
    "arrows": (0x2190, 0x22FF), "circled": (0x2460, 0x24FF), "kana": (0x3040, 0x30FF), "han a": (0x3400, 0x34FF),
    "han": (0x4E00, 0x9FFF), "hangul": (0xAC00, 0xD7A3), "private": (0xE000, 0xE0FF), "han variants": (0xF900, 0xFAFF),
    "arabic forms": (0xFB50, 0xFDFF), "variation": (0xFE00, 0xFE0F), "full width": (0xFF00, 0xFFEF),
    "gothic": (0x10330, 0x1034A), "cuneiform": (0x12000, 0x120FF), "letters of mathematics": (0x1D400, 0x1D7FF),
    "emoji": (0x1F300, 0x1F6FF), "more emoji": (0x1F900, 0x1F9FF), "han b": (0x20000, 0x200FF), "tags": (0xE0000, 0xE007F),
}

# What tokenizers treat apart, and what people paste.
PIECES = [
    "[CLS]", "[SEP]", "[MASK]", "[UNK]", "[PAD]", "<s>", "</s>", "<unk>", "<mask>", "<|im_start|>", "<|endoftext|>", "<|eot_id|>",
    "<start_of_turn>", "<bos>", "▁", "▁▁", "##ing", "##", "Ġ", "Ċ", "\ufeff", "\u200d", "\u200b", "\u00ad", "\u2028", "\u2029",
    "\x00", "\x07", "\x1b[0m", "\x85", "\xa0", "\u3000", "\ufffd", "\uffff", "İ", "ı", "ß", "ẞ", "ﬁ", "ﬃ", "①", "½", "㎏", "ＡＢＣ",
    "e\u0301", "é", "a\u0323\u0302", "\u1ea5", "Å", "A\u030a", "\u212b", "\r\n", "\r", "\t\t", "   ", "\n\n\n", "'s", "'LL", "’s",
    "don't", "I'm", "we'Ve", "https://a.b/c?d=e&f=%20#g", "user+tag@x.example", "3.14159", "1,234,567", "-0.5e-10", "0x7fFf",
    "１２３", "۱۲۳", "१२३", "C:\\temp\\x.txt", "snake_case_name", "camelCaseName", "SHOUTING", "x=y+1;", "{'a': [1, 2]}", "<b>x</b>",
    "👩‍👩‍👧‍👦", "👍🏽", "🇩🇪🇫🇷", "❤️", "☺", "日本語テスト", "中文分词", "한국어 문장", "ภาษาไทย", "שָׁלוֹם עולם", "السَّلَامُ عَلَيْكُم", "हिन्दी में", "Привет, мир", "Ελληνικά",
    "Tiếng Việt", "français œuvre", "Straße", "naïve café", "z\u0334\u0321a\u0337\u0322l\u0335g\u0338o\u0336",
]

# Those that a test would not come upon by chance.
EDGES = [
    " ", "  ", "\n", "\t", "\x00", "\u0301", "\u0301a", "\u200d", "\ufeff", "\ufeffa", "a" * 300, "x" * 100, "x" * 101, "a b" * 200,
    "." * 500, " " * 300 + "a", "a" + " " * 300, "\n" * 200, "日" * 400, "é" * 300, "😀" * 200, "e\u0301" * 200, "0" * 400,
    "word " * 600, "[SEP] " * 50, "a\u0300" + "\u0301" * 200, "▁" * 120, "ab\x00cd", "\u202eabc\u202c", "אabcב", "1א2ב3",
]


def odd_texts(count, seed=26):
    """Texts of one block, of pieces, blocks and English mixed, and long runs. No lone surrogates, as UTF-8 has none."""
    rng = random.Random(seed)
    english = english_texts(200, seed)
    texts = [*EDGES, *PIECES]
    while len(texts) < count // 2:
        texts.append(_of_block(rng))
    while len(texts) < count:
        parts = [
            rng.choice([_of_block(rng), rng.choice(PIECES), rng.choice(english)[: rng.randint(1, 60)]])
            for _ in range(rng.randint(1, 8))
        ]
        text = rng.choice(["", " ", "\n", "\u3000"]).join(parts)
        texts.append(unicodedata.normalize(rng.choice(["NFC", "NFD", "NFKD"]), text) if rng.random() < 0.1 else text)
    return texts[:count]


def english_texts(count, seed=26):
    """Windows of 3 to 200 words, half of them shorter than 25."""
    rng = random.Random(seed)
    pages = [topics[name].split() for name in sorted(topics)]
    pages = [words for words in pages if len(words) > 250]
    texts = []
    for _ in range(count):
        words = rng.choice(pages)
        length = rng.randint(3, 25) if rng.random() < 0.5 else rng.randint(25, 200)
        start = rng.randrange(len(words) - length)
        texts.append(" ".join(words[start : start + length]))
    return texts


def pairs_of(texts, count):
    """Pairs of texts that lie apart, of all lengths."""
    step = max(1, len(texts) // count)
    return [(texts[index], texts[(index * 7 + 3) % len(texts)]) for index in range(0, len(texts), step)][:count]


def _of_block(rng):
    first, last = BLOCKS[rng.choice(sorted(BLOCKS))]
    length = rng.choice([1, 2, 5, 10, 30, 80])
    if rng.random() < 0.05:
        return chr(rng.randint(first, last)) * (length * 4)
    return "".join(chr(rng.randint(first, last)) for _ in range(length))
