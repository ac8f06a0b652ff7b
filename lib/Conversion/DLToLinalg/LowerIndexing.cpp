//===- LowerIndexing.cpp - Ops that search and scatter --------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sequential loops over elements: an iteration reads what the previous one
// wrote.
//
//===----------------------------------------------------------------------===//

#include "Emitter.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace dlc;

/// A loop from 0 to `count` that carries values.
using LoopBody =
    function_ref<SmallVector<Value>(OpBuilder &, Value, ValueRange)>;
static scf::ForOp loop(OpBuilder &b, Location loc, Value count,
                       ValueRange state, LoopBody body) {
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  Value one = arith::ConstantIndexOp::create(b, loc, 1);
  return scf::ForOp::create(
      b, loc, zero, count, one, state,
      [&](OpBuilder &b, Location loc, Value i, ValueRange state) {
        scf::YieldOp::create(b, loc, body(b, i, state));
      });
}

/// Reshapes [d0, rest...] so that the rest, or all but the last dimension, is
/// one dimension.
static Value flatten(Emitter &e, Value x, bool keepsFirst) {
  auto type = cast<RankedTensorType>(x.getType());
  int64_t kept = keepsFirst ? type.getDimSize(0) : type.getShape().back();
  int64_t rest = productOf(keepsFirst ? type.getShape().drop_front()
                                      : type.getShape().drop_back());
  Sizes sizes = e.sizes(x);
  ArrayRef<OpFoldResult> all(sizes);
  OpFoldResult count =
      e.product(keepsFirst ? all.drop_front() : all.drop_back());
  SmallVector<Value> extents;
  auto add = [&](int64_t extent, OpFoldResult size) {
    if (ShapedType::isDynamic(extent))
      extents.push_back(e.value(size));
  };
  SmallVector<int64_t> shape = keepsFirst ? SmallVector<int64_t>{kept, rest}
                                          : SmallVector<int64_t>{rest, kept};
  add(shape[0], keepsFirst ? sizes.front() : count);
  add(shape[1], keepsFirst ? count : sizes.back());
  return e.reshape(x, type.clone(shape), extents);
}

/// Back to the shape of `like`.
static Value unflatten(Emitter &e, Value x, ArrayRef<OpFoldResult> sizes) {
  SmallVector<int64_t> shape;
  SmallVector<Value> extents;
  for (OpFoldResult size : sizes) {
    auto known = getConstantIntValue(size);
    shape.push_back(known.value_or(ShapedType::kDynamic));
    if (!known)
      extents.push_back(e.value(size));
  }
  auto type = cast<RankedTensorType>(x.getType());
  return e.reshape(x, RankedTensorType::get(shape, type.getElementType()),
                   extents);
}

