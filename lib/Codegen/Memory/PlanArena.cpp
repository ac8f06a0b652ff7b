//===- PlanArena.cpp - One arena for all intermediate buffers -------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/Memory/PlanArena.h"
#include "dlc/Codegen/Codegen.h"
#include "dlc/Codegen/Kernels/Kernel.h"
#include "dlc/Codegen/Memory/PlaceWeights.h"
#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "dlc/Dialect/Codegen/IR/IndexRange.h"
#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Bufferization/Transforms/BufferViewFlowAnalysis.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_PLANARENA
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

using namespace dlc;

/// Returns the extent or an upper bound of it, or nothing if it may wrap:
/// upstream's bounds are computed in unbounded integers.
static std::optional<int64_t> boundExtent(OpFoldResult size) {
  if (std::optional<int64_t> known = getConstantIntValue(size))
    return known;
  if (!rangeOf(size))
    return std::nullopt;
  FailureOr<int64_t> bound = ValueBoundsConstraintSet::computeConstantBound(
      presburger::BoundType::UB,
      ValueBoundsConstraintSet::Variable(cast<Value>(size)),
      /*stopCondition=*/nullptr, /*closedUB=*/true);
  return bound;
}

std::optional<int64_t> dlc::boundElements(memref::AllocOp alloc) {
  int64_t elements = 1;
  for (OpFoldResult size : alloc.getMixedSizes()) {
    std::optional<int64_t> extent = boundExtent(size);
    if (!extent || llvm::MulOverflow(elements, *extent, elements) ||
        elements > maxBytes)
      return std::nullopt;
  }
  return elements;
}

namespace {

constexpr int64_t alignment = globalAlignment;

struct Buffer {
  memref::AllocOp alloc;
  /// The first and the last top-level op of the function that may access the
  /// buffer.
  int64_t first = 0, last = 0;
  /// Size in bytes, or -1 if unknown.
  int64_t bytes = -1;
  /// The outermost enclosing parallel loop, if any: each worker has a copy.
  scf::ForallOp loop;
  int64_t offset = 0; // if the size is known
  unsigned slot = 0;  // if the size is unknown

  bool meets(const Buffer &other) const {
    return first <= other.last && other.first <= last;
  }
};

/// Finds all values that may alias a buffer. Upstream's analysis relies on an
/// interface that each dialect registers. About an op without it nothing is
/// known, so each of its results may alias any operand.
class Aliases {
public:
  explicit Aliases(Operation *root) : known(root) {}

  SmallVector<Value> resolve(Value buffer) const {
    llvm::SetVector<Value> all;
    all.insert(buffer);
    for (size_t i = 0; i < all.size(); ++i) {
      for (Value alias : known.resolve(all[i]))
        all.insert(alias);
      for (Operation *user : all[i].getUsers())
        if (!isa<RegionBranchOpInterface>(user))
          for (Value result : user->getResults())
            if (isa<BaseMemRefType>(result.getType()))
              all.insert(result);
    }
    return all.takeVector();
  }

private:
  BufferViewFlowAnalysis known;
};

class Planner {
public:
  Planner(func::FuncOp function, bool share)
      : function(function), block(function.getBody().front()), share(share) {}

  LogicalResult run() {
    collect();
    Type bytes = MemRefType::get({ShapedType::kDynamic},
                                 IntegerType::get(function.getContext(), 8));
    arena = block.addArgument(bytes, function.getLoc());
    function.setType(FunctionType::get(function.getContext(),
                                       block.getArgumentTypes(), TypeRange()));
    placeKnown();
    placeUnknown();
    replace();
    return emitWorkspaceFunction();
  }

private:
  Operation *topLevel(Operation *op) {
    while (op->getBlock() != &block)
      op = op->getParentOp();
    return op;
  }

  /// Returns the upper bound of a size. It is cached, as placing one buffer
  /// removes the ops that bound the size of the next.
  std::optional<int64_t> bound(Value size) {
    auto it = bounds.find(size);
    if (it == bounds.end())
      it = bounds.try_emplace(size, boundExtent(size)).first;
    return it->second;
  }

  /// Whether the size or an upper bound of it can be computed at the function's
  /// entry.
  bool isKnownAtEntry(Value size) {
    return bound(size) || isComputedAtEntry(size);
  }

