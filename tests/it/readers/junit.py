"""Prints a JUnit report as JSON. PRUN_READERS requires other readers, and is a folder with the schema
with which Jenkins' xUnit plugin validates reports."""

import json
import os
import sys
import xml.etree.ElementTree as ET

path = sys.argv[1]
root = ET.parse(path).getroot()
assert root.tag == "testsuites", root.tag
[suite] = root
COUNTS = ["tests", "failures", "errors", "skipped"]
OUTCOMES = ["failure", "error", "skipped"]
RERUNS = ["flakyFailure", "flakyError", "rerunFailure", "rerunError"]


def text(of, tag):
    found = of.find(tag)
    return None if found is None else found.text or ""


cases = []
for case in suite.iter("testcase"):
    outcomes = [child for child in case if child.tag in OUTCOMES]
    assert len(outcomes) <= 1, case.attrib
    for outcome in outcomes:
        assert set(outcome.attrib) == {"message", "type"}, outcome.attrib
    known = OUTCOMES + RERUNS + ["properties", "system-out", "system-err"]
    assert all(child.tag in known for child in case)
    properties = {p.get("name"): p.get("value") for p in case.find("properties")}
    cases.append(
        {
            "name": case.get("name"),
            "classname": case.get("classname"),
            "time": float(case.get("time", "nan")) if case.get("time") else None,
            "properties": properties,
            "outcome": outcomes[0].tag if outcomes else "ok",
            "type": outcomes[0].get("type") if outcomes else None,
            "message": outcomes[0].get("message") if outcomes else None,
            "text": outcomes[0].text if outcomes else None,
            "reruns": [
                [r.tag, r.get("message"), text(r, "system-out"), text(r, "system-err")]
                for r in case
                if r.tag in RERUNS
            ],
            "out": text(case, "system-out"),
            "err": text(case, "system-err"),
        }
    )

counted = {name: int(suite.get(name)) for name in COUNTS}
assert root.get("skipped") is None
assert all(counted[name] == int(root.get(name)) for name in COUNTS[:3])
of = lambda tag: sum(case["outcome"] == tag for case in cases)
assert counted == {
    "tests": len(cases),
    "failures": of("failure"),
    "errors": of("error"),
    "skipped": of("skipped"),
}, counted

try:
    import junitparser
except ImportError:
    assert "PRUN_READERS" not in os.environ, "junitparser is not installed"
else:
    for theirs in junitparser.JUnitXml.fromfile(path):
        assert [theirs.tests, theirs.failures, theirs.errors, theirs.skipped] == list(
            counted.values()
        )
        assert len(list(theirs)) == len(cases)
        for seen, case in zip(theirs, cases):
            kinds = {junitparser.Failure: "failure", junitparser.Error: "error"}
            kinds[junitparser.Skipped] = "skipped"
            outcomes = [kinds[type(r)] for r in seen.result if type(r) in kinds]
            assert outcomes == ([] if case["outcome"] == "ok" else [case["outcome"]])
            assert seen.name == case["name"]
            assert (seen.system_out, seen.system_err) == (case["out"], case["err"])

if "PRUN_READERS" in os.environ:
    import xmlschema

    # The only thing that the schema does not allow.
    for case in suite.iter("testcase"):
        case.remove(case.find("properties"))
    schema = os.path.join(os.environ["PRUN_READERS"], "junit-10.xsd")
    xmlschema.validate(root, schema)

json.dump({"counts": counted, "name": suite.get("name"), "cases": cases}, sys.stdout)
