"""Trains a small Unigram tokenizer whose special tokens are those of XLM-RoBERTa."""
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers, Regex

from texts import english_texts, odd_texts

SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]


def train(vocabulary=8_000):
    tokenizer = Tokenizer(models.Unigram())
    spaces = normalizers.Replace(Regex(" {2,}"), " ")
    tokenizer.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(), spaces])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(prepend_scheme="always")]
    )
    trainer = trainers.UnigramTrainer(
        vocab_size=vocabulary, special_tokens=SPECIAL, unk_token="<unk>", show_progress=False
    )
    # Other odd texts than those that are compared, so that some characters stay unknown.
    tokenizer.train_from_iterator(english_texts(3_000, seed=1) + odd_texts(1_500, seed=2), trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return tokenizer