static Value emitScatter(dl::ScatterOp op, dl::ScatterOpAdaptor operands,
                         Emitter &e) {
  Sizes shape = e.sizes(operands.getX());
  Value indices = operands.getIndices();
  e.requireEqual(e.dim(indices, 0), e.dim(operands.getUpdates(), 0),
                 "indices and updates differ in number");
  for (auto [d, size] : llvm::enumerate(shape))
    if (d)
      e.requireEqual(size, e.dim(operands.getUpdates(), d),
                     "x and updates differ in dimension " + Twine(d));
  Value x = flatten(e, operands.getX(), /*keepsFirst=*/true);
  Value updates = flatten(e, operands.getUpdates(), /*keepsFirst=*/true);
  Type stored = cast<RankedTensorType>(x.getType()).getElementType();
  Value rows = e.value(e.dim(x, 0)), columns = e.value(e.dim(x, 1));
  // A loop nest for a short row does not pay.
  std::optional<int64_t> width = getConstantIntValue(e.dim(x, 1));
  bool byRows = width && *width >= 16;
  // Without rows, nothing may be written.
  Value zero = e.value(e.index(0));
  Value count = arith::SelectOp::create(
      e.b, e.loc,
      arith::CmpIOp::create(e.b, e.loc, arith::CmpIPredicate::eq, rows, zero),
      zero, e.value(e.dim(indices, 0)));
  auto result =
      loop(e.b, e.loc, count, x,
           [&](OpBuilder &b, Value i, ValueRange state) -> SmallVector<Value> {
             scalarT size(b, e.loc, rows);
             Value given = tensor::ExtractOp::create(b, e.loc, indices, i);
             scalarT row(
                 b, e.loc,
                 arith::IndexCastOp::create(b, e.loc, b.getIndexType(), given));
             row = select(row < 0.0, row + size, row);
             row = min(max(row, 0.0), size - 1.0);
             auto join = [&](OpBuilder &b, Value fresh, Value old) -> Value {
               Type compute = computeType(stored);
               scalarT f = scalarT(b, e.loc, fresh).to(compute),
                       o = scalarT(b, e.loc, old).to(compute);
               switch (op.getKind()) {
               case dl::ScatterKind::add:
                 return (o + f).to(stored).value;
               case dl::ScatterKind::mul:
                 return (o * f).to(stored).value;
               case dl::ScatterKind::max:
                 return max(o, f).to(stored).value;
               case dl::ScatterKind::min:
                 return min(o, f).to(stored).value;
               case dl::ScatterKind::replace:
                 return fresh;
               }
               llvm_unreachable("all kinds");
             };
             bool joins = op.getKind() != dl::ScatterKind::replace;
             if (!byRows)
               return loop(b, e.loc, columns, state,
                           [&](OpBuilder &b, Value j,
                               ValueRange state) -> SmallVector<Value> {
                             SmallVector<Value> position{row.value, j};
                             Value fresh = tensor::ExtractOp::create(
                                 b, e.loc, updates, ValueRange{i, j});
                             if (joins)
                               fresh = join(b, fresh,
                                            tensor::ExtractOp::create(
                                                b, e.loc, state[0], position));
                             return {tensor::InsertOp::create(
                                 b, e.loc, fresh, state[0], position)};
                           })
                   .getResults();
             Emitter inner = Emitter(b, op).raw();
             Sizes length{inner.index(1), e.dim(x, 1)};
             Sizes strides{inner.index(1), inner.index(1)};
             Sizes from{i, inner.index(0)}, to{row.value, inner.index(0)};
             Value fresh = inner.extract(updates, from, length, strides);
             if (joins) {
               // The nest starts from the existing row, so it is updated in
               // place.
               Value old = inner.extract(state[0], to, length, strides);
               SmallVector<AffineMap> maps(2, b.getMultiDimIdentityMap(2));
               SmallVector<utils::IteratorType> iterators(
                   2, utils::IteratorType::parallel);
               fresh = inner.generic(
                   fresh, old, maps, iterators,
                   [&](OpBuilder &b, Location, ValueRange values) -> Value {
                     return join(b, values[0], values[1]);
                   });
             }
             return {inner.insert(fresh, state[0], to, length, strides)};
           });
  return unflatten(e, result.getResult(0), shape);
}

