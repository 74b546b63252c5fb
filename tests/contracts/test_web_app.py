"""The web app's own contracts: its types are the API's, its imports run one way, its words go through one layer."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from countersign.web_app.build import build_web_app, install_packages, run_npm
from countersign.web_app.node import Node, find_node
from countersign.web_app.places import BUILT, SOURCES

pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def node() -> Node:
    build_web_app()
    node = find_node(print)
    install_packages(node)
    return node


def test_types_are_those_of_the_api_as_it_is(node, tmp_path):
    document, made = tmp_path / "openapi.json", tmp_path / "schema.d.ts"
    subprocess.run([sys.executable, "manage.py", "spectacular", "--format", "openapi-json", "--file", str(document)],
                   cwd=SOURCES.parent, check=True, capture_output=True)
    run_npm(node, "run", "--silent", "types", environment={"OPENAPI": str(document), "TYPES": str(made)})
    assert made.read_text() == (SOURCES / "src" / "api" / "schema.d.ts").read_text(), (
        "The API changed: make its types again (frontend/README.md)")


def test_imports_run_one_way_and_every_word_goes_through_the_strings(node):
    run_npm(node, "run", "--silent", "lint")


WRONG = {
    "features/inbox": ('import { api } from "@/app/router";\nexport const x = api;\n', "boundaries/dependencies"),
    "features/runs": ('import { x } from "@/features/inbox/inbox-page";\nexport const y = x;\n',
                      "boundaries/dependencies"),
    "components": ('import { api } from "@/api/client";\nexport const x = api;\n', "boundaries/dependencies"),
    "lib": ('import { Button } from "@/components/button";\nexport const x = Button;\n', "boundaries/dependencies"),
    "app": ("export function X() {\n  return <p>Hello there</p>;\n}\n", "i18next/no-literal-string"),
}


LINT_EACH = """
import { readFileSync } from "node:fs";
import { ESLint } from "eslint";
const linter = new ESLint();
for (const [filePath, text] of Object.entries(JSON.parse(readFileSync(0, "utf8")))) {
  const [{ messages }] = await linter.lintText(text, { filePath });
  console.log(JSON.stringify([filePath, messages.map((message) => message.ruleId)]));
}
"""


def test_the_linter_notices_what_must_not_be(node):
    """In one process: it takes seconds to start."""
    wrong = {f"src/{folder}/wrong-on-purpose.tsx": content for folder, (content, _) in WRONG.items()}
    said = subprocess.run([node.path / "node", "--input-type=module", "--eval", LINT_EACH], cwd=SOURCES,
                          input=json.dumps(wrong), capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    found = dict(json.loads(line) for line in said.stdout.splitlines())
    for folder, (_, rule) in WRONG.items():
        assert rule in found[f"src/{folder}/wrong-on-purpose.tsx"], folder


def test_what_is_built_comes_from_these_sources_and_is_built_once(node, monkeypatch):
    monkeypatch.setattr("countersign.web_app.build.run_npm", lambda *_: pytest.fail("built again for nothing"))
    assert build_web_app() == BUILT
    assert "/assets/" in (BUILT / "index.html").read_text()


def test_a_machine_without_node_is_given_one(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    node = find_node(print)
    said = subprocess.run([node.path / "node", "--version"], capture_output=True, text=True, check=True).stdout
    assert said.startswith("v24.")
    assert Path(node.npm[-1]).is_file()


def test_an_old_node_is_passed_over(tmp_path, monkeypatch):
    for name, says in (("node", "v18.0.0"), ("npm", "9.0.0")):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {says}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{Path(shutil.which('sh')).parent}")
    assert find_node(print).path != tmp_path


def test_no_script_or_style_of_the_page_is_inline_so_that_its_policy_can_refuse_them():
    page = (SOURCES / "index.html").read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=", page)
