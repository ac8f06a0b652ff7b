//===- Codegen.cpp - The codegen dialect ----------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace dlc::codegen;

#include "dlc/Dialect/Codegen/IR/CodegenDialect.cpp.inc"
#include "dlc/Dialect/Codegen/IR/CodegenEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "dlc/Dialect/Codegen/IR/CodegenAttrs.cpp.inc"

#define GET_OP_CLASSES
#include "dlc/Dialect/Codegen/IR/CodegenOps.cpp.inc"

void CodegenDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dlc/Dialect/Codegen/IR/CodegenAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dlc/Dialect/Codegen/IR/CodegenOps.cpp.inc"
      >();
}

bool dlc::codegen::isBytes(Type type) {
  auto memory = dyn_cast<MemRefType>(type);
  return memory && memory.getRank() == 1 && memory.isDynamicDim(0) &&
         memory.getElementType().isInteger(8) &&
         memory.getLayout().isIdentity() && !memory.getMemorySpace();
}

CPUAttr CPUAttr::getDefault(MLIRContext *context) {
  return get(context, "", 512, 32, 512 << 10, 8 << 20, false);
}

CPUAttr dlc::codegen::targetOf(Operation *function) {
  auto given = function->getAttrOfType<CPUAttr>(target);
  return given ? given : CPUAttr::getDefault(function->getContext());
}

void dlc::codegen::copyTarget(Operation *parent, Operation *function) {
  if (Attribute given = parent->getAttr(target))
    function->setAttr(target, given);
}

SmallVector<CPUAttr> dlc::codegen::targetsOf(Operation *op) {
  auto module = dyn_cast<ModuleOp>(op);
  if (!module)
    module = op->getParentOfType<ModuleOp>();
  if (auto list =
          module ? module->getAttrOfType<ArrayAttr>(targets) : ArrayAttr())
    return llvm::to_vector(list.getAsRange<CPUAttr>());
  return {CPUAttr::getDefault(op->getContext())};
}