/// Whether element `j` of a row of x goes into the list of the best `k`: it is
/// not full, or its last element, among `values`, is worse. None does if k is
/// 0.
static Value beatsLast(OpBuilder &b, Location loc, Value x, Value row, Value j,
                       Value k, Value values,
                       llvm::function_ref<scalarT(scalarT, scalarT)> isBetter) {
  auto truth = [&](OpBuilder &b, bool value) {
    scf::YieldOp::create(
        b, loc, arith::ConstantIntOp::create(b, loc, value, 1).getResult());
  };
  Value isFull = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::uge, j, k);
  Value zero = arith::ConstantIndexOp::create(b, loc, 0),
        one = arith::ConstantIndexOp::create(b, loc, 1);
  Value isNone =
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, k, zero);
  Value last = arith::SubIOp::create(
      b, loc, arith::MaxUIOp::create(b, loc, k, one), one);
  auto compare = [&](OpBuilder &b, Location loc) {
    Value worst =
        tensor::ExtractOp::create(b, loc, values, ValueRange{row, last});
    Value v = tensor::ExtractOp::create(b, loc, x, ValueRange{row, j});
    scf::YieldOp::create(
        b, loc, isBetter(scalarT(b, loc, v), scalarT(b, loc, worst)).value);
  };
  auto passes = scf::IfOp::create(
      b, loc, isFull,
      [&](OpBuilder &b, Location loc) {
        auto look = scf::IfOp::create(
            b, loc, isNone, [&](OpBuilder &b, Location) { truth(b, false); },
            compare);
        scf::YieldOp::create(b, loc, look.getResult(0));
      },
      [&](OpBuilder &b, Location) { truth(b, true); });
  return passes.getResult(0);
}

/// Keeps a sorted list of the best elements and inserts each new element by
/// swapping downwards.
struct LowerTopK : OpConversionPattern<dl::TopKOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(dl::TopKOp op, OpAdaptor operands,
                  ConversionPatternRewriter &rewriter) const override {
    Emitter e(rewriter, op);
    Location loc = op.getLoc();
    Type element = op.getX().getType().getElementType();
    Value given = e.loadNarrow(operands.getX(), element);
    Sizes shape = e.sizes(given);
    Value x = flatten(e, given, /*keepsFirst=*/false);
    Type stored = cast<RankedTensorType>(x.getType()).getElementType();
    Type compute = computeType(stored);
    Type index = op.getIndices().getType().getElementType();
    Value rows = e.value(e.dim(x, 0)), n = e.value(e.dim(x, 1));
    OpFoldResult most = getAsOpFoldResult(operands.getK());
    Value k = e.value(most);
    e.require(
        arith::CmpIOp::create(rewriter, loc, arith::CmpIPredicate::ule, k, n),
        "k is negative or more than there are elements");
    shape.back() = most;
    Sizes flat{e.dim(x, 0), most};
    auto better = [&](scalarT a, scalarT b) {
      scalarT result = op.getSmallest() ? a < b : a > b;
      if (!a.isFloat())
        return result;
      // NaN is greater than every number.
      scalarT aNaN = a != a, bNaN = b != b;
      return op.getSmallest() ? (result | bNaN) & ~aNaN
                              : (result | aNaN) & ~bNaN;
    };
    auto isBetter = [&](scalarT a, scalarT b) {
      return better(a.to(compute), b.to(compute));
    };
    auto sink = [&](OpBuilder &b, Value row, Value j,
                    ValueRange state) -> SmallVector<Value> {
      Value first = tensor::ExtractOp::create(b, loc, x, ValueRange{row, j});
      Value position = arith::IndexCastOp::create(b, loc, index, j);
      Value one = arith::ConstantIndexOp::create(b, loc, 1);
      Value filled = arith::MinUIOp::create(
          b, loc, arith::AddIOp::create(b, loc, j, one), k);
      auto inner = loop(
          b, loc, filled,
          {first, position, state[0], state[1],
           arith::ConstantIntOp::create(b, loc, 0, 1).getResult()},
          [&](OpBuilder &b, Value p, ValueRange s) -> SmallVector<Value> {
            SmallVector<Value> at{row, p};
            Value value = tensor::ExtractOp::create(b, loc, s[2], at);
            Value where = tensor::ExtractOp::create(b, loc, s[3], at);
            scalarT isFree(
                b, loc,
                arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, p, j));
            scalarT mine(b, loc, s[0]), theirs(b, loc, value);
            scalarT mineAt(b, loc, s[1]), theirsAt(b, loc, where);
            // A displaced element precedes all that follow it.
            scalarT swap =
                scalarT(b, loc, s[4]) | isFree | isBetter(mine, theirs);
            Value values = tensor::InsertOp::create(
                b, loc, select(swap, mine, theirs).value, s[2], at);
            Value positions = tensor::InsertOp::create(
                b, loc, select(swap, mineAt, theirsAt).value, s[3], at);
            return {select(swap, theirs, mine), select(swap, theirsAt, mineAt),
                    values, positions, swap};
          });
      return {inner.getResult(2), inner.getResult(3)};
    };
    auto rowsLoop = loop(
        rewriter, loc, rows, {e.empty(flat, stored), e.empty(flat, index)},
        [&](OpBuilder &b, Value row, ValueRange state) -> SmallVector<Value> {
          auto elements =
              loop(b, loc, n, state,
                   [&](OpBuilder &b, Value j,
                       ValueRange state) -> SmallVector<Value> {
                     Value passes =
                         beatsLast(b, loc, x, row, j, k, state[0], isBetter);
                     auto taken = scf::IfOp::create(
                         b, loc, passes,
                         [&](OpBuilder &b, Location loc) {
                           scf::YieldOp::create(b, loc, sink(b, row, j, state));
                         },
                         [&](OpBuilder &b, Location loc) {
                           scf::YieldOp::create(b, loc, state);
                         });
                     return {taken.getResult(0), taken.getResult(1)};
                   });
          return {elements.getResult(0), elements.getResult(1)};
        });
    SmallVector<Value> results{
        e.storeNarrow(unflatten(e, rowsLoop.getResult(0), shape), element),
        unflatten(e, rowsLoop.getResult(1), shape)};
    for (auto [value, original] : llvm::zip(results, op.getResults())) {
      Type type = getTypeConverter()->convertType(original.getType());
      if (value.getType() != type)
        value = tensor::CastOp::create(rewriter, loc, type, value);
    }
    rewriter.replaceOp(op, results);
    return success();
  }
};

