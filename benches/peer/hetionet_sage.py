"""A full-graph training step of a heterogeneous GraphSAGE over Hetionet in PyTorch Geometric, to hold Theriac's against.

    python -m venv peer && peer/bin/pip install torch torch_geometric
    peer/bin/python benches/peer/hetionet_sage.py hetionet --threads 1

`hetionet` holds hetionet-v1.0-nodes.tsv and hetionet-v1.0-edges.sif.gz. Two layers, hidden 64, a sum over all relations both ways,
an embedding for every node, dot product, binary cross-entropy with as many random pairs as links, Adam. Message edges of compounds
that treat diseases are those that are not scored in the step; they are drawn before its time is taken. With --pruned the second layer
has no more than the relations that reach compounds and diseases. Prints the seconds of each step and the peak memory.
"""

import argparse
import csv
import gzip
import resource
import time
from pathlib import Path

import torch
from torch.nn import Embedding, ModuleDict
from torch_geometric.nn import HeteroConv, SAGEConv

TARGET = ("Compound", "CtD", "Disease")


def load(folder):
    """Number of nodes of each type, and the edges of each relation, `[2, edges]`."""
    places, counts = {}, {}
    with open(folder / "hetionet-v1.0-nodes.tsv", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            kind = row["kind"].replace(" ", "_")
            places[row["id"]] = (kind, counts.get(kind, 0))
            counts[kind] = counts.get(kind, 0) + 1
    edges = {}
    with gzip.open(folder / "hetionet-v1.0-edges.sif.gz", "rt") as file:
        next(file)
        for line in file:
            source, metaedge, target = line.rstrip("\n").split("\t")
            (source_type, source), (target_type, target) = places[source], places[target]
            name = metaedge.replace(">", "_to_").replace("<", "_from_")
            edges.setdefault((source_type, name, target_type), []).append((source, target))
    return counts, {key: torch.tensor(pairs).t().contiguous() for key, pairs in edges.items()}


def both_ways(edges):
    """The relations with those against their direction; a relation within a type stands both ways in one."""
    both = {}
    for (source, name, target), index in edges.items():
        if source == target:
            both[source, name, target] = torch.cat([index, index.flip(0)], 1)
        else:
            both[source, name, target] = index
            both[target, "rev_" + name, source] = index.flip(0)
    return both


class Model(torch.nn.Module):
    def __init__(self, counts, relations, wanted, hidden):
        super().__init__()
        self.wanted = wanted
        self.embeddings = ModuleDict({kind: Embedding(count, hidden) for kind, count in counts.items()})
        for embedding in self.embeddings.values():
            torch.nn.init.xavier_uniform_(embedding.weight)
        layer = lambda keys: HeteroConv({key: SAGEConv(hidden, hidden, aggr="mean") for key in keys}, aggr="sum")
        self.layers = torch.nn.ModuleList([layer(relations), layer(wanted)])

    def forward(self, edges):
        x = {kind: embedding.weight for kind, embedding in self.embeddings.items()}
        x = {kind: rows.relu() for kind, rows in self.layers[0](x, edges).items()}
        return self.layers[1](x, {key: edges[key] for key in self.wanted})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--hidden", type=int, default=64)
    parser.add_argument("--pruned", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    counts, edges = load(arguments.folder)
    links = edges[TARGET]
    message_edges = both_ways(edges)
    relations = list(message_edges)
    wanted = [key for key in relations if not arguments.pruned or key[2] in (TARGET[0], TARGET[2])]
    model = Model(counts, relations, wanted, arguments.hidden)
    optimiser = torch.optim.Adam(model.parameters(), lr=0.01)
    for step in range(arguments.steps):
        order = torch.randperm(links.shape[1])
        scored, messages = links[:, order[: len(order) // 2]], links[:, order[len(order) // 2 :]]
        message_edges.update(both_ways({TARGET: messages}))
        started = time.perf_counter()
        out = model(message_edges)
        count = scored.shape[1]
        random = torch.stack([torch.randint(counts["Compound"], (count,)), torch.randint(counts["Disease"], (count,))])
        pairs = torch.cat([scored, random], 1)
        logits = (out["Compound"][pairs[0]] * out["Disease"][pairs[1]]).sum(1)
        labels = torch.cat([torch.ones(count), torch.zeros(count)])
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        print(f"step {step}: {time.perf_counter() - started:.2f} s, loss {loss.item():.3f}", flush=True)
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB at most")


if __name__ == "__main__":
    main()