  /// Whether the size itself can be computed at the entry. Bounds of its
  /// operands do not help: the bound of a term is not its value.
  bool isComputedAtEntry(Value size) {
    auto [it, isNew] = entrySizes.try_emplace(size, false);
    if (!isNew)
      return it->second;
    Operation *op = size.getDefiningOp();
    bool result =
        op ? op->getNumRegions() == 0 : size.getParentBlock() == &block;
    if (op)
      for (Value operand : op->getOperands())
        result = result &&
                 (isa<MemRefType>(operand.getType())
                      ? isa<memref::DimOp>(op) && isa<BlockArgument>(operand) &&
                            operand.getParentBlock() == &block
                      : isComputedAtEntry(operand));
    return entrySizes[size] = result;
  }

  /// Replaces an allocation whose size depends on values by a codegen.allocate
  /// at the same position.
  void allocate(memref::AllocOp alloc) {
    OpBuilder b(alloc);
    MemRefType type = alloc.getType();
    Value bytes = arith::ConstantIndexOp::create(
        b, alloc.getLoc(), llvm::divideCeil(type.getElementTypeBitWidth(), 8));
    for (int64_t extent : type.getShape())
      if (!ShapedType::isDynamic(extent))
        bytes = mul(b, bytes,
                    arith::ConstantIndexOp::create(b, alloc.getLoc(), extent));
    for (Value size : alloc.getDynamicSizes())
      bytes = mul(b, bytes, size);
    Value memory = codegen::AllocateOp::create(b, alloc.getLoc(),
                                               function.getArgument(0), bytes);
    Value zero = arith::ConstantIndexOp::create(b, alloc.getLoc(), 0);
    SmallVector<Value> sizes(alloc.getDynamicSizes());
    Value view =
        memref::ViewOp::create(b, alloc.getLoc(), type, memory, zero, sizes);
    alloc.replaceAllUsesWith(view);
    alloc.erase();
  }

  /// Whether a buffer allocated in a sequential loop outlives its iteration. It
  /// then cannot be placed in the arena: the next iteration would use the same
  /// address.
  static bool outlivesIteration(memref::AllocOp alloc, const Aliases &aliases) {
    for (Operation *loop = alloc->getParentOp(); !isa<func::FuncOp>(loop);
         loop = loop->getParentOp()) {
      if (!isa<scf::ForOp, scf::WhileOp>(loop))
        continue;
      for (Value alias : aliases.resolve(alloc.getResult()))
        if (alias.getDefiningOp() == loop ||
            (isa<BlockArgument>(alias) &&
             alias.getParentRegion()->getParentOp() == loop))
          return true;
    }
    return false;
  }

  /// Whether the buffer is a result passed to the caller, which outlives the
  /// call.
  static bool isHandedOver(memref::AllocOp alloc) {
    return llvm::any_of(alloc->getUsers(), llvm::IsaPred<codegen::SetResultOp>);
  }

  void collect() {
    {
      Aliases aliases(function);
      SmallVector<memref::AllocOp> dynamic;
      function.walk([&](memref::AllocOp alloc) {
        if (outlivesIteration(alloc, aliases) || isHandedOver(alloc) ||
            !llvm::all_of(alloc.getDynamicSizes(),
                          [&](Value size) { return isKnownAtEntry(size); }))
          dynamic.push_back(alloc);
      });
      for (memref::AllocOp alloc : dynamic)
        allocate(alloc);
    }
    llvm::DenseMap<Operation *, int64_t> order;
    for (auto [i, op] : llvm::enumerate(block))
      order[&op] = i;
    Aliases aliases(function);
    function.walk([&](memref::AllocOp alloc) {
      Buffer buffer;
      buffer.alloc = alloc;
      // The live range starts at the first access. Neither the allocation nor
      // views count: bufferisation groups allocations, far from their uses.
      buffer.first = buffer.last = order[topLevel(alloc)];
      bool isUsed = false;
      for (Value alias : aliases.resolve(alloc.getResult()))
        for (Operation *user : alias.getUsers()) {
          if (isa<ViewLikeOpInterface, memref::DimOp>(user))
            continue;
          int64_t at = order[topLevel(user)];
          buffer.first = isUsed ? std::min(buffer.first, at) : at;
          buffer.last = isUsed ? std::max(buffer.last, at) : at;
          isUsed = true;
        }
      MemRefType type = alloc.getType();
      if (std::optional<int64_t> elements = boundElements(alloc))
        buffer.bytes = llvm::alignTo(
            *elements * llvm::divideCeil(type.getElementTypeBitWidth(), 8),
            alignment);
      buffer.loop = alloc->getParentOfType<scf::ForallOp>();
      while (buffer.loop && buffer.loop->getParentOfType<scf::ForallOp>())
        buffer.loop = buffer.loop->getParentOfType<scf::ForallOp>();
      buffers.push_back(buffer);
    });
  }