std::string dlc::codegen::describeLocation(Operation *op) {
  // The message becomes part of the library, so it must not contain a path of
  // the machine that compiled it.
  if (auto name = op->getLoc()->findInstanceOf<NameLoc>()) {
    StringRef text = name.getName();
    size_t node = text.find(": node ");
    return (node == StringRef::npos ? text : text.substr(node + 2)).str();
  }
  if (auto file = op->getLoc()->findInstanceOf<FileLineColLoc>())
    return (llvm::sys::path::filename(file.getFilename()) + ":" +
            Twine(file.getLine()))
        .str();
  return op->getName().getStringRef().str();
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

LogicalResult
CPUAttr::verify(llvm::function_ref<InFlightDiagnostic()> emitError,
                StringRef name, int64_t vectorBits, int64_t vectorRegisters,
                int64_t cacheBytes, int64_t sharedCacheBytes, bool) {
  if (vectorBits < 64 || vectorBits > 65536 ||
      !llvm::isPowerOf2_64(uint64_t(vectorBits)))
    return emitError() << "vectors of " << vectorBits
                       << " bits, expected a power of 2 from 64 on";
  if (vectorRegisters < 8 || vectorRegisters > 1024)
    return emitError() << vectorRegisters
                       << " vector registers, expected 8 to 1024";
  if (cacheBytes < 4096 || cacheBytes > int64_t(1) << 40)
    return emitError() << "a second level cache of " << cacheBytes
                       << " bytes, expected 4096 to 2^40";
  if (sharedCacheBytes < 4096 || sharedCacheBytes > int64_t(1) << 40)
    return emitError() << "a share of the last level cache of "
                       << sharedCacheBytes << " bytes, expected 4096 to 2^40";
  return success();
}

LogicalResult
NestAttr::verify(llvm::function_ref<InFlightDiagnostic()> emitError,
                 int64_t number, Role, int64_t sharedLoops) {
  if (number < 0 || sharedLoops < 0)
    return emitError() << "loop nest " << number << " with " << sharedLoops
                       << " shared loops, expected 0 or more";
  return success();
}

/// Eleven days, in nanoseconds.
static constexpr int64_t maxCost = 1000000000000000;

LogicalResult
ScheduleAttr::verify(llvm::function_ref<InFlightDiagnostic()> emitError,
                     DenseI64ArrayAttr tasks, DenseI64ArrayAttr rows,
                     DenseI64ArrayAttr tile, DenseI64ArrayAttr order,
                     DenseI64ArrayAttr steps, DenseI64ArrayAttr assumed,
                     DenseI64ArrayAttr panel, int64_t cost, int64_t packing) {
  std::optional<int64_t> loops;
  for (auto [name, sizes] :
       {std::pair("tasks", tasks), std::pair("rows", rows),
        std::pair("tile", tile), std::pair("order", order),
        std::pair("steps", steps), std::pair("assumed", assumed)}) {
    if (!sizes)
      continue;
    if (loops && *loops != sizes.size())
      return emitError() << "'" << name << "' has " << sizes.size()
                         << " entries where another list has " << *loops
                         << ", expected one for each loop in both";
    loops = sizes.size();
  }
  for (auto [name, sizes] :
       {std::pair("tasks", tasks), std::pair("rows", rows),
        std::pair("tile", tile), std::pair("steps", steps),
        std::pair("assumed", assumed), std::pair("panel", panel)})
    for (int64_t size : sizes ? sizes.asArrayRef() : ArrayRef<int64_t>())
      if (size < 0)
        return emitError() << "'" << name << "' has " << size
                           << ", expected 0 or more";
  if (order) {
    SmallVector<bool> seen(order.size());
    for (int64_t loop : order.asArrayRef()) {
      if (loop < 0 || loop >= order.size() || seen[loop])
        return emitError() << "'order' is " << order
                           << ", expected each loop from 0 to "
                           << order.size() - 1 << " once";
      seen[loop] = true;
    }
  }
  if (order && !tile)
    return emitError() << "'order' is that of tiles, expected 'tile' too";
  if (cost < 0 || cost > maxCost)
    return emitError() << "a cost of " << cost << " nanoseconds, expected 0 to "
                       << maxCost;
  if (packing < 0)
    return emitError() << "panels of " << packing
                       << " columns, expected 0 (as it is) or more";
  return success();
}

LogicalResult
RegisterTileAttr::verify(llvm::function_ref<InFlightDiagnostic()> emitError,
                         int64_t rows, int64_t vectors, bool) {
  for (int64_t size : {rows, vectors})
    if (size < 1 || size > 64)
      return emitError() << "a tile of " << rows << " rows of " << vectors
                         << " vectors, expected 1 to 64 of each";
  return success();
}

LogicalResult
RegionAttr::verify(llvm::function_ref<InFlightDiagnostic()> emitError,
                   int64_t number, StringRef, RegionKind kind, int64_t flops,
                   int64_t bytes, int64_t cost, DenseI64ArrayAttr tile,
                   DenseI64ArrayAttr tasks, Layout layout, FlatSymbolRefAttr) {
  if (number < 0 || cost < 0)
    return emitError() << "region " << number << " of " << cost
                       << " nanoseconds, expected 0 or more";
  if (flops < -1 || bytes < -1)
    return emitError() << flops << " operations on " << bytes
                       << " bytes, expected 0 or more, or -1 if unknown";
  for (DenseI64ArrayAttr sizes : {tile, tasks})
    for (int64_t size : sizes ? sizes.asArrayRef() : ArrayRef<int64_t>())
      if (size < 0)
        return emitError() << "a region with a size of " << size
                           << ", expected 0 (the loop is left whole) or more";
  bool isContraction =
      kind == RegionKind::Product || kind == RegionKind::Depthwise;
  if (layout != Layout::None && !isContraction)
    return emitError() << "'" << stringifyRegionKind(kind)
                       << "' with the layout of a right operand, expected "
                          "product or depthwise";
  return success();
}

LogicalResult
WeightAttr::verify(llvm::function_ref<InFlightDiagnostic()> emitError,
                   int64_t offset, ElementsAttr) {
  if (offset < 0)
    return emitError() << "a weight at " << offset << ", expected 0 or more";
  return success();
}

LogicalResult
StateAttr::verify(llvm::function_ref<InFlightDiagnostic()> emitError,
                  StringAttr, RankedTensorType type, int64_t offset,
                  int64_t first) {
  if (!type.hasStaticShape())
    return emitError() << "a state of type " << type
                       << ", expected known extents";
  if (offset < 0 || first < -1)
    return emitError() << "a state at " << offset << ", its first value at "
                       << first << ", expected 0 or more and -1 or more";
  return success();
}

namespace {

/// An attribute on ops of another dialect: what it must be, and its owner.
struct Known {
  StringLiteral name;
  const char *expected, *owner;
  bool (*fits)(Attribute);
  bool (*belongs)(Operation *);
};

template <typename AttrT> bool is(Attribute attribute) {
  return isa<AttrT>(attribute);
}
template <typename AttrT> bool areAll(Attribute attribute) {
  auto list = dyn_cast<ArrayAttr>(attribute);
  return list && llvm::all_of(list, llvm::IsaPred<AttrT>);
}
template <typename OpT> bool isOp(Operation *op) { return isa<OpT>(op); }
bool isNonNegative(Attribute attribute) {
  auto number = dyn_cast<IntegerAttr>(attribute);
  return number && number.getType().isInteger(64) && number.getInt() >= 0;
}

constexpr Known known[] = {
    {targets, "a list of #codegen.cpu, the least first, not empty", "a module",
     [](Attribute list) {
       return areAll<CPUAttr>(list) && !cast<ArrayAttr>(list).empty();
     },
     isOp<ModuleOp>},
    {target, "#codegen.cpu", "a function", is<CPUAttr>,
     isOp<FunctionOpInterface>},
    {versionOf, "a symbol", "a function", is<FlatSymbolRefAttr>,
     isOp<FunctionOpInterface>},
    {shapes, "a symbol", "a function", is<FlatSymbolRefAttr>,
     isOp<FunctionOpInterface>},
    {workspace, "a symbol", "a function", is<FlatSymbolRefAttr>,
     isOp<FunctionOpInterface>},
    {messages, "a list of strings", "a function", areAll<StringAttr>,
     isOp<FunctionOpInterface>},
    {computed, "array<i64>", "a function", is<DenseI64ArrayAttr>,
     isOp<FunctionOpInterface>},
    {steps, "nothing more", "scf.for", is<UnitAttr>, isOp<scf::ForOp>},
    {cost, "an i64 of 0 or more", "scf.forall", isNonNegative,
     isOp<scf::ForallOp>},
    {registerTile, "#codegen.register_tile", "a linalg op",
     is<RegisterTileAttr>, isOp<linalg::LinalgOp>},
    {nest, "#codegen.nest", "a linalg op", is<NestAttr>,
     isOp<linalg::LinalgOp>},
    {schedule, "#codegen.schedule", "a linalg op", is<ScheduleAttr>,
     isOp<linalg::LinalgOp>},
    {region, "#codegen.region", "a linalg op or a loop", is<RegionAttr>,
     [](Operation *op) {
       return isa<linalg::LinalgOp, LoopLikeOpInterface>(op);
     }},
    {regions, "a list of #codegen.region", "a module", areAll<RegionAttr>,
     isOp<ModuleOp>},
    {weights, "a list of #codegen.weight", "a module", areAll<WeightAttr>,
     isOp<ModuleOp>},
    {states, "a list of #codegen.state", "a module", areAll<StateAttr>,
     isOp<ModuleOp>},
};

} // namespace

/// Verifies one entry per loop, and that reductions are not split into tasks.
static LogicalResult verifyLoops(Operation *op, ScheduleAttr schedule) {
  auto loops = cast<linalg::LinalgOp>(op);
  for (DenseI64ArrayAttr sizes :
       {schedule.getTasks(), schedule.getRows(), schedule.getTile(),
        schedule.getOrder(), schedule.getSteps(), schedule.getAssumed()})
    if (sizes && sizes.size() != loops.getNumLoops())
      return op->emitError("found a schedule for ")
             << sizes.size() << " loops, expected one for the op's "
             << loops.getNumLoops();
  // The initial value of a reduction is computed in each tile.
  for (auto [name, sizes] : {std::pair("tasks", schedule.getTasks()),
                             std::pair("rows", schedule.getRows()),
                             std::pair("tile", schedule.getTile())})
    for (auto [size, kind] :
         llvm::zip(sizes ? sizes.asArrayRef() : ArrayRef<int64_t>(),
                   loops.getIteratorTypesArray()))
      if (size && kind == utils::IteratorType::reduction)
        return op->emitError("'")
               << name << "' is " << sizes
               << ", expected 0 for a reduction loop, which 'steps' is for";
  auto right = loops.getNumDpsInputs() > 1
                   ? dyn_cast<ShapedType>(loops.getDpsInputs()[1].getType())
                   : ShapedType();
  if (DenseI64ArrayAttr panel = schedule.getPanel();
      panel && (!right || right.getRank() != panel.size()))
    return op->emitError("'panel' is ")
           << panel
           << ", expected an entry for each dimension of the right operand";
  if (schedule.getPacking() && !right)
    return op->emitError("found panels of ")
           << schedule.getPacking()
           << " columns, expected an op with a right operand";
  return success();
}

/// Verifies that the role fits the loops of the op.
static LogicalResult verifyRole(Operation *op, NestAttr nest) {
  auto loops = cast<linalg::LinalgOp>(op);
  if (nest.getSharedLoops() > loops.getNumLoops())
    return op->emitError("found ")
           << nest.getSharedLoops()
           << " shared loops, expected at most the op's "
           << loops.getNumLoops();
  bool reduces = loops.getNumReductionLoops() != 0;
  Role role = nest.getRole();
  bool fits = role == Role::Row ||
              reduces == (role == Role::Product || role == Role::Depthwise ||
                          role == Role::Pool || role == Role::Reduction);
  bool hasRows = role == Role::Row || role == Role::Pool;
  if (!fits)
    return op->emitError("found role '")
           << stringifyRole(role) << "', expected the role of an op "
           << (reduces ? "with" : "without") << " a reduction";
  if (hasRows != (nest.getSharedLoops() > 0))
    return op->emitError("found ")
           << nest.getSharedLoops() << " shared loops, expected "
           << (hasRows ? "1 or more" : "0") << " for role '"
           << stringifyRole(role) << "'";
  return success();
}

LogicalResult CodegenDialect::verifyOperationAttribute(Operation *op,
                                                       NamedAttribute entry) {
  const Known *found = llvm::find_if(
      known, [&](const Known &one) { return one.name == entry.getName(); });
  if (found == std::end(known))
    return op->emitError("unknown attribute '")
           << entry.getName().getValue()
           << "', expected one that the dialect codegen knows";
  if (!found->fits(entry.getValue()))
    return op->emitError("'") << found->name << "' is " << entry.getValue()
                              << ", expected " << found->expected;
  if (!found->belongs(op))
    return op->emitError("'") << found->name << "' on " << op->getName()
                              << ", expected on " << found->owner;
  if (auto schedule = dyn_cast<ScheduleAttr>(entry.getValue()))
    return verifyLoops(op, schedule);
  if (auto nest = dyn_cast<NestAttr>(entry.getValue()))
    return verifyRole(op, nest);
  return success();
}

static LogicalResult refuse(Operation *op, NamedAttribute entry,
                            const char *where) {
  return op->emitError("'") << entry.getName().getValue() << "' on " << where
                            << ", expected on an op";
}

LogicalResult CodegenDialect::verifyRegionArgAttribute(Operation *op, unsigned,
                                                       unsigned,
                                                       NamedAttribute entry) {
  return refuse(op, entry, "an argument");
}

LogicalResult
CodegenDialect::verifyRegionResultAttribute(Operation *op, unsigned, unsigned,
                                            NamedAttribute entry) {
  return refuse(op, entry, "a result");
}

LogicalResult ParallelForOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto task = symbols.lookupNearestSymbolFrom<FunctionOpInterface>(
      *this, getTaskAttr());
  if (!task)
    return emitOpError("runs ") << getTaskAttr() << ", expected a function";
  // In the LLVM dialect a buffer is several arguments, so nothing is compared.
  auto type = dyn_cast<FunctionType>(task.getFunctionType());
  if (!type)
    return success();
  Type index = IndexType::get(getContext());
  SmallVector<Type> expected(3, index);
  llvm::append_range(expected, getCaptures().getTypes());
  if (type.getInputs() != ArrayRef(expected) || type.getNumResults())
    return emitOpError("runs ")
           << getTaskAttr() << " of type " << type << ", expected "
           << FunctionType::get(getContext(), expected, {});
  return success();
}

LogicalResult RequireOp::canonicalize(RequireOp op, PatternRewriter &rewriter) {
  if (!matchPattern(op.getCondition(), m_One()))
    return failure();
  rewriter.eraseOp(op);
  return success();
}