/// Whether row `a` of x is ordered before row `b`.
static Value isRowLess(OpBuilder &b, Location loc, Value x, Value columns,
                       bool isUnsigned, Value rowA, Value rowB) {
  Type i32 = b.getI32Type(), index = b.getIndexType();
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  auto number = [&](OpBuilder &b, int64_t value) -> Value {
    return arith::ConstantIntOp::create(b, loc, i32, value);
  };
  auto less = [&](OpBuilder &b, Value p, Value q) -> Value {
    Type compute = computeType(p.getType());
    if (!isa<FloatType>(compute))
      return arith::CmpIOp::create(b, loc,
                                   isUnsigned ? arith::CmpIPredicate::ult
                                              : arith::CmpIPredicate::slt,
                                   p, q);
    scalarT u = scalarT(b, loc, p).to(compute),
            v = scalarT(b, loc, q).to(compute);
    return ((u < v) | (~(u != u) & (v != v))).value;
  };
  // Finds the first column that differs.
  auto search = scf::WhileOp::create(
      b, loc, TypeRange{index, i32}, ValueRange{zero, number(b, 0)},
      [&](OpBuilder &b, Location loc, ValueRange state) {
        scalarT continues =
            scalarT(b, loc,
                    arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult,
                                          state[0], columns)) &
            scalarT(b, loc,
                    arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq,
                                          state[1], number(b, 0)));
        scf::ConditionOp::create(b, loc, continues.value, state);
      },
      [&](OpBuilder &b, Location loc, ValueRange state) {
        Value p =
            tensor::ExtractOp::create(b, loc, x, ValueRange{rowA, state[0]});
        Value q =
            tensor::ExtractOp::create(b, loc, x, ValueRange{rowB, state[0]});
        Value sign = arith::SelectOp::create(
            b, loc, less(b, p, q), number(b, -1),
            arith::ExtUIOp::create(b, loc, i32, less(b, q, p)).getResult());
        Value next = arith::AddIOp::create(
            b, loc, state[0], arith::ConstantIndexOp::create(b, loc, 1));
        scf::YieldOp::create(b, loc, ValueRange{next, sign});
      });
  return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt,
                               search.getResult(1), number(b, 0));
}

