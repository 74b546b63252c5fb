#!/bin/sh
# Pins what *.in ask for, with hashes and without naming a registry. Needs `uv` (pip install uv).
set -eu
cd "$(dirname "$0")"
for name in base test node; do
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --no-header --no-annotate "$@" "$name.in" -o "$name.txt"
done
