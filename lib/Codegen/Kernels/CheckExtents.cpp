//===- CheckExtents.cpp - Every extent relied on is checked ---------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every op on tensors relies on relations between extents: the operands of a
// linalg op have the extents of its loops, a slice is in bounds, a cast is
// valid. Where types do not prove such a relation, this pass adds a
// codegen.require. Its condition is a function of the extents of arguments and
// of values alone. Nothing inferred from the op that it protects can therefore
// fold it.
//
//===----------------------------------------------------------------------===//

#include "ExtentChecks.h"
#include "dlc/Codegen/Bufferization/Destinations.h"
#include "dlc/Codegen/Codegen.h"
#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "dlc/Dialect/Codegen/IR/IndexRange.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"
#include <numeric>

using namespace mlir;

namespace dlc {
#define GEN_PASS_DEF_CHECKEXTENTS
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

using namespace dlc;

namespace {

using Sizes = SmallVector<OpFoldResult>;

class ExtentChecker : ExtentChecks {
public:
  ExtentChecker(func::FuncOp function, bool isAnalysis)
      : ExtentChecks(function.getContext(), isAnalysis), function(function) {}

  LogicalResult run() {
    for (Block &block : function.getBody())
      visit(block);
    return success(!failed);
  }

private:
  //===--------------------------------------------------------------------===//
  // Extents
  //===--------------------------------------------------------------------===//

  /// Returns the extents of a value that no rule covers, read by tensor.dim
  /// where the value is defined.
  Sizes measure(Value tensor) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointAfterValue(tensor);
    Sizes result;
    for (auto [d, extent] :
         llvm::enumerate(cast<RankedTensorType>(tensor.getType()).getShape())) {
      if (!ShapedType::isDynamic(extent)) {
        result.push_back(b.getIndexAttr(extent));
        continue;
      }
      Value dim = tensor::DimOp::create(b, tensor.getLoc(), tensor, d);
      kept.insert(dim.getDefiningOp());
      result.push_back(dim);
    }
    return result;
  }

  Sizes sizesOf(Value tensor) {
    auto it = extents.find(tensor);
    if (it == extents.end())
      it = extents.try_emplace(tensor, measure(tensor)).first;
    return it->second;
  }

  /// Records the extents of `tensor`: static ones from its type, the others
  /// from `sizes`.
  void setSizes(Value tensor, ArrayRef<OpFoldResult> sizes) {
    Sizes all;
    for (auto [size, extent] :
         llvm::zip(sizes, cast<RankedTensorType>(tensor.getType()).getShape()))
      all.push_back(ShapedType::isDynamic(extent)
                        ? known(size)
                        : OpFoldResult(b.getIndexAttr(extent)));
    extents[tensor] = std::move(all);
  }

  /// Like setSizes, and requires `sizes` to equal the type's static extents.
  void setChecked(Operation *op, Value tensor, ArrayRef<OpFoldResult> sizes,
                  const Twine &what) {
    for (auto [size, extent] :
         llvm::zip(sizes, cast<RankedTensorType>(tensor.getType()).getShape()))
      if (!ShapedType::isDynamic(extent))
        requireEqual(op, known(size), b.getIndexAttr(extent), what);
    setSizes(tensor, sizes);
  }

  //===--------------------------------------------------------------------===//
  // Ops
  //===--------------------------------------------------------------------===//

  void visit(Block &block) {
    scopes.emplace_back();
    required.emplace_back();
    measured.emplace_back();
    for (Operation &op : llvm::make_early_inc_range(block)) {
      if (kept.contains(&op))
        continue;
      b.setInsertionPoint(&op);
      loc = op.getLoc();
      visit(op);
    }
    scopes.pop_back();
    required.pop_back();
    measured.pop_back();
  }