/// A merge sort from the bottom: sorted runs of 1, 2, 4, ... rows are merged in
/// pairs.
static Value emitArgsort(dl::ArgsortOp op, dl::ArgsortOpAdaptor operands,
                         Emitter &e) {
  Value x = operands.getX();
  Location loc = e.loc;
  Type i64 = e.b.getI64Type(), index = e.b.getIndexType();
  bool isUnsigned = op.getX().getType().getElementType().isUnsignedInteger();
  OpFoldResult count = e.dim(x, 0);
  Value n = e.value(count), columns = e.value(e.dim(x, 1));
  auto fill =
      loop(e.b, loc, n, e.empty({count}, i64),
           [&](OpBuilder &b, Value i, ValueRange state) {
             Value position = arith::IndexCastOp::create(b, loc, i64, i);
             return SmallVector<Value>{
                 tensor::InsertOp::create(b, loc, position, state[0], i)};
           });
  auto widthOf = [&](OpBuilder &b, Value pass) -> Value {
    return arith::ShLIOp::create(
        b, loc, arith::ConstantIndexOp::create(b, loc, 1), pass);
  };
  Value most = e.value(e.index(62));
  auto passes =
      loop(e.b, loc, most, e.value(e.index(0)),
           [&](OpBuilder &b, Value pass, ValueRange state) {
             Value isShort = arith::CmpIOp::create(
                 b, loc, arith::CmpIPredicate::ult, widthOf(b, pass), n);
             Value next = arith::AddIOp::create(
                 b, loc, pass, arith::ConstantIndexOp::create(b, loc, 1));
             return SmallVector<Value>{
                 arith::SelectOp::create(b, loc, isShort, next, state[0])};
           });
  auto sorted = loop(
      e.b, loc, passes.getResult(0),
      ValueRange{fill.getResult(0), e.empty({count}, i64)},
      [&](OpBuilder &b, Value pass, ValueRange state) -> SmallVector<Value> {
        Value order = state[0], width = widthOf(b, pass);
        Value zero = arith::ConstantIndexOp::create(b, loc, 0);
        auto at = [&](OpBuilder &b, Value position) -> Value {
          return tensor::ExtractOp::create(b, loc, order, position);
        };
        auto merge = loop(
            b, loc, n, ValueRange{state[1], zero, zero},
            [&](OpBuilder &b, Value i, ValueRange s) -> SmallVector<Value> {
              scalarT size(b, loc, n), here(b, loc, i), w(b, loc, width);
              Value rest = arith::RemUIOp::create(b, loc, i, (w + w).value);
              scalarT start = here - scalarT(b, loc, rest);
              scalarT isStart(b, loc,
                              arith::CmpIOp::create(b, loc,
                                                    arith::CmpIPredicate::eq,
                                                    rest, zero));
              scalarT middle = min(start + w, size);
              scalarT end = min(start + w + w, size);
              scalarT left = select(isStart, start, scalarT(b, loc, s[1]));
              scalarT right = select(isStart, middle, scalarT(b, loc, s[2]));
              scalarT hasRight = right < end;
              // The right row goes first only if it is strictly less, so the
              // sort is stable.
              auto takes = scf::IfOp::create(
                  b, loc, ((left < middle) & hasRight).value,
                  [&](OpBuilder &b, Location loc) {
                    auto row = [&](Value position) -> Value {
                      return arith::IndexCastOp::create(b, loc, index,
                                                        at(b, position));
                    };
                    scf::YieldOp::create(b, loc,
                                         isRowLess(b, loc, x, columns,
                                                   isUnsigned, row(right.value),
                                                   row(left.value)));
                  },
                  [&](OpBuilder &b, Location loc) {
                    scf::YieldOp::create(b, loc, hasRight.value);
                  });
              scalarT isRight(b, loc, takes.getResult(0));
              Value taken = select(isRight, right, left).value;
              Value spare = tensor::InsertOp::create(b, loc, at(b, taken), s[0],
                                                     ValueRange{i});
              return {spare, select(isRight, left, left + 1.0).value,
                      select(isRight, right + 1.0, right).value};
            });
        Value merged = merge.getResult(0);
        auto copy =
            loop(b, loc, n, order, [&](OpBuilder &b, Value i, ValueRange s) {
              Value position = tensor::ExtractOp::create(b, loc, merged, i);
              return SmallVector<Value>{
                  tensor::InsertOp::create(b, loc, position, s[0], i)};
            });
        return {copy.getResult(0), merged};
      });
  return sorted.getResult(0);
}