  /// Places buffers of known size: first fit in decreasing order of size.
  /// Buffers inside parallel loops are placed likewise in a separate region, of
  /// which each worker has a copy.
  void placeKnown() {
    for (bool perWorker : {false, true}) {
      SmallVector<Buffer *> todo;
      for (Buffer &buffer : buffers)
        if (buffer.bytes >= 0 && bool(buffer.loop) == perWorker)
          todo.push_back(&buffer);
      llvm::sort(todo, [this](Buffer *a, Buffer *b) {
        return std::make_pair(-a->bytes, a - buffers.data()) <
               std::make_pair(-b->bytes, b - buffers.data());
      });
      int64_t &total = perWorker ? workerBytes : knownBytes;
      SmallVector<Buffer *> placed;
      for (Buffer *buffer : todo) {
        SmallVector<std::pair<int64_t, int64_t>> taken;
        for (Buffer *other : placed)
          if (!share || buffer->meets(*other))
            taken.push_back({other->offset, other->offset + other->bytes});
        llvm::sort(taken);
        int64_t offset = 0;
        for (auto [begin, end] : taken) {
          if (offset + buffer->bytes <= begin)
            break;
          offset = std::max(offset, end);
        }
        buffer->offset = offset;
        total = std::max(total, offset + buffer->bytes);
        placed.push_back(buffer);
      }
    }
  }

  /// Places buffers of unknown size: buffers with disjoint live ranges share a
  /// slot, which has the size of the largest.
  void placeUnknown() {
    for (Buffer &buffer : buffers) {
      if (buffer.bytes >= 0)
        continue;
      bool found = false;
      for (auto [i, slot] : llvm::enumerate(slots)) {
        if (bool(slot.front()->loop) != bool(buffer.loop) ||
            llvm::any_of(slot,
                         [&](Buffer *b) { return !share || b->meets(buffer); }))
          continue;
        buffer.slot = i;
        slot.push_back(&buffer);
        found = true;
        break;
      }
      if (!found) {
        buffer.slot = slots.size();
        slots.push_back({&buffer});
      }
    }
  }

  Value constant(OpBuilder &b, int64_t value) {
    return arith::ConstantIndexOp::create(b, function.getLoc(), value);
  }
  Value add(OpBuilder &b, Value x, Value y) {
    return arith::AddIOp::create(b, function.getLoc(), x, y);
  }
  Value mul(OpBuilder &b, Value x, Value y) {
    return arith::MulIOp::create(b, function.getLoc(), x, y);
  }

  /// Returns the size in bytes of a buffer of unknown size, rounded up to the
  /// alignment. It is computed at the function's entry from rematerialised
  /// extents.
  Value bytesOf(OpBuilder &b, Buffer &buffer) {
    Value bytes = constant(
        b,
        llvm::divideCeil(buffer.alloc.getType().getElementTypeBitWidth(), 8));
    for (int64_t extent : buffer.alloc.getType().getShape())
      if (!ShapedType::isDynamic(extent))
        bytes = mul(b, bytes, constant(b, extent));
    for (Value size : buffer.alloc.getDynamicSizes()) {
      std::optional<int64_t> most = bound(size);
      bytes = mul(b, bytes, most ? constant(b, *most) : rematerialize(b, size));
    }
    Value mask = constant(b, ~(alignment - 1));
    return arith::AndIOp::create(
        b, function.getLoc(), add(b, bytes, constant(b, alignment - 1)), mask);
  }

  /// Clones the computation of `value` from arguments and constants to the
  /// builder's position. (Sizes that depend on a loop are bounded by its
  /// tiles.)
  Value rematerialize(OpBuilder &b, Value value) {
    if (auto it = atEntry.find(value); it != atEntry.end())
      return it->second;
    Operation *op = value.getDefiningOp();
    if (!op) {
      if (value.getParentBlock() == &block)
        return value;
      failedAt = value;
      return constant(b, 0);
    }
    IRMapping mapping;
    for (Value operand : op->getOperands())
      mapping.map(operand, isa<MemRefType>(operand.getType())
                               ? operand
                               : rematerialize(b, operand));
    for (Value operand : op->getOperands())
      if (isa<MemRefType>(operand.getType()) && !isa<BlockArgument>(operand)) {
        failedAt = value;
        return constant(b, 0);
      }
    Value copy = b.clone(*op, mapping)
                     ->getResult(cast<OpResult>(value).getResultNumber());
    atEntry[value] = copy;
    return copy;
  }