  void visit(Operation &op) {
    if (auto dim = dyn_cast<tensor::DimOp>(op))
      return replaceDim(dim);
    if (isScalar(&op)) {
      if (Value other = numbered(op.getResult(0)); other != op.getResult(0)) {
        op.getResult(0).replaceAllUsesWith(other);
        op.erase();
      }
      return;
    }
    if (auto given = dyn_cast<codegen::RequireOp>(op)) {
      required.back().insert(given.getCondition());
      return;
    }
    if (auto given = dyn_cast<cf::AssertOp>(op)) {
      codegen::RequireOp::create(b, loc, given.getArg(), given.getMsg());
      required.back().insert(given.getArg());
      return op.erase();
    }
    if (auto cast = dyn_cast<tensor::CastOp>(op)) {
      if (isa<RankedTensorType>(cast.getSource().getType()) &&
          isa<RankedTensorType>(cast.getType()))
        setChecked(&op, cast, sizesOf(cast.getSource()),
                   "a tensor has another shape than it must have");
      return;
    }
    if (auto empty = dyn_cast<tensor::EmptyOp>(op))
      return allocate(&op, empty, empty.getMixedSizes());
    if (auto fresh = dyn_cast<bufferization::AllocTensorOp>(op))
      return visitAllocation(fresh);
    if (auto made = dyn_cast<tensor::GenerateOp>(op))
      return allocate(&op, made,
                      getMixedValues(made.getType().getShape(),
                                     made.getDynamicExtents(), b));
    if (auto splat = dyn_cast<tensor::SplatOp>(op))
      return allocate(&op, splat,
                      getMixedValues(splat.getType().getShape(),
                                     splat.getDynamicSizes(), b));
    if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op))
      return visitSlice(slice);
    if (auto insert = dyn_cast<tensor::InsertSliceOp>(op))
      return visitInsertion(insert, insert.getSource(), insert.getDest());
    if (auto insert = dyn_cast<tensor::ParallelInsertSliceOp>(op))
      return visitInsertion(insert, insert.getSource(), insert.getDest());
    if (auto insert = dyn_cast<tensor::InsertOp>(op))
      return setSizes(insert, sizesOf(insert.getDest()));
    if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op))
      return visitExpansion(expand);
    if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op))
      return visitCollapse(collapse);
    if (auto pad = dyn_cast<tensor::PadOp>(op))
      return visitPad(pad);
    if (auto concat = dyn_cast<tensor::ConcatOp>(op))
      return visitConcat(concat);
    if (auto reshape = dyn_cast<tensor::ReshapeOp>(op))
      return visitReshape(reshape);
    if (auto linalg = dyn_cast<linalg::LinalgOp>(op))
      return visitLinalg(linalg);
    if (auto loop = dyn_cast<scf::ForOp>(op))
      return visitLoop(loop);
    if (auto loop = dyn_cast<scf::WhileOp>(op))
      return visitLoop(loop);
    if (auto branch = dyn_cast<scf::IfOp>(op))
      return visitBranch(branch);
    if (OpTrait::hasElementwiseMappableTraits(&op) && op.getNumResults() == 1)
      return visitMapped(op);
    visitRegions(op);
  }

  /// Visits the regions of an op that no rule covers. Its results have the
  /// shapes of its destinations. Layers are not visited: they emit their checks
  /// when they are lowered, and contain other layers.
  void visitRegions(Operation &op) {
    if (!isa_and_present<linalg::LinalgDialect, tensor::TensorDialect,
                         scf::SCFDialect, func::FuncDialect>(op.getDialect()))
      return;
    for (Region &region : op.getRegions())
      for (Block &block : region)
        visit(block);
    if (auto destination = dyn_cast<DestinationStyleOpInterface>(op))
      for (OpResult result : op.getOpResults())
        if (isa<RankedTensorType>(result.getType()))
          setSizes(result,
                   sizesOf(destination.getTiedOpOperand(result)->get()));
  }

  void replaceDim(tensor::DimOp dim) {
    std::optional<int64_t> at = dim.getConstantIndex();
    auto type = dyn_cast<RankedTensorType>(dim.getSource().getType());
    if (!at || !type || *at < 0 || *at >= type.getRank())
      return;
    OpFoldResult size = sizesOf(dim.getSource())[*at];
    if (size == OpFoldResult(dim.getResult()))
      return;
    dim.replaceAllUsesWith(value(size));
    dim.erase();
  }

  void visitAllocation(bufferization::AllocTensorOp fresh) {
    if (fresh.getCopy())
      return setSizes(fresh, sizesOf(fresh.getCopy()));
    Sizes sizes;
    for (int64_t d = 0; d < fresh.getType().getRank(); ++d)
      sizes.push_back(fresh.isDynamicDim(d)
                          ? OpFoldResult(fresh.getDynamicSize(b, d))
                          : b.getIndexAttr(fresh.getType().getDimSize(d)));
    allocate(fresh, fresh, sizes);
  }

  void visitCollapse(tensor::CollapseShapeOp collapse) {
    Sizes from = sizesOf(collapse.getSrc()), to;
    for (const ReassociationIndices &group :
         collapse.getReassociationIndices()) {
      Sizes part;
      for (int64_t d : group)
        part.push_back(from[d]);
      to.push_back(product(part));
    }
    setSizes(collapse, to);
  }

  void visitReshape(tensor::ReshapeOp reshape) {
    OpBuilder::InsertionGuard guard(b);
    OpFoldResult count = product(sizesOf(reshape.getSource()));
    b.setInsertionPointAfter(reshape);
    if (!isa<RankedTensorType>(reshape.getType()))
      return;
    Sizes to = sizesOf(reshape.getResult());
    requireMemory(reshape, to, reshape.getType().getElementType());
    requireEqual(reshape, product(to), count,
                 "the number of elements does not fit the new shape");
  }

  void allocate(Operation *op, Value tensor, ArrayRef<OpFoldResult> given) {
    Sizes sizes;
    for (OpFoldResult size : given)
      sizes.push_back(known(size));
    requireMemory(op, sizes,
                  cast<RankedTensorType>(tensor.getType()).getElementType());
    setSizes(tensor, sizes);
  }

  void visitSlice(tensor::ExtractSliceOp slice) {
    Sizes from = sizesOf(slice.getSource()), to;
    Sizes offsets = slice.getMixedOffsets(), sizes = slice.getMixedSizes(),
          strides = slice.getMixedStrides();
    llvm::SmallBitVector dropped = slice.getDroppedDims();
    for (auto [d, extent] : llvm::enumerate(from)) {
      requireInside(slice, known(offsets[d]), known(sizes[d]),
                    known(strides[d]), extent,
                    "a slice leaves its tensor in dimension " + Twine(d));
      if (!dropped[d])
        to.push_back(sizes[d]);
    }
    setChecked(slice, slice, to, "a slice has another shape than it must have");
  }

  template <typename OpT>
  void visitInsertion(OpT insert, Value source, Value dest) {
    Operation *op = insert;
    Sizes into = sizesOf(dest), from = sizesOf(source);
    Sizes offsets = insert.getMixedOffsets(), sizes = insert.getMixedSizes(),
          strides = insert.getMixedStrides();
    llvm::SmallBitVector dropped = insert.getDroppedDims();
    size_t at = 0;
    for (auto [d, extent] : llvm::enumerate(into)) {
      requireInside(op, known(offsets[d]), known(sizes[d]), known(strides[d]),
                    extent,
                    "a slice leaves its tensor in dimension " + Twine(d));
      if (dropped[d]) {
        requireEqual(op, known(sizes[d]), b.getIndexAttr(1),
                     "a dimension that is dropped has more than one element");
        continue;
      }
      if (at < from.size())
        requireEqual(op, known(sizes[d]), from[at++],
                     "the inserted tensor has another shape than its slice");
    }
    for (OpResult result : op->getResults())
      setSizes(result, into);
  }

  void visitExpansion(tensor::ExpandShapeOp expand) {
    Sizes from = sizesOf(expand.getSrc()), to;
    for (OpFoldResult size : expand.getMixedOutputShape())
      to.push_back(known(size));
    // The product of the extents must not wrap.
    requireMemory(expand, to, expand.getResultType().getElementType());
    for (auto [d, group] : llvm::enumerate(expand.getReassociationIndices())) {
      Sizes part;
      for (int64_t k : group)
        part.push_back(to[k]);
      requireEqual(expand, product(part), from[d],
                   "the number of elements does not fit the new shape");
    }
    setChecked(expand, expand.getResult(), to,
               "a tensor has another shape than it must have");
  }

  void visitPad(tensor::PadOp pad) {
    Sizes sizes;
    for (auto [size, low, high] :
         llvm::zip(sizesOf(pad.getSource()), pad.getMixedLowPad(),
                   pad.getMixedHighPad())) {
      requireNonNegative(pad, known(low), "a padding is negative");
      requireNonNegative(pad, known(high), "a padding is negative");
      sizes.push_back(add(add(size, known(low)), known(high)));
    }
    requireMemory(pad, sizes, pad.getType().getElementType());
    setChecked(pad, pad, sizes, "a tensor has another shape than it must have");
  }

  /// Whether the map writes every element: each dimension has a loop of its
  /// own, or is index 0 of a dimension of extent 1.
  static bool writesAll(AffineMap map, Value init) {
    if (!map.isProjectedPermutation(/*allowZeroInResults=*/true))
      return false;
    auto type = dyn_cast<RankedTensorType>(init.getType());
    return llvm::all_of(llvm::enumerate(map.getResults()), [&](auto result) {
      return !isa<AffineConstantExpr>(result.value()) ||
             (type && type.getDimSize(result.index()) == 1);
    });
  }

  void visitConcat(tensor::ConcatOp concat) {
    Sizes sizes = sizesOf(concat.getInputs().front());
    uint64_t along = concat.getDim();
    for (Value input : concat.getInputs().drop_front())
      for (auto [d, size] : llvm::enumerate(sizesOf(input)))
        if (d == along)
          sizes[d] = add(sizes[d], size);
        else
          requireEqual(concat, sizes[d], size,
                       "operands differ in dimension " + Twine(d));
    requireMemory(concat, sizes, concat.getResultType().getElementType());
    setChecked(concat, concat, sizes,
               "a tensor has another shape than it must have");
  }

  /// Each loop has the extent of the first dimension that it alone indexes,
  /// preferably a static one. All other indices must be in bounds.
  void visitLinalg(linalg::LinalgOp op) {
    SmallVector<OpFoldResult> loops(op.getNumLoops());
    SmallVector<Sizes> operands;
    for (OpOperand &operand : op->getOpOperands())
      operands.push_back(isa<RankedTensorType>(operand.get().getType())
                             ? sizesOf(operand.get())
                             : Sizes());
    SmallVector<AffineMap> maps = op.getIndexingMapsArray();
    // Bufferisation would not preserve the previous contents of elements that
    // the op does not write.
    for (OpOperand &init : op.getDpsInitsMutable())
      if (!writesAll(op.getMatchingIndexingMap(&init), init.get())) {
        return refuse(op, "writes at positions that are not all of a result, "
                          "expected a loop of its own for each dimension in "
                          "the result's map");
      }
    auto forEach = [&](auto step) {
      for (auto [operand, map, sizes] :
           llvm::zip(op->getOpOperands(), maps, operands))
        for (auto [d, size] : llvm::enumerate(sizes))
          step(operand, d, map.getResult(d), size);
    };
    forEach([&](OpOperand &, int64_t, AffineExpr expr, OpFoldResult size) {
      auto loop = dyn_cast<AffineDimExpr>(expr);
      if (loop && (!loops[loop.getPosition()] || isa<Attribute>(size)))
        loops[loop.getPosition()] = size;
    });
    if (llvm::any_of(loops, [](OpFoldResult size) { return !size; }))
      return; // the verifier requires every loop to have an extent
    forEach([&](OpOperand &operand, int64_t d, AffineExpr expr,
                OpFoldResult size) {
      std::string what = ("operands differ in dimension " + Twine(d) +
                          " of operand " + Twine(operand.getOperandNumber()))
                             .str();
      if (auto loop = dyn_cast<AffineDimExpr>(expr))
        return requireEqual(op, loops[loop.getPosition()], size, what);
      requireWindow(op, expr, loops, size, what);
    });
    for (OpResult result : op->getOpResults())
      if (isa<RankedTensorType>(result.getType()))
        setSizes(result,
                 operands[op.getTiedOpOperand(result)->getOperandNumber()]);
    // The indices that the body computes are not checked here.
    op->walk([&](tensor::DimOp dim) {
      b.setInsertionPoint(op);
      replaceDim(dim);
    });
  }

  /// Requires every index that an affine expression of the loops gives to be
  /// below `size`.
  void requireWindow(linalg::LinalgOp op, AffineExpr expr,
                     ArrayRef<OpFoldResult> loops, OpFoldResult size,
                     const Twine &what) {
    // Accepts a sum of loops times positive constants. Upstream cannot tile
    // reversed indices, hence positive.
    SmallVector<OpFoldResult> operands(loops);
    SmallVector<int64_t> factors(loops.size(), 0);
    int64_t constant = 0;
    // Products of extents and factors up to this limit stay within 64 bits. So
    // does the whole sum, as the product of all factors is checked below.
    constexpr int64_t largest = 1 << 12;
    auto isSmall = [&](int64_t x) { return x > 0 && x <= largest; };
    std::function<bool(AffineExpr, int64_t)> split = [&](AffineExpr e,
                                                         int64_t factor) {
      if (auto c = dyn_cast<AffineConstantExpr>(e)) {
        constexpr int64_t farthest = maxBytes / largest;
        if (c.getValue() < -farthest || c.getValue() > farthest)
          return false;
        constant += factor * c.getValue();
        return std::abs(constant) <= maxBytes;
      }
      if (auto dim = dyn_cast<AffineDimExpr>(e)) {
        factors[dim.getPosition()] += factor;
        return isSmall(factors[dim.getPosition()]);
      }
      auto binary = dyn_cast<AffineBinaryOpExpr>(e);
      if (!binary)
        return false;
      if (e.getKind() == AffineExprKind::Add)
        return split(binary.getLHS(), factor) && split(binary.getRHS(), factor);
      auto by = dyn_cast<AffineConstantExpr>(binary.getRHS());
      return e.getKind() == AffineExprKind::Mul && by &&
             isSmall(by.getValue()) && isSmall(factor * by.getValue()) &&
             split(binary.getLHS(), factor * by.getValue());
    };
    if (!split(expr, 1) ||
        !isSmall(std::accumulate(factors.begin(), factors.end(), int64_t(1)))) {
      return refuse(op,
                    "reads at positions that dlc cannot check, expected sums "
                    "of loops times constants from 1 to 4096 in its maps");
    }
    AffineExpr most = b.getAffineConstantExpr(constant);
    for (auto [k, factor] : llvm::enumerate(factors)) {
      if (!factor)
        continue;
      if (isConstant(loops[k], 0))
        return; // nothing is accessed
      most = most + (b.getAffineSymbolExpr(k) - 1) * factor;
    }
    OpFoldResult last = apply(most, operands);
    auto lastIs = getConstantIntValue(last), sizeIs = getConstantIntValue(size);
    if (constant < 0 || (lastIs && sizeIs && *lastIs >= *sizeIs)) {
      auto show = [](std::optional<int64_t> x) {
        return x ? std::to_string(*x) : "?";
      };
      return refuse(
          op, what + ": its map gives positions from " + Twine(constant) +
                  " to " + show(lastIs) + ", expected from 0 to " +
                  show(sizeIs ? std::optional(*sizeIs - 1) : std::nullopt));
    }
    if (lastIs && sizeIs)
      return;
    Value inside = compare(arith::CmpIPredicate::slt, last, size);
    for (auto [k, loop] : llvm::enumerate(loops))
      if (!getConstantIntValue(loop))
        inside = either(inside, compare(arith::CmpIPredicate::sle, loop,
                                        b.getIndexAttr(0)));
    require(op, inside, what);
  }

  void visitMapped(Operation &op) {
    Sizes first;
    // A select between whole tensors: the extents are those of the selected
    // one.
    if (auto select = dyn_cast<arith::SelectOp>(op);
        select && !isa<ShapedType>(select.getCondition().getType()) &&
        isa<RankedTensorType>(select.getType())) {
      for (auto [yes, no] : llvm::zip(sizesOf(select.getTrueValue()),
                                      sizesOf(select.getFalseValue())))
        first.push_back(
            isEqualConstantIntOrValue(yes, no)
                ? yes
                : OpFoldResult(numbered(arith::SelectOp::create(
                      b, loc, select.getCondition(), value(yes), value(no)))));
      return setSizes(select, first);
    }
    for (Value operand : op.getOperands()) {
      if (!isa<RankedTensorType>(operand.getType()))
        continue;
      Sizes sizes = sizesOf(operand);
      if (first.empty())
        first = sizes;
      for (auto [d, pair] : llvm::enumerate(llvm::zip(first, sizes)))
        requireEqual(&op, std::get<0>(pair), std::get<1>(pair),
                     "operands differ in dimension " + Twine(d));
    }
    if (isa<RankedTensorType>(op.getResult(0).getType()))
      setChecked(&op, op.getResult(0), first,
                 "a tensor has another shape than it must have");
  }

  /// Gives extents that are invariant across iterations their initial value.
  /// `yielded` is computed from `carried`; each list of `same` gets the same
  /// extents.
  void carry(Block::BlockArgListType carried, ValueRange initial,
             ValueRange yielded, ArrayRef<ValueRange> same) {
    SmallVector<Sizes> all;
    for (auto [argument, init, next] : llvm::zip(carried, initial, yielded)) {
      Sizes sizes;
      if (auto type = dyn_cast<RankedTensorType>(argument.getType())) {
        Sizes begun = sizesOf(init);
        for (int64_t d = 0; d < type.getRank(); ++d)
          sizes.push_back(!type.isDynamicDim(d)
                              ? OpFoldResult(b.getIndexAttr(type.getDimSize(d)))
                          : keepsExtent(next, d, argument) ? begun[d]
                                                           : OpFoldResult());
      }
      all.push_back(sizes);
    }
    auto set = [&](Value tensor, const Sizes &sizes) {
      if (!isa<RankedTensorType>(tensor.getType()))
        return;
      Sizes whole = sizes;
      if (llvm::any_of(sizes, [](OpFoldResult size) { return !size; })) {
        Sizes measured = measure(tensor);
        for (auto [size, own] : llvm::zip(whole, measured)) {
          if (!size)
            size = own;
          else if (auto dim = dyn_cast<Value>(own); dim && dim.use_empty()) {
            kept.erase(dim.getDefiningOp());
            dim.getDefiningOp()->erase();
          }
        }
      }
      extents[tensor] = whole;
    };
    for (ValueRange values : same)
      for (auto [value, sizes] : llvm::zip(values, all))
        set(value, sizes);
  }

  /// Hides the type behind a cast of an init operand whose extents change
  /// between iterations. Otherwise canonicalisation would give the loop the
  /// type before the cast and cast the yielded value to it, although its
  /// extents may differ. A copy (alloc_tensor) has no more precise type to
  /// propagate.
  void hideTypes(scf::ForOp loop) {
    for (BlockArgument argument : loop.getRegionIterArgs()) {
      auto type = dyn_cast<RankedTensorType>(argument.getType());
      OpOperand *init = loop.getTiedLoopInit(argument);
      if (!type || !init->get().getDefiningOp<tensor::CastOp>())
        continue;
      Value next = loop.getTiedLoopYieldedValue(argument)->get();
      auto isKept = [&](int64_t d) {
        return !type.isDynamicDim(d) || keepsExtent(next, d, argument);
      };
      if (!llvm::all_of(llvm::seq<int64_t>(0, type.getRank()), isKept))
        init->set(bufferization::AllocTensorOp::create(
            b, loc, type, /*dynamicSizes=*/ValueRange(), /*copy=*/init->get()));
    }
  }

  void visitLoop(scf::ForOp loop) {
    hideTypes(loop);
    carry(
        loop.getRegionIterArgs(), loop.getInitArgs(), loop.getYieldedValues(),
        {ValueRange(loop.getRegionIterArgs()), ValueRange(loop.getResults())});
    visit(*loop.getBody());
  }

  void visitLoop(scf::WhileOp loop) {
    // Handled only if the condition forwards the state unchanged.
    if (llvm::equal(loop.getConditionOp().getArgs(), loop.getBeforeArguments()))
      carry(loop.getAfterArguments(), loop.getInits(), loop.getYieldedValues(),
            {ValueRange(loop.getBeforeArguments()),
             ValueRange(loop.getAfterArguments()),
             ValueRange(loop.getResults())});
    visit(*loop.getBeforeBody());
    visit(*loop.getAfterBody());
  }

  void visitBranch(scf::IfOp branch) {
    for (Region &region : branch->getRegions())
      for (Block &block : region)
        visit(block);
    if (branch.getNumResults() == 0)
      return;
    for (auto [i, result] : llvm::enumerate(branch.getResults())) {
      if (!isa<RankedTensorType>(result.getType()))
        continue;
      Sizes yes = sizesOf(branch.thenYield().getOperand(i)),
            no = sizesOf(branch.elseYield().getOperand(i));
      bool isSame = llvm::all_of(llvm::zip(yes, no), [&](auto pair) {
        auto [a, c] = pair;
        if (!isEqualConstantIntOrValue(a, c))
          return false;
        auto value = dyn_cast<Value>(a);
        return !value || !value.getDefiningOp() ||
               !branch->isProperAncestor(value.getDefiningOp());
      });
      if (isSame)
        setSizes(result, yes);
    }
  }

  func::FuncOp function;
  DenseMap<Value, Sizes> extents;
  /// The `tensor.dim` ops that must stay.
  DenseSet<Operation *> kept;
};

struct CheckExtents : dlc::impl::CheckExtentsBase<CheckExtents> {
  using CheckExtentsBase::CheckExtentsBase;

  void runOnOperation() override {
    if (getOperation().isExternal())
      return;
    if (failed(ExtentChecker(getOperation(), isAnalysis).run()))
      signalPassFailure();
  }
};
} // namespace
