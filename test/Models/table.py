# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The results as text."""

import collections
import json
import math
import statistics

from fuzzing import compiler


def latest(path):
    """The last outcome of each model and exporter."""
    found = {}
    if path.exists():
        for text in path.read_text().splitlines():
            record = json.loads(text)
            found[record["model"], record["exporter"]] = record
    return list(found.values())


def number(record, key, form):
    return form.format(record[key]) if record.get(key) is not None else "-"


def line(record):
    return (f"{record['model']:48} {record['exporter']:7} {record['status']:14} "
            f"error {number(record, 'error', '{:.0e}'):>6} "
            f"({number(record, 'ort_error', '{:.0e}'):>6})  "
            f"compile {number(record, 'compile', '{:.1f}'):>5} s "
            f"({number(record, 'session', '{:.1f}'):>4})  "
            f"{number(record, 'dlc_ms', '{:.1f}'):>7} ms "
            f"({number(record, 'ort_ms', '{:.1f}'):>7})  "
            f"{record.get('message', '').splitlines()[0][:160] if record.get('message') else ''}")


def text(records):
    """Counts, compile times, and the classes of messages with their models."""
    if not records:
        return "no results"
    lines = ["in brackets: ONNX Runtime", ""]
    lines += [line(r) for r in sorted(records, key=lambda r: (r["model"], r["exporter"]))]
    counts = collections.Counter((r["exporter"], r["status"]) for r in records)
    lines.append("")
    for exporter in sorted({e for e, _ in counts}):
        row = [f"{s} {c}" for (e, s), c in sorted(counts.items()) if e == exporter]
        lines.append(f"{exporter:8} {', '.join(row)}")
    compiled = sorted((r for r in records if "compile" in r), key=lambda r: -r["compile"])
    if compiled:
        seconds = [r["compile"] for r in compiled]
        lines += ["", f"seconds to compile: median {statistics.median(seconds):.1f}, most "
                  + ", ".join(f"{r['compile']:.0f} {r['model']} ({r['exporter']})"
                              for r in compiled[:8])]
    ratios = [r["ort_ms"] / r["dlc_ms"] for r in records
              if r.get("dlc_ms") and r.get("ort_ms")]
    if ratios:
        mean = math.exp(statistics.fmean(map(math.log, ratios)))
        lines.append(f"ONNX Runtime's time over dlc's, one thread: geometric mean {mean:.2f}, "
                     f"{sum(r < 1 for r in ratios)} of {len(ratios)} below 1")
    classes = collections.defaultdict(list)
    for r in records:
        if r["status"] != "right":
            classes[r["status"], compiler.message_class(r.get("message", ""))].append(
                f"{r['model']} ({r['exporter']})")
    for (status, message), models in sorted(classes.items(), key=lambda c: (c[0][0], -len(c[1]))):
        lines += ["", f"{status}, {len(models)}: {message}", "  " + ", ".join(models)]
    return "\n".join(lines)
