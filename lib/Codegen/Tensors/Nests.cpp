//===- Nests.cpp - The ops of each loop nest ------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/Tensors/Nests.h"
#include "dlc/Codegen/Tensors/Contraction.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;

namespace dlc {

using codegen::Role;

std::optional<Role> roleOf(Operation *op) {
  auto nest = op->getAttrOfType<codegen::NestAttr>(codegen::nest);
  return nest ? std::optional(nest.getRole()) : std::nullopt;
}

bool isInProductTile(Operation *op) {
  std::optional<Role> role = roleOf(op);
  return role == Role::Product || role == Role::Depthwise ||
         role == Role::Epilogue || role == Role::Fill;
}

codegen::ScheduleAttr scheduleOf(Operation *op) {
  return op->getAttrOfType<codegen::ScheduleAttr>(codegen::schedule);
}

ArrayRef<int64_t> sizesOf(DenseI64ArrayAttr list) {
  return list ? list.asArrayRef() : ArrayRef<int64_t>();
}

linalg::LinalgOp Nest::contraction() const {
  for (linalg::LinalgOp op : members)
    if (std::optional<Role> role = roleOf(op);
        role == Role::Product || role == Role::Depthwise)
      return op;
  return {};
}

linalg::LinalgOp Nest::product() const {
  for (linalg::LinalgOp op : members)
    if (roleOf(op) == Role::Epilogue)
      return op;
  return contraction();
}

StringRef Nest::kind() const {
  if (linalg::LinalgOp op = contraction())
    return roleOf(op) == Role::Depthwise ? "depthwise" : "product";
  Role role = *roleOf(root());
  return role == Role::Row         ? "rows"
         : role == Role::Reduction ? "reduction"
                                   : "element-wise";
}

LogicalResult checkNest(const Nest &nest) {
  unsigned contractions = 0, epilogues = 0;
  for (linalg::LinalgOp op : nest.members) {
    Role role = *roleOf(op);
    bool isContraction = role == Role::Product || role == Role::Depthwise;
    if (isContraction && !analyzeContraction(op))
      return op->emitError("'")
             << codegen::stringifyRole(role)
             << "', expected an op that multiplies two operands and adds up, "
                "the right one contiguous as the result is";
    contractions += isContraction;
    epilogues += role == Role::Epilogue;
  }
  Role root = *roleOf(nest.root());
  bool hasProduct = isInProductTile(nest.root()) || root == Role::Pool;
  if (root == Role::Fill || contractions != hasProduct ||
      epilogues > hasProduct)
    return nest.root()->emitError("'")
           << codegen::stringifyRole(root) << "' ends a nest of "
           << contractions << " products and " << epilogues
           << " epilogues, expected "
           << (hasProduct ? "one product and an epilogue at most" : "none");
  return success();
}

std::map<int64_t, Nest> collectNests(func::FuncOp function) {
  std::map<int64_t, Nest> nests;
  function.walk([&](linalg::LinalgOp op) {
    if (auto nest = op->getAttrOfType<codegen::NestAttr>(codegen::nest))
      nests[nest.getNumber()].members.push_back(op);
  });
  return nests;
}

} // namespace dlc
