//===- GroupScans.cpp - Steps that keep their first states alone ----------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A scan of T steps becomes a scan over T / k groups, whose cell is a scan of k
// steps. The outer scan is marked: it keeps only the states before each group.
// Its derivative runs the inner scan again, which keeps what it needs.
//
//===----------------------------------------------------------------------===//

#include "Rules.h"
#include "dlc/Dialect/DL/IR/ScanGroups.h"
#include "dlc/Dialect/Utils/Extents.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include <cmath>

using namespace mlir;
using namespace dlc;
using dl::formula::TensorExpr;

namespace {

/// The bytes of a value; nullopt for an unknown extent.
std::optional<int64_t> knownBytes(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type)
    return 0;
  if (!type.hasStaticShape())
    return std::nullopt;
  return bytesOf(type);
}

/// The bytes that each step of a scan keeps.
struct Kept {
  int64_t steps, states = 0, all = 0;

  /// The bytes kept with groups of k steps.
  int64_t bytes(int64_t k) const {
    if (k == 0)
      return steps * all;
    return k == 1 ? steps * states : steps / k * states + k * all;
  }
};

std::optional<Kept> measure(dl::ScanOp scan) {
  Kept kept{scan.getStaticSteps()};
  if (ShapedType::isDynamic(kept.steps))
    return std::nullopt;
  for (Value state : scan.getStates()) {
    auto bytes = knownBytes(state);
    if (!bytes)
      return std::nullopt;
    kept.states += *bytes;
  }
  kept.all = kept.states;
  for (Operation &op : scan.getBody().front().without_terminator())
    if (!isCheap(&op))
      for (Value result : op.getResults()) {
        auto bytes = knownBytes(result);
        if (!bytes)
          return std::nullopt;
        kept.all += *bytes;
      }
  return kept;
}

/// The scan over steps `first` to `end`, in groups of `size` if that is above
/// 1.
dl::ScanOp takeSteps(OpBuilder &b, dl::ScanOp scan, ValueRange states,
                     int64_t first, int64_t end, int64_t size) {
  Location loc = scan.getLoc();
  int64_t axis = scan.getAxis(), steps = end - first;
  SmallVector<Value> inputs;
  for (Value input : scan.getInputs()) {
    Value part = TensorExpr(b, loc, input).slice(axis, first, end);
    inputs.push_back(size > 1 ? dl::groupSteps(b, loc, part, axis, size)
                              : part);
  }
  auto counted = [&](OpBuilder &b, int64_t count) -> Value {
    return scan.getSteps() ? arith::ConstantIndexOp::create(b, loc, count)
                           : Value();
  };
  auto cell = dl::copyCell(scan);
  if (size == 1)
    return dl::ScanOp::create(b, loc, states, inputs, Value(),
                              counted(b, steps), axis, scan.getReverse(), cell);
  auto groups = dl::ScanOp::create(
      b, loc, states, inputs, Value(), counted(b, steps / size), axis,
      scan.getReverse(),
      [&](OpBuilder &b, Location loc, ValueRange states, ValueRange elements) {
        auto group =
            dl::ScanOp::create(b, loc, states, elements, Value(),
                               counted(b, size), axis, scan.getReverse(), cell);
        dl::YieldOp::create(b, loc, group.getFinals(), group.getOutputs(),
                            Value());
      });
  groups->setAttr(recomputedAttr, b.getUnitAttr());
  return groups;
}

