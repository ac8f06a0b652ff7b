# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes the ops of dl, as llvm-tblgen dumps their .td files, as JSON for front ends.

    catalogue.py DUMP OUTPUT

Text that C++ includes between braces: the bytes, and a 0 after them.
"""

import json
import sys
import textwrap


def constraint(record, records):
    """How many values it takes: one, optional or variadic."""
    kinds = [k for k in ("Optional", "Variadic") if record["!name"] in records["!instanceof"][k]]
    return kinds[0].lower() if kinds else "one"


# Tensors whose elements do not follow from other operands.
ELEMENTS = {"DL_BoolTensor": "i1", "DL_IndexTensor": "i64"}
SCALARS = {"I1", "I32", "I64", "F32", "F64", "Index"}


def kind(record, records):
    """What a number that is given for an operand becomes: a scalar of a type, or a tensor of
    certain elements; nothing where it is one of the others' elements."""
    while record.get("baseType"):
        record = records[record["baseType"]["def"]]
    name = record["!name"]
    if name in SCALARS:
        return {"scalar": name.lower()}
    return {"element": ELEMENTS[name]} if name in ELEMENTS else {}


def attribute(name, record, records):
    is_a = lambda kind: record["!name"] in records["!instanceof"].get(kind, ())
    base = record
    optional = is_a("OptionalAttr") or record["!name"] == "UnitAttr"
    while base.get("baseAttr"):
        base = records[base["baseAttr"]["def"]]
    entry = {"name": name, "kind": base["!name"], "optional": optional}
    if record.get("defaultValue"):
        entry["default"] = record["defaultValue"]
    if base.get("enumerants"):
        entry["words"] = {records[e["def"]]["str"]: records[e["def"]]["value"]
                          for e in base["enumerants"]}
    return entry


def entry(op, records):
    operands, attributes = [], []
    for argument, name in op["arguments"]["args"]:
        record = records[argument["def"]]
        if record["!name"] in records["!instanceof"]["Attr"]:
            attributes.append(attribute(name, record, records))
        else:
            operands.append({"name": name, "count": constraint(record, records),
                             **kind(record, records)})
    results = [{"name": name, "count": constraint(records[result["def"]], records)}
               for result, name in op["results"]["args"]]
    return {"name": f"dl.{op['opName']}", "summary": op["summary"],
            "description": textwrap.dedent(op["description"]).strip(), "operands": operands,
            "segments": any(t["def"] == "AttrSizedOperandSegments" for t in op["traits"]),
            "result_segments": any(t["def"] == "AttrSizedResultSegments" for t in op["traits"]),
            "attributes": attributes, "results": results,
            "infers": op["!name"] in records["!instanceof"]["DL_InferredOp"],
            "regions": len(op["regions"]["args"])}


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        records = json.load(file)
    ops = [entry(records[name], records) for name in records["!instanceof"]["DL_Op"]]
    text = json.dumps(sorted(ops, key=lambda op: op["name"]), separators=(",", ":"))
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        file.write(",".join(str(byte) for byte in text.encode()) + ",0\n")


if __name__ == "__main__":
    main()
