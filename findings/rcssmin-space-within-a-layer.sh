#!/usr/bin/env bash
# rcssmin 1.3.0: within a cascade layer (@layer) it takes the space between a selector and a pseudo-class away,
# so that ".list :is(a, b)", any a or b within the list, becomes ".list:is(a,b)", a list that is itself an a or b:
# valid CSS with another meaning, and no warning. Within @media, and outside of any block, it leaves the space.
# Seen:
#   .list :is(a,b){color:red}
#   @media print{.list :is(a,b){color:red}}
#   @layer parts{.list:is(a,b){color:red}}
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q rcssmin==1.3.0
"$folder/venv/bin/python" - <<'PYTHON'
from rcssmin import cssmin

RULE = ".list :is(a, b) { color: red }"
seen = [cssmin(text) for text in (RULE, f"@media print {{ {RULE} }}", f"@layer parts {{ {RULE} }}")]
print(*seen, sep="\n")
assert seen == [
    ".list :is(a,b){color:red}",
    "@media print{.list :is(a,b){color:red}}",
    "@layer parts{.list:is(a,b){color:red}}",
]
PYTHON
