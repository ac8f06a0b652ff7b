//===- ShareLoops.cpp - One function for equivalent loops -----------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/Codegen.h"
#include "dlc/Codegen/Kernels/Kernel.h"
#include "dlc/Codegen/Memory/PlaceWeights.h"
#include "dlc/Codegen/Memory/PlanArena.h"
#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "dlc/Support/Format.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_SHARELOOPS
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

using namespace dlc;

namespace {

/// Equivalent loops, each with its own values in place of the captures of the
/// first.
struct EquivalenceClass {
  Operation *first;
  llvm::SetVector<Value> captures;
  SmallVector<int64_t> elements; // of its buffers
  std::vector<std::pair<Operation *, SmallVector<Value>>> others;
};

/// Returns the live-ins of the loop, in the order of their uses.
llvm::SetVector<Value> findCaptures(Operation *loop) {
  llvm::SetVector<Value> captures(loop->operand_begin(), loop->operand_end());
  getUsedValuesDefinedAbove(loop->getRegions(), captures);
  return captures;
}

/// Returns the maximum number of elements of each buffer that the loop
/// allocates. Ops outside the loop may determine it, so it may differ between
/// loops that look the same.
SmallVector<int64_t> boundBuffers(Operation *loop) {
  SmallVector<int64_t> elements;
  loop->walk([&](memref::AllocOp alloc) {
    elements.push_back(*boundElements(alloc));
  });
  return elements;
}

/// Hashes the loop without operands, which are compared later. Equivalent loops
/// have equal hashes.
llvm::hash_code hash(Operation *loop) {
  llvm::hash_code code = 0;
  loop->walk([&](Operation *op) {
    code =
        llvm::hash_combine(code, OperationEquivalence::computeHash(
                                     op, OperationEquivalence::ignoreHashValue,
                                     OperationEquivalence::ignoreHashValue,
                                     OperationEquivalence::IgnoreLocations));
  });
  return code;
}

/// Returns the value that `other` uses in place of each of the captures of
/// `first`, or nothing if the loops are not equivalent.
std::optional<SmallVector<Value>>
matchCaptures(Operation *first, const llvm::SetVector<Value> &captures,
              Operation *other) {
  llvm::DenseMap<Value, Value> inside;
  if (!OperationEquivalence::isEquivalentTo(
          first, other,
          [&](Value a, Value b) {
            Value known = inside.lookup(a);
            return success(known ? known == b : captures.contains(a));
          },
          [&](Value a, Value b) { inside[a] = b; },
          OperationEquivalence::IgnoreLocations))
    return std::nullopt;
  // A second comparison: isEquivalentTo does not ask about a value that both
  // loops use.
  auto collect = [](Operation *loop) {
    SmallVector<Value> uses;
    loop->walk(
        [&](Operation *op) { llvm::append_range(uses, op->getOperands()); });
    return uses;
  };
  llvm::DenseMap<Value, Value> match;
  for (auto [a, b] : llvm::zip_equal(collect(first), collect(other))) {
    if (!captures.contains(a))
      continue;
    // The other loop uses a value of its own there.
    if (other->isAncestor(b.getParentRegion()->getParentOp()))
      return std::nullopt;
    // Constants become part of the function, so they must be equal.
    Attribute left, right;
    matchPattern(a, m_Constant(&left));
    matchPattern(b, m_Constant(&right));
    Value &known = match[a];
    if (a.getType() != b.getType() || left != right || (known && known != b))
      return std::nullopt;
    known = b;
  }
  return llvm::map_to_vector(captures,
                             [&](Value value) { return match.lookup(value); });
}

struct ShareLoops : dlc::impl::ShareLoopsBase<ShareLoops> {
  using ShareLoopsBase::ShareLoopsBase;

