//===- FormNests.cpp - Which ops become one loop nest ---------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Flatten.h"
#include "NestProducers.h"
#include "Rows.h"
#include "dlc/Codegen/Codegen.h"
#include "dlc/Codegen/Tensors/Contraction.h"
#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace dlc;
using dlc::codegen::Role;

namespace dlc {
#define GEN_PASS_DEF_FORMNESTS
#include "dlc/Codegen/Passes.h.inc"
} // namespace dlc

namespace {
struct FormNests : dlc::impl::FormNestsBase<FormNests> {
  void runOnOperation() override {
    number = 0;
    func::FuncOp function = getOperation();
    if (function.isDeclaration() || !llvm::hasSingleElement(function.getBody()))
      return;
    // The function's block, and those of the loops over time and the branches.
    llvm::SetVector<Block *> blocks;
    function.walk([&](linalg::LinalgOp op) {
      if (isa<func::FuncOp, scf::ForOp, scf::WhileOp, scf::IfOp>(
              op->getParentOp()))
        blocks.insert(op->getBlock());
    });
    for (Block *block : blocks)
      formNests(*block);
  }

private:
  /// Last to first, so that a root is visited before its producers.
  void formNests(Block &block) {
    IRRewriter rewriter(&getContext());
    codegen::CPUAttr target = codegen::targetOf(getOperation());
    SmallVector<linalg::LinalgOp> ops;
    for (auto op : block.getOps<linalg::LinalgOp>())
      if (op.hasPureTensorSemantics())
        ops.push_back(op);
    llvm::SmallPtrSet<Operation *, 8> taken;
    for (linalg::LinalgOp op : llvm::reverse(ops)) {
      if (taken.contains(op))
        continue;
      if (op->use_empty()) {
        rewriter.eraseOp(op);
        continue;
      }
      if (joinUsers(op))
        continue;
      auto take = [&](linalg::LinalgOp member, Role role, int64_t loops = 0) {
        taken.insert(member);
        member->setAttr(codegen::nest, codegen::NestAttr::get(
                                           &getContext(), number, role, loops));
      };
      auto takeProduct = [&](const Root &root) {
        take(root.contraction, analyzeContraction(root.contraction)->isDepthwise
                                   ? Role::Depthwise
                                   : Role::Product);
        if (root.op != root.contraction)
          take(root.op, Role::Epilogue);
      };
      Root root{op, analyzeContraction(op) ? op : findContraction(op)};
      Root pooled = root.contraction ? Root() : findPooled(op);
      std::optional<unsigned> row = pooled.contraction
                                        ? choosePooledRow(op, pooled, target)
                                        : std::nullopt;
      if (root.contraction) {
        takeProduct(root);
      } else if (row) {
        takeProduct(pooled);
        take(op, Role::Pool, *row + 1);
      } else if (Rows rows = findRows(op); rows.loops) {
        for (Operation *member : rows.producers)
          take(cast<linalg::LinalgOp>(member), Role::Row, rows.loops);
        take(op, Role::Row, rows.loops);
      } else {
        // Flattening replaces the op.
        Role role =
            op.getNumReductionLoops() ? Role::Reduction : Role::Elementwise;
        take(flatten(rewriter, op), role);
      }
      ++number;
    }
  }

  /// Lets a fill be computed in the tiles of the nests that accumulate into it,
  /// if it has no other users.
  bool joinUsers(linalg::LinalgOp op) {
    if (!isa<linalg::FillOp>(op))
      return false;
    codegen::NestAttr last;
    for (Operation *user : op->getUsers()) {
      auto nest = user->getAttrOfType<codegen::NestAttr>(codegen::nest);
      if (!nest || user->getBlock() != op->getBlock() ||
          !cast<linalg::LinalgOp>(user).getNumReductionLoops())
        return false;
      if (!last || nest.getNumber() > last.getNumber())
        last = nest;
    }
    op->setAttr(
        codegen::nest,
        codegen::NestAttr::get(&getContext(), last.getNumber(), Role::Fill, 0));
    return true;
  }

  int64_t number = 0;
};
} // namespace
