//===- LowerRandom.cpp - Ops with randomness ------------------------------===//

#include "Emitter.h"

using namespace mlir;
using namespace dlc;

void dlc::populateRandomLowering(TypeConverter &types,
                                 RewritePatternSet &patterns) {
  addEmitter<dl::DropoutOp>(patterns, types,
                            [](dl::DropoutOp, dl::DropoutOpAdaptor op,
                               Emitter &) { return op.getX(); });
}