  void runOnOperation() override {
    std::vector<EquivalenceClass> kinds;
    // The kinds of each hash and target.
    llvm::DenseMap<std::pair<size_t, Attribute>, SmallVector<size_t>> known;
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (!isEntry(function) || !function.getBody().hasOneBlock() ||
          function.getNumArguments() < kernelPrologue)
        continue;
      Attribute processor = function->getAttr(codegen::target);
      for (Operation &op : function.getBody().front()) {
        if (!isCandidate(&op))
          continue;
        SmallVector<int64_t> elements = boundBuffers(&op);
        auto &list = known[{hash(&op), processor}];
        bool isFound = llvm::any_of(list, [&](size_t number) {
          EquivalenceClass &kind = kinds[number];
          if (kind.elements != elements)
            return false;
          auto values = matchCaptures(kind.first, kind.captures, &op);
          if (values)
            kind.others.push_back({&op, *values});
          return values.has_value();
        });
        if (isFound)
          continue;
        list.push_back(kinds.size());
        kinds.push_back({&op, findCaptures(&op), elements, {}});
      }
    }
    for (auto [number, kind] : llvm::enumerate(kinds))
      if (!kind.others.empty())
        share(kind, number);
  }

  /// Whether `op` is a loop over buffers, large enough for a call, whose own
  /// allocations have a known maximum size.
  bool isCandidate(Operation *op) {
    if (!isa<scf::ForOp, scf::ForallOp, linalg::LinalgOp>(op) ||
        op->getNumResults())
      return false;
    int64_t count = 0;
    bool isClosed = !op->walk([&](Operation *inner) {
                         ++count;
                         if (auto alloc = dyn_cast<memref::AllocOp>(inner)) {
                           if (!boundElements(alloc) ||
                               !alloc.getType().getLayout().isIdentity())
                             return WalkResult::interrupt();
                           return WalkResult::advance();
                         }
                         // A yielded buffer outlives its iteration, and a check
                         // ends the call of a kernel.
                         if (needsKernel(inner) ||
                             (isa<scf::ForOp, scf::WhileOp>(inner) &&
                              llvm::any_of(inner->getResultTypes(),
                                           llvm::IsaPred<MemRefType>)))
                           return WalkResult::interrupt();
                         return WalkResult::advance();
                       }).wasInterrupted();
    return isClosed && count >= least;
  }

  /// Whether an op must stay in its kernel.
  static bool needsKernel(Operation *op) {
    return isa<func::CallOp>(op) ||
           (isa<codegen::CodegenDialect>(op->getDialect()) &&
            !isa<codegen::ScaleCostOp>(op));
  }

  void share(EquivalenceClass &kind, int64_t number) {
    Operation *loop = kind.first;
    auto parent = loop->getParentOfType<func::FuncOp>();
    Location loc = loop->getLoc();
    OpBuilder b(parent);

    // Arguments: context and number of workers as in a kernel, then the
    // captures, then memory for the loop's allocations.
    SmallVector<Value> captures;
    SmallVector<Operation *> constants;
    for (Value capture : kind.captures)
      if (matchPattern(capture, m_Constant()))
        constants.push_back(capture.getDefiningOp());
      else
        captures.push_back(capture);
    ValueRange prologue =
        ValueRange(parent.getArguments()).take_front(kernelPrologue);
    SmallVector<Type> types(prologue.getTypes());
    llvm::append_range(types, ValueRange(captures).getTypes());
    SmallVector<memref::AllocOp> allocs;
    loop->walk([&](memref::AllocOp alloc) { allocs.push_back(alloc); });
    if (!allocs.empty())
      types.push_back(MemRefType::get({ShapedType::kDynamic}, b.getI8Type()));
    auto function = func::FuncOp::create(
        b, loc,
        fmt::format(FMT_STRING("{}.shared.{}"), parent.getName(), number),
        b.getFunctionType(types, {}));
    function.setPrivate();
    codegen::copyTarget(parent, function);

    // Replace every loop by a call.
    Block *entry = function.addEntryBlock();
    b.setInsertionPointToStart(entry);
    Sizes sizes = place(allocs, b, *entry);
    b.setInsertionPoint(loop);
    call(b, loop, function, captures, sizes);
    for (auto &[other, values] : kind.others) {
      SmallVector<Value> operands;
      for (auto [capture, value] : llvm::zip(kind.captures, values))
        if (!matchPattern(capture, m_Constant()))
          operands.push_back(value);
      b.setInsertionPoint(other);
      call(b, other, function, operands, sizes);
      other->erase();
    }

    b.setInsertionPointToEnd(entry);
    IRMapping mapping;
    for (Operation *constant : constants)
      b.clone(*constant, mapping);
    mapping.map(captures,
                entry->getArguments().slice(kernelPrologue, captures.size()));
    auto end = func::ReturnOp::create(b, loc);
    loop->moveBefore(end);
    loop->walk([&](Operation *op) {
      for (OpOperand &operand : op->getOpOperands())
        operand.set(mapping.lookupOrDefault(operand.get()));
    });
  }