  void replace() {
    OpBuilder b(function.getContext());
    b.setInsertionPointToStart(&block);
    Value base = constant(b, llvm::alignTo(knownBytes, alignment));
    Value workers = function.getArgument(1);
    // Layout: the known region and slots, then for each worker its known region
    // and slots.
    SmallVector<Value> offsets(slots.size());
    Value workerSize = constant(b, llvm::alignTo(workerBytes, alignment));
    for (bool perWorker : {false, true})
      for (auto [i, slot] : llvm::enumerate(slots)) {
        if (bool(slot.front()->loop) != perWorker)
          continue;
        Value size;
        for (Buffer *buffer : slot) {
          Value bytes = bytesOf(b, *buffer);
          size = size
                     ? arith::MaxSIOp::create(b, function.getLoc(), size, bytes)
                           .getResult()
                     : bytes;
        }
        Value &end = perWorker ? workerSize : base;
        offsets[i] = end;
        end = add(b, end, size);
      }
    workspace = add(b, base, mul(b, workers, workerSize));

    llvm::DenseMap<Operation *, Value> workerBase;
    for (Buffer &buffer : buffers) {
      // Inserted at the buffer's allocation: the op at the entry may be an
      // allocation that has been erased.
      OpBuilder at(buffer.alloc);
      Value offset = buffer.bytes >= 0 ? constant(at, buffer.offset)
                                       : offsets[buffer.slot];
      if (buffer.loop) {
        Value &start = workerBase[buffer.loop];
        if (!start) {
          OpBuilder inLoop = OpBuilder::atBlockBegin(buffer.loop.getBody());
          Value worker = codegen::WorkerOp::create(inLoop, function.getLoc());
          start = add(inLoop, base, mul(inLoop, worker, workerSize));
        }
        offset = add(at, start, offset);
      }
      SmallVector<Value> sizes(buffer.alloc.getDynamicSizes());
      Value view =
          memref::ViewOp::create(at, buffer.alloc.getLoc(),
                                 buffer.alloc.getType(), arena, offset, sizes);
      buffer.alloc.replaceAllUsesWith(view);
      buffer.alloc.erase();
    }
  }

  LogicalResult emitWorkspaceFunction() {
    if (failedAt)
      return function.emitError("the size of an intermediate buffer depends on "
                                "more than the extents of inputs");
    llvm::SetVector<Operation *> slice;
    BackwardSliceOptions options;
    options.omitBlockArguments = true;
    options.inclusive = true;
    if (failed(getBackwardSlice(workspace, &slice, options)))
      return function.emitError("could not isolate the size of the arena");
    OpBuilder b(function);
    Location loc = function.getLoc();
    TypeRange inputs = TypeRange(block.getArgumentTypes()).drop_back();
    auto result =
        func::FuncOp::create(b, loc, (function.getName() + ".workspace").str(),
                             b.getFunctionType(inputs, {b.getIndexType()}));
    result.setPrivate();
    markCallable(result);
    codegen::copyTarget(function, result);
    function->setAttr(codegen::workspace,
                      FlatSymbolRefAttr::get(result.getSymNameAttr()));
    Block *entry = result.addEntryBlock();
    IRMapping mapping;
    for (auto [from, to] :
         llvm::zip(block.getArguments().drop_back(), entry->getArguments()))
      mapping.map(from, to);
    b.setInsertionPointToStart(entry);
    for (Operation *op : slice)
      b.clone(*op, mapping);
    func::ReturnOp::create(b, loc, mapping.lookup(workspace));
    return success();
  }

  func::FuncOp function;
  Block &block;
  bool share;
  Value arena, workspace, failedAt;
  SmallVector<Buffer, 0> buffers;
  SmallVector<SmallVector<Buffer *>> slots;
  llvm::DenseMap<Value, Value> atEntry;
  llvm::DenseMap<Value, bool> entrySizes;
  llvm::DenseMap<Value, std::optional<int64_t>> bounds;
  int64_t knownBytes = 0, workerBytes = 0;
};

struct PlanArena : dlc::impl::PlanArenaBase<PlanArena> {
  using PlanArenaBase::PlanArenaBase;

  void runOnOperation() override {
    for (auto function :
         llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>()))
      if (isEntry(function) && failed(Planner(function, share).run()))
        return signalPassFailure();
  }
};

} // namespace