/// Replaces a scan by groups of k steps, followed by the remaining steps.
SmallVector<Value> group(dl::ScanOp scan, int64_t k) {
  OpBuilder b(scan);
  Location loc = scan.getLoc();
  int64_t steps = scan.getStaticSteps(), axis = scan.getAxis();
  int64_t rest = steps % k;
  // The remaining steps are the last ones in scan order.
  int64_t first = scan.getReverse() ? rest : 0;
  dl::ScanOp groups =
      takeSteps(b, scan, scan.getInitial(), first, first + steps - rest, k);
  SmallVector<Value> results(groups.getFinals());
  SmallVector<TensorExpr> outputs;
  for (auto [output, old] : llvm::zip(groups.getOutputs(), scan.getOutputs())) {
    dl::Shape shape(dl::tensorType(old).getShape());
    shape[axis] = steps - rest;
    outputs.push_back(TensorExpr(b, loc, output).reshape(shape));
  }
  if (rest) {
    first = scan.getReverse() ? 0 : steps - rest;
    dl::ScanOp last = takeSteps(b, scan, results, first, first + rest, 1);
    results.assign(last.getFinals().begin(), last.getFinals().end());
    for (auto [output, more] : llvm::zip(outputs, last.getOutputs())) {
      TensorExpr other(b, loc, more);
      output = scan.getReverse() ? dl::formula::concat({other, output}, axis)
                                 : dl::formula::concat({output, other}, axis);
    }
  }
  results.append(outputs.begin(), outputs.end());
  return results;
}

} // namespace

LogicalResult dlc::groupScans(SmallVectorImpl<Operation *> &ops,
                              MutableArrayRef<Value> values,
                              const DifferentiationOptions &options) {
  if (ops.empty() || (options.recompute == 0 && options.memory == 0))
    return success();
  llvm::MapVector<Operation *, int64_t> sizes;
  SmallVector<dl::ScanOp> scans;
  for (Operation *op : ops)
    if (auto scan = dyn_cast<dl::ScanOp>(op)) {
      scans.push_back(scan);
      sizes[scan] = options.recompute;
    }
  if (options.memory > 0) {
    SmallVector<std::pair<dl::ScanOp, Kept>> all;
    int64_t total = 0;
    for (dl::ScanOp scan : scans) {
      auto kept = measure(scan);
      if (!kept)
        return scan.emitError("has unknown extents, expected known ones to "
                              "keep no more than ")
               << options.memory
               << " bytes; give a number of steps to recompute instead";
      all.push_back({scan, *kept});
      sizes[scan] = 0;
      total += kept->bytes(0);
      // Outputs exist for their users, whatever the scan keeps for itself.
      for (Value output : scan.getOutputs())
        total += knownBytes(output).value_or(0);
    }
    llvm::stable_sort(all, [](const auto &a, const auto &b) {
      return a.second.bytes(0) > b.second.bytes(0);
    });
    for (auto &[scan, kept] : all) {
      if (total <= options.memory)
        break;
      auto root = int64_t(std::lround(std::sqrt(
          double(kept.steps) * kept.states / std::max<int64_t>(1, kept.all))));
      int64_t best = 0;
      // The states of each step, if that is enough.
      for (int64_t k : {int64_t(1), std::max<int64_t>(root, 2)})
        if (kept.bytes(k) < kept.bytes(best) &&
            total + kept.bytes(best) - kept.bytes(0) > options.memory)
          best = k;
      total += kept.bytes(best) - kept.bytes(0);
      sizes[scan] = best;
    }
    if (total > options.memory)
      return scans.front().emitError("the scans keep ")
             << total << " bytes at least for their derivatives, expected no "
             << "more than " << options.memory;
  }

  // Maps each old result to its new value.
  Block *block = ops.front()->getBlock();
  llvm::DenseMap<Value, Value> now;
  Operation *before = ops.front()->getPrevNode();
  Operation *behind = ops.back()->getNextNode();
  for (auto [op, size] : sizes) {
    auto scan = cast<dl::ScanOp>(op);
    if (size == 0)
      continue;
    int64_t steps = scan.getStaticSteps();
    if (size == 1 || options.truncate > 0 || !dl::hasPlainSteps(scan, 1) ||
        steps < 2 * size) {
      scan->setAttr(recomputedAttr, UnitAttr::get(scan.getContext()));
      continue;
    }
    SmallVector<Value> results = group(scan, size);
    for (auto [old, result] : llvm::zip(scan.getResults(), results)) {
      for (Value &value : values)
        if (value == old)
          value = result;
      old.replaceAllUsesWith(result);
    }
    scan.erase();
  }
  ops.clear();
  for (auto it = before ? std::next(before->getIterator()) : block->begin();
       it != block->end() && &*it != behind; ++it)
    ops.push_back(&*it);
  return success();
}
