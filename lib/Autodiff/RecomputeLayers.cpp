//===- RecomputeLayers.cpp - Layers that are computed again ---------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The forward ops of a derivative are split into segments. Values that cross
// between segments are kept. What the backward ops need of the inside of a
// segment is rematerialised from them, before the first backward op that reads
// it (Chen et al., 2016). The last segment is kept as a whole, because its
// backward ops follow immediately.
//
//===----------------------------------------------------------------------===//

#include "Rules.h"
#include "dlc/Dialect/Utils/Extents.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace dlc;

namespace {

class Recomputation {
public:
  /// For the forward ops from `begin` up to `turn`, and their backward ops from
  /// `turn` up to `end`.
  Recomputation(Operation *begin, Operation *turn, Operation *end) : end(end) {
    for (Operation *op = begin; op != turn; op = op->getNextNode()) {
      numbers[op] = ops.size();
      ops.push_back(op);
    }
  }

  LogicalResult run(int64_t memory) {
    if (failed(measure()))
      return end->emitError("layers have unknown extents, expected known ones "
                            "to keep no more than ")
             << memory << " bytes for the derivatives";
    Plan best = plan({});
    for (size_t segments = 2;
         segments <= std::min<size_t>(ops.size(), 64) && best.peak > memory;
         ++segments) {
      Plan other = plan(cut(segments));
      if (other.peak < best.peak)
        best = std::move(other);
    }
    if (best.peak > memory)
      return end->emitError("the layers keep ")
             << best.peak << " bytes at least for their derivatives, expected "
             << "no more than " << memory;
    // The backward ops of the last segment come first.
    for (Segment &segment : llvm::reverse(best.segments))
      compute(segment);
    return success();
  }

private:
  struct Use {
    int64_t bytes = 0;
    /// The number of the last forward op that reads it; -1 if none does.
    int64_t last = -1;
    bool isBackward = false, isOutside = false;
  };

  /// The values that are rematerialised, the ops that do it, and what these
  /// read.
  struct Segment {
    SmallVector<Value> inside;
    llvm::SetVector<Operation *> ops;
    llvm::SetVector<Value> inputs;
  };

  struct Plan {
    SmallVector<Segment> segments;
    int64_t peak = 0;
  };

  /// Parameters and constants take no extra memory.
  static bool isFree(Value value) {
    Operation *op = value.getDefiningOp();
    return !isa<RankedTensorType>(value.getType()) ||
           matchPattern(value, m_Constant()) ||
           isa_and_present<ml_program::GlobalLoadOp,
                           ml_program::GlobalLoadConstOp>(op);
  }

  /// Fails if a size is unknown.
  LogicalResult measure() {
    llvm::DenseSet<Value> viewed; // operands of views that are read
    for (Operation *op : llvm::reverse(ops))
      for (Value value : op->getResults()) {
        if (isFree(value))
          continue;
        Use use;
        use.isBackward = viewed.contains(value);
        for (Operation *user : value.getUsers()) {
          Operation *at = end->getBlock()->findAncestorOpInBlock(*user);
          auto number = numbers.find(at);
          if (number != numbers.end())
            use.last = std::max(use.last, int64_t(number->second));
          else if (at->isBeforeInBlock(end))
            use.isBackward = true;
          else
            use.isOutside = true;
        }
        auto type = cast<RankedTensorType>(value.getType());
        if (use.isBackward && !type.hasStaticShape())
          return failure();
        if (isa<dl::ReshapeOp, dl::FlattenOp>(op)) {
          if (use.isBackward)
            viewed.insert(op->getOperand(0));
        } else if (type.hasStaticShape())
          use.bytes = bytesOf(type);
        uses[value] = use;
      }
    return success();
  }

  /// Chooses cuts so that each segment holds about the same amount, and as
  /// little as possible crosses between them.
  SmallVector<size_t> cut(size_t segments) {
    SmallVector<int64_t> held(ops.size()), crossing(ops.size() + 1);
    int64_t total = 0;
    for (auto [number, op] : llvm::enumerate(ops))
      for (Value value : op->getResults()) {
        auto *it = uses.find(value);
        if (it == uses.end())
          continue;
        const Use &use = it->second;
        if (use.isBackward) {
          held[number] += use.bytes;
          total += use.bytes;
        }
        for (int64_t i = number + 1; i <= use.last; ++i)
          crossing[i] += use.bytes;
      }
    SmallVector<size_t> cuts;
    int64_t sum = 0, most = total / int64_t(segments);
    size_t window = 0; // the start of the range where the next cut may lie
    for (size_t i = 0; i < ops.size(); ++i) {
      if (sum > 0 && sum + held[i] > most) {
        size_t at = i;
        for (size_t j = window; j < i; ++j)
          if (crossing[j] < crossing[at])
            at = j;
        cuts.push_back(at);
        sum = 0;
        for (size_t j = at; j < i; ++j)
          sum += held[j];
        window = i;
      }
      sum += held[i];
      if (2 * sum <= most)
        window = i + 1;
    }
    return cuts;
  }