  /// Bytes per call, and additionally per worker.
  struct Sizes {
    int64_t call = 0, worker = 0;
  };

  /// Turns allocations into views of the entry block's last argument, and
  /// returns the size that it needs.
  Sizes place(MutableArrayRef<memref::AllocOp> allocs, OpBuilder &b,
              Block &entry) {
    Sizes sizes;
    SmallVector<std::pair<scf::ForallOp, int64_t>> places;
    for (memref::AllocOp alloc : allocs) {
      auto parallel = alloc->getParentOfType<scf::ForallOp>();
      while (parallel && parallel->getParentOfType<scf::ForallOp>())
        parallel = parallel->getParentOfType<scf::ForallOp>();
      int64_t &end = parallel ? sizes.worker : sizes.call;
      places.push_back({parallel, end});
      int64_t width =
          llvm::divideCeil(alloc.getType().getElementTypeBitWidth(), 8);
      end = llvm::alignTo(end + *boundElements(alloc) * width, globalAlignment);
    }
    llvm::DenseMap<Operation *, Value> starts; // of the worker's memory
    for (auto [alloc, where] : llvm::zip(allocs, places)) {
      auto [parallel, offset] = where;
      Location loc = alloc.getLoc();
      Value &start = starts[parallel];
      if (parallel && !start) {
        b.setInsertionPointToStart(parallel.getBody());
        Value worker = codegen::WorkerOp::create(b, loc);
        start = arith::AddIOp::create(
            b, loc, arith::ConstantIndexOp::create(b, loc, sizes.call),
            arith::MulIOp::create(
                b, loc, worker,
                arith::ConstantIndexOp::create(b, loc, sizes.worker)));
      }
      b.setInsertionPoint(alloc);
      Value at = arith::ConstantIndexOp::create(b, loc, offset);
      if (parallel)
        at = arith::AddIOp::create(b, loc, start, at);
      Value view = memref::ViewOp::create(
          b, loc, alloc.getType(), entry.getArguments().back(), at,
          SmallVector<Value>(alloc.getDynamicSizes()));
      alloc.replaceAllUsesWith(view);
      alloc.erase();
    }
    return sizes;
  }

  void call(OpBuilder &b, Operation *loop, func::FuncOp function,
            ArrayRef<Value> captures, Sizes sizes) {
    Location loc = loop->getLoc();
    auto parent = loop->getParentOfType<func::FuncOp>();
    ValueRange prologue =
        ValueRange(parent.getArguments()).take_front(kernelPrologue);
    SmallVector<Value> operands(prologue);
    llvm::append_range(operands, captures);
    if (sizes.call + sizes.worker) {
      Value bytes = arith::ConstantIndexOp::create(b, loc, sizes.call);
      if (sizes.worker)
        bytes = arith::AddIOp::create(
            b, loc, bytes,
            arith::MulIOp::create(
                b, loc, prologue.back(),
                arith::ConstantIndexOp::create(b, loc, sizes.worker)));
      auto type = cast<MemRefType>(function.getArgumentTypes().back());
      operands.push_back(memref::AllocOp::create(
          b, loc, type, bytes, b.getI64IntegerAttr(globalAlignment)));
    }
    func::CallOp::create(b, loc, function, operands);
  }
};
} // namespace
