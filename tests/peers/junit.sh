#!/bin/sh
# The JUnit report by other people's eyes: valid by the schema of Jenkins's xUnit plugin, and read
# by junitparser as it was meant, with any text in it.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"
cd "$tmp" || bail 'no folder'
# shellcheck source=tests/e2e/records.sh
. "$top_srcdir/tests/e2e/records.sh"

cat >judge.py <<'END'
import sys
import junitparser
import xmlschema

schema, report = sys.argv[1:]
xmlschema.XMLSchema(schema).validate(report)
counts = {"pass": 0, "failure": 0, "error": 0}
lines = []
for suite in junitparser.JUnitXml.fromfile(report):
    cases = list(suite)
    assert suite.tests == len(cases)
    for case in cases:
        result = case.result[0] if case.result else None
        kind = type(result).__name__.lower() if result is not None else "pass"
        counts[kind] += 1
        lines.append(f"{kind} {case.classname} {case.name}: {case.system_out.split()[0]}")
    assert suite.failures == counts["failure"] and suite.errors == counts["error"]
print("\n".join(lines))
END
judge() {
  "$builddir/peers/python/bin/python" judge.py "$builddir/peers/junit-10.xsd" "$1" >judged 2>"$err" ||
    diag "$(tail -n 5 "$err")"
}

{
  write_header
  record image=q.example/present:1 ref=present digest=A manifest_digest=A origin=i:1
  for arch in amd64 arm64; do
    record image=q.example/partial:1 digest=B manifest_digest="B$arch" platform="linux/$arch" origin=i:2
  done
  record image=q.example/likely:1 digest=C manifest_digest=C layers=L settings=S origin=i:3
  record image=q.example/archived:1 digest=D manifest_digest=D origin=i:4
  record image=q.example/absent:1 digest=E manifest_digest=E origin=i:5
  record ref='no "ref" <&]]>' status=invalid_reference origin=i:6 \
    detail="$(printf 'a\033[2J \342\200\256b \357\277\276 \303 <![CDATA[ ]]> & "')"
} >sources.tsv
{
  write_header
  record image=e.example/a:1 digest=A manifest_digest=A
  record image=e.example/b:1 digest=Bamd64 manifest_digest=Bamd64 platform=linux/amd64
  record image=e.example/c:1 digest=X manifest_digest=X layers=L
  record image=e.example/d:1 digest=D manifest_digest=D status=archived
} >inventory.tsv

match-report -q --junit=r.xml sources.tsv inventory.tsv
judge r.xml
file_is judged 'without --fail-if: only what is unknown is an error' <<'END'
pass q.example present: present
pass q.example q.example/partial:1: partial
pass q.example q.example/likely:1: likely
pass q.example q.example/archived:1: archived
pass q.example q.example/absent:1: absent
error no reference no "ref" <&]]>: unknown
END
match-report -q --junit=r.xml --fail-if=absent,partial,present sources.tsv inventory.tsv
is "$?" 3 '--fail-if: status 3'
judge r.xml
file_is judged 'and these are failures' <<'END'
failure q.example present: present
failure q.example q.example/partial:1: partial
pass q.example q.example/likely:1: likely
pass q.example q.example/archived:1: archived
failure q.example q.example/absent:1: absent
error no reference no "ref" <&]]>: unknown
END
match-report -q --junit=r.xml --fail-if=unknown sources.tsv inventory.tsv
judge r.xml
is "$(tail -n 1 judged)" 'failure no reference no "ref" <&]]>: unknown' 'unknown is a failure when named'
write_header >sources.tsv
match-report -q --junit=r.xml sources.tsv inventory.tsv
judge r.xml
is "$(cat judged)$(cat "$err")" '' 'a report of nothing is valid, too'
sed 's/<testsuite /<testsuite color="red" /' r.xml >bad.xml
judge bad.xml >/dev/null
like "$(cat "$err")" "color" 'and the schema would refuse what is not in it'