  Plan plan(ArrayRef<size_t> cuts) {
    Plan plan;
    llvm::DenseSet<Value> kept;
    int64_t inside = 0, begin = 0;
    for (size_t cut : cuts) {
      Segment &segment = plan.segments.emplace_back();
      int64_t bytes = 0;
      auto isInside = [&](Value value) {
        auto *it = uses.find(value);
        return it != uses.end() && !it->second.isOutside &&
               it->second.last < int64_t(cut) &&
               isMemoryEffectFree(value.getDefiningOp());
      };
      SmallVector<Operation *> todo;
      for (Operation *op : ArrayRef(ops).slice(begin, cut - begin))
        for (Value value : op->getResults())
          if (uses.lookup(value).isBackward && isInside(value)) {
            segment.inside.push_back(value);
            bytes += uses.lookup(value).bytes;
            if (segment.ops.insert(op))
              todo.push_back(op);
          }
      // Adds the ops that they are computed from, up to values that are kept.
      while (!todo.empty()) {
        Operation *op = todo.pop_back_val();
        SmallVector<Value> operands(op->getOperands());
        llvm::append_range(operands, findCaptured(op));
        for (Value operand : operands) {
          Operation *source = operand.getDefiningOp();
          auto number = numbers.find(source);
          if (number != numbers.end() && int64_t(number->second) >= begin &&
              isInside(operand)) {
            if (segment.ops.insert(source))
              todo.push_back(source);
          } else {
            segment.inputs.insert(operand);
            kept.insert(operand);
          }
        }
      }
      inside = std::max(inside, bytes);
      begin = cut;
    }
    // Everything else is kept from the beginning. What the last segment holds
    // on top has been read before the next segment is rematerialised.
    llvm::DenseSet<Value> again;
    for (Segment &segment : plan.segments)
      again.insert(segment.inside.begin(), segment.inside.end());
    int64_t last = 0;
    for (auto &[value, use] : uses)
      if (kept.contains(value) || (use.isBackward && !again.contains(value))) {
        bool isLast = !kept.contains(value) &&
                      int64_t(numbers.lookup(value.getDefiningOp())) >= begin;
        (isLast ? last : plan.peak) += use.bytes;
      }
    plan.peak += std::max(inside, last);
    return plan;
  }

  void compute(Segment &segment) {
    // The first backward op that reads a value of the segment.
    Operation *first = nullptr;
    llvm::SmallPtrSet<Operation *, 16> readers;
    for (Value value : segment.inside)
      for (Operation *user : value.getUsers()) {
        Operation *at = end->getBlock()->findAncestorOpInBlock(*user);
        if (numbers.contains(at))
          continue;
        readers.insert(at);
        if (!first || at->isBeforeInBlock(first))
          first = at;
      }
    if (!first)
      return;
    OpBuilder b(first);
    IRMapping mapping;
    for (Value input : segment.inputs)
      if (!isFree(input) ||
          (isa<RankedTensorType>(input.getType()) &&
           !matchPattern(input, m_Constant()) && isSmall(input)))
        mapping.map(input,
                    dl::BarrierOp::create(b, input.getLoc(), input).getY());
    for (Operation *op : ops)
      if (segment.ops.contains(op))
        b.clone(*op, mapping);
    for (Value value : segment.inside)
      value.replaceUsesWithIf(mapping.lookup(value), [&](OpOperand &use) {
        return readers.contains(
            end->getBlock()->findAncestorOpInBlock(*use.getOwner()));
      });
  }

  /// Small values, such as the state of the random generator, from which all
  /// random bits follow.
  static bool isSmall(Value value) {
    auto type = cast<RankedTensorType>(value.getType());
    return type.hasStaticShape() && type.getNumElements() <= 16;
  }

  Operation *end;
  SmallVector<Operation *> ops;
  llvm::DenseMap<Operation *, size_t> numbers;
  llvm::MapVector<Value, Use> uses;
};

} // namespace

LogicalResult dlc::recomputeLayers(Operation *begin, Operation *turn,
                                   Operation *end, int64_t memory) {
  return Recomputation(begin, turn, end).run(memory);
}