/// Counts first, then appends the position of each true element.
static Value emitNonzero(dl::NonzeroOp, dl::NonzeroOpAdaptor operands,
                         Emitter &e) {
  Value x = operands.getX();
  int64_t rank = cast<RankedTensorType>(x.getType()).getRank();
  Sizes shape = e.sizes(x);
  SmallVector<Value> extents;
  for (OpFoldResult size : shape)
    extents.push_back(e.value(size));
  Value none = e.value(e.index(0));
  SmallVector<Value> position(rank);
  using Step = function_ref<SmallVector<Value>(OpBuilder &, ValueRange)>;
  // One loop per dimension; `step` runs for each true element.
  std::function<SmallVector<Value>(OpBuilder &, int64_t, ValueRange, Step)>
      nest = [&](OpBuilder &b, int64_t d, ValueRange state,
                 Step step) -> SmallVector<Value> {
    if (d == rank) {
      Value isTrue =
          scalarT(b, e.loc, tensor::ExtractOp::create(b, e.loc, x, position))
              .to(b.getI1Type());
      auto taken = scf::IfOp::create(
          b, e.loc, isTrue,
          [&](OpBuilder &b, Location loc) {
            scf::YieldOp::create(b, loc, step(b, state));
          },
          [&](OpBuilder &b, Location loc) {
            scf::YieldOp::create(b, loc, state);
          });
      return SmallVector<Value>(taken.getResults());
    }
    auto inner = loop(b, e.loc, extents[d], state,
                      [&](OpBuilder &b, Value i, ValueRange state) {
                        position[d] = i;
                        return nest(b, d + 1, state, step);
                      });
    return SmallVector<Value>(inner.getResults());
  };
  auto next = [&](OpBuilder &b, Value count) -> Value {
    return arith::AddIOp::create(b, e.loc, count,
                                 arith::ConstantIndexOp::create(b, e.loc, 1));
  };
  Value count = nest(e.b, 0, none, [&](OpBuilder &b, ValueRange state) {
    return SmallVector<Value>{next(b, state[0])};
  })[0];
  Value y = e.empty({e.index(rank), count}, e.b.getI64Type());
  return nest(e.b, 0, ValueRange{none, y}, [&](OpBuilder &b, ValueRange state) {
    Value positions = state[1];
    for (int64_t d = 0; d < rank; ++d) {
      Value row = arith::ConstantIndexOp::create(b, e.loc, d);
      Value at =
          arith::IndexCastOp::create(b, e.loc, b.getI64Type(), position[d]);
      positions = tensor::InsertOp::create(b, e.loc, at, positions,
                                           ValueRange{row, state[0]});
    }
    return SmallVector<Value>{next(b, state[0]), positions};
  })[1];
}

void dlc::populateIndexingLowering(TypeConverter &types,
                                   RewritePatternSet &patterns) {
  addEmitter<dl::ScatterOp>(patterns, types, emitScatter);
  addEmitter<dl::ArgsortOp>(patterns, types, emitArgsort);
  addEmitter<dl::NonzeroOp>(patterns, types, emitNonzero);
  patterns.add<LowerTopK>(types, patterns.getContext());
}
