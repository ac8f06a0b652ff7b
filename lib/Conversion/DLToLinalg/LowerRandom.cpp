//===- LowerRandom.cpp - Random numbers -----------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Emitter.h"

using namespace mlir;
using namespace dlc;

/// The constants of Philox 4x32 (Salmon et al., SC 2011, table 2 and
/// section 3.3).
static constexpr uint32_t multipliers[] = {0xD2511F53, 0xCD9E8D57},
                          increments[] = {0x9E3779B9, 0xBB67AE85};
static constexpr int rounds = 10;

/// Each element is one word of the Philox block that its own position selects
/// through the counter. So elements are independent of each other.
static Value emitRandomBits(dl::RandomBitsOp op, dl::RandomBitsOpAdaptor x,
                            Emitter &e) {
  auto type = op.getY().getType();
  Sizes sizes = e.sizes(type, x.getExtents());
  Type i32 = e.b.getI32Type(), i64 = e.b.getI64Type();
  // The two 32-bit halves of the seed and of the step.
  SmallVector<Value> state;
  for (int64_t i : {0, 1}) {
    Value number = tensor::ExtractOp::create(e.b, e.loc, x.getState(),
                                             e.value(e.index(i)));
    Value shift = arith::ConstantIntOp::create(e.b, e.loc, i64, 32);
    state.push_back(arith::TruncIOp::create(e.b, e.loc, i32, number));
    state.push_back(arith::TruncIOp::create(
        e.b, e.loc, i32, arith::ShRUIOp::create(e.b, e.loc, number, shift)));
  }
  SmallVector<Value> strides(type.getRank());
  OpFoldResult stride = e.index(1);
  for (int64_t d = type.getRank() - 1; d >= 0; --d) {
    strides[d] = e.value(stride);
    stride = e.mul(stride, sizes[d]);
  }
  return e.map({}, {}, sizes, i32, [&](OpBuilder &b, Location loc, ValueRange) {
    auto constant = [&](uint32_t value) -> Value {
      return arith::ConstantIntOp::create(b, loc, i32, int32_t(value));
    };
    Value position;
    for (int64_t d = 0; d < type.getRank(); ++d) {
      Value more = arith::MulIOp::create(
          b, loc, linalg::IndexOp::create(b, loc, d), strides[d]);
      position = position
                     ? arith::AddIOp::create(b, loc, position, more).getResult()
                     : more;
    }
    Value low = constant(0), high = constant(0);
    if (position) {
      Value wide = arith::IndexCastOp::create(b, loc, i64, position);
      Value shift = arith::ConstantIntOp::create(b, loc, i64, 32);
      low = arith::TruncIOp::create(b, loc, i32, wide);
      high = arith::TruncIOp::create(
          b, loc, i32, arith::ShRUIOp::create(b, loc, wide, shift));
    }
    Value stream =
        arith::AddIOp::create(b, loc, constant(uint32_t(op.getStream())), high);
    SmallVector<Value> counter{low, stream, state[2], state[3]};
    SmallVector<Value> key{state[0], state[1]};
    for (int round = 0; round < rounds; ++round) {
      SmallVector<Value> products;
      for (int i : {0, 1}) {
        auto product = arith::MulUIExtendedOp::create(b, loc, counter[2 * i],
                                                      constant(multipliers[i]));
        products.push_back(product.getHigh());
        products.push_back(product.getLow());
      }
      auto mixed = [&](Value product, Value word, Value key) -> Value {
        return arith::XOrIOp::create(
            b, loc, arith::XOrIOp::create(b, loc, product, word), key);
      };
      counter = {mixed(products[2], counter[1], key[0]), products[3],
                 mixed(products[0], counter[3], key[1]), products[1]};
      for (int i : {0, 1})
        key[i] = arith::AddIOp::create(b, loc, key[i], constant(increments[i]));
    }
    return counter[op.getWord()];
  });
}

void dlc::populateRandomLowering(TypeConverter &types,
                                 RewritePatternSet &patterns) {
  addDataMovement<dl::RandomBitsOp>(patterns, types, emitRandomBits);
}
