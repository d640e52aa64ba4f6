"""Prints a trace in the Trace Event format as JSON, and checks it against the format."""

import json
import sys

text = open(sys.argv[1], encoding="utf-8").read()
try:
    events = json.loads(text)
except json.JSONDecodeError:
    events = json.loads(text + "]")

rows = {}
for event in events:
    assert isinstance(event["name"], str) and isinstance(event["pid"], int), event
    if event["ph"] == "M":
        assert event["name"] in ("process_name", "thread_name", "thread_sort_index"), event
    elif event["ph"] == "C":
        assert isinstance(event["ts"], int) and event["args"]["running jobs"] >= 0, event
    elif event["ph"] in "sf":
        assert isinstance(event["ts"], int) and isinstance(event["id"], int) and event["tid"] >= 1, event
        assert event["cat"] == "needs" and event.get("bp") == {"s": None, "f": "e"}[event["ph"]], event
    else:
        assert event["ph"] == "X", event
        assert isinstance(event["ts"], int) and event["dur"] >= 0, event
        rows.setdefault(event["tid"], []).append((event["ts"], event["ts"] + event["dur"]))
for row in rows.values():
    row.sort()
    # Slices of one row do not overlap; clocks are read to the microsecond.
    assert all(one[1] <= two[0] + 1 for one, two in zip(row, row[1:])), row

json.dump(events, sys.stdout)
