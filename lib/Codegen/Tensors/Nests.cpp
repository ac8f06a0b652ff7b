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

codegen::RegionKind Nest::kind() const {
  using Kind = codegen::RegionKind;
  if (linalg::LinalgOp op = contraction())
    return roleOf(op) == Role::Depthwise ? Kind::Depthwise : Kind::Product;
  Role role = *roleOf(root());
  return role == Role::Row         ? Kind::Rows
         : role == Role::Reduction ? Kind::Reduction
                                   : Kind::Elementwise;
}

/// Whether a list has an entry other than 0.
static bool cuts(DenseI64ArrayAttr list) {
  return llvm::any_of(sizesOf(list), [](int64_t size) { return size != 0; });
}

/// Rejects entries that no pass would obey: whoever wrote them made a mistake.
static LogicalResult checkSchedule(const Nest &nest, linalg::LinalgOp op) {
  codegen::ScheduleAttr schedule = scheduleOf(op);
  if (!schedule)
    return success();
  Role role = *roleOf(op);
  bool isRoot = op == nest.root();
  bool isContraction = role == Role::Product || role == Role::Depthwise;
  bool hasRows = role == Role::Row || role == Role::Pool;
  // The product that a pooling reads has tiles of its own.
  bool hasTile = isRoot || role == Role::Row || op == nest.product();
  const std::pair<const char *, bool> wrong[] = {
      {"tasks", cuts(schedule.getTasks()) && !isRoot},
      {"rows", cuts(schedule.getRows()) && !(isRoot && hasRows)},
      {"tile", cuts(schedule.getTile()) && !hasTile},
      {"assumed", cuts(schedule.getAssumed()) && !isContraction},
      {"panel", schedule.getPanel() && !isContraction},
      {"packing", schedule.getPacking() && !isContraction},
      {"steps", cuts(schedule.getSteps()) && !op.getNumReductionLoops()}};
  for (auto [entry, isWrong] : wrong)
    if (isWrong)
      return op->emitError("found '")
             << entry << "' in the schedule of "
             << (isRoot ? "the last op" : "an op before the last")
             << " of a nest, of role '" << codegen::stringifyRole(role)
             << "', expected none: it has no effect there";
  if (int64_t packing = schedule.getPacking()) {
    auto right = cast<ShapedType>(op.getDpsInputs()[1].getType());
    if (!right.hasStaticShape() || !right.getRank() ||
        packing > right.getShape().back())
      return op->emitError("panels of ")
             << packing
             << " columns, expected at most as many as the right operand has";
  }
  return success();
}

LogicalResult checkNest(const Nest &nest) {
  unsigned contractions = 0, epilogues = 0;
  for (linalg::LinalgOp op : nest.members) {
    Role role = *roleOf(op);
    bool isContraction = role == Role::Product || role == Role::Depthwise;
    if (isContraction && !analyzeContraction(op))
      return op->emitError("found role '")
             << codegen::stringifyRole(role)
             << "', expected an op that multiplies two operands and sums, "
                "with the right one contiguous where the result is";
    if (failed(checkSchedule(nest, op)))
      return failure();
    contractions += isContraction;
    epilogues += role == Role::Epilogue;
  }
  Role root = *roleOf(nest.root());
  bool hasProduct = isInProductTile(nest.root()) || root == Role::Pool;
  if (root == Role::Fill || contractions != hasProduct ||
      epilogues > hasProduct)
    return nest.root()->emitError("found role '")
           << codegen::stringifyRole(root) << "' at the end of a nest of "
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
