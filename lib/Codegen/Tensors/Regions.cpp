//===- Regions.cpp - What a fused loop nest computes ----------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Codegen/Tensors/Regions.h"
#include "dlc/Codegen/Tensors/Nests.h"
#include "dlc/Support/Format.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/Support/Path.h"

using namespace mlir;

namespace dlc {

/// Collects the distinct places that a location names: nodes of an imported
/// model, or else lines.
static void collectPlaces(Location loc, llvm::SetVector<StringRef> &places) {
  if (auto name = dyn_cast<NameLoc>(loc)) {
    // Only the node: all nodes are of the same file.
    StringRef text = name.getName();
    auto [file, node] = text.split(": node ");
    places.insert(node.empty() ? text : node);
  } else if (auto line = dyn_cast<FileLineColLoc>(loc)) {
    std::string text = fmt::format(
        FMT_STRING("{}:{}"), llvm::sys::path::filename(line.getFilename()),
        line.getLine());
    places.insert(StringAttr::get(loc.getContext(), text).getValue());
  } else if (auto fused = dyn_cast<FusedLoc>(loc)) {
    for (Location part : fused.getLocations())
      collectPlaces(part, places);
  } else if (auto call = dyn_cast<CallSiteLoc>(loc)) {
    collectPlaces(call.getCallee(), places);
  }
}

static std::string join(const llvm::SetVector<StringRef> &places) {
  std::string name;
  for (auto [i, place] : llvm::enumerate(places))
    if (i < 3)
      fmt::format_to(std::back_inserter(name), FMT_STRING("{}{}"),
                     i ? " + " : "", place);
  if (places.size() > 3)
    name += fmt::format(FMT_STRING(" + {} more"), places.size() - 3);
  return name;
}

std::string nameOf(Location loc) {
  llvm::SetVector<StringRef> places;
  collectPlaces(loc, places);
  return join(places);
}

StringRef nameOf(codegen::RegionKind kind) {
  return kind == codegen::RegionKind::Elementwise
             ? "element-wise"
             : codegen::stringifyRegionKind(kind);
}

static int64_t bytesOf(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return 0;
  if (!tensor.hasStaticShape())
    return -1;
  return tensor.getNumElements() *
         llvm::divideCeil(tensor.getElementTypeBitWidth(), 8);
}

/// Returns the number of arithmetic operations in a body, without comparisons,
/// selects and conversions.
static int64_t operationsOf(linalg::LinalgOp op) {
  int64_t count = 0;
  op.getBlock()->walk([&](Operation *inner) {
    count += isa<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::DivFOp,
                 arith::NegFOp, arith::MaximumFOp, arith::MinimumFOp,
                 arith::MaxNumFOp, arith::MinNumFOp, arith::AddIOp,
                 arith::SubIOp, arith::MulIOp>(inner) ||
             isa<math::MathDialect>(inner->getDialect());
  });
  return count;
}

static codegen::Layout layoutOf(const Nest &nest) {
  linalg::LinalgOp op = nest.contraction();
  if (!op)
    return codegen::Layout::None;
  codegen::ScheduleAttr schedule = scheduleOf(op);
  return schedule && schedule.getPacking() ? codegen::Layout::Packed
         : schedule && schedule.getPanel() ? codegen::Layout::Panels
                                           : codegen::Layout::AsIs;
}

codegen::RegionAttr describeRegion(const Nest &nest, int64_t number) {
  ArrayRef<linalg::LinalgOp> ops = nest.members;
  llvm::SmallPtrSet<Operation *, 8> members;
  for (linalg::LinalgOp op : ops)
    members.insert(op);
  llvm::SetVector<StringRef> places;
  llvm::SmallPtrSet<void *, 8> seen;
  int64_t flops = 0, bytes = 0;
  auto add = [](int64_t &sum, int64_t term) {
    if (sum < 0 || term < 0 || llvm::AddOverflow(sum, term, sum))
      sum = -1;
  };
  for (linalg::LinalgOp op : ops) {
    if (roleOf(op) == codegen::Role::Fill)
      continue;
    collectPlaces(op.getLoc(), places);
    int64_t count = operationsOf(op);
    for (int64_t extent : op.getStaticLoopRanges())
      if (count < 0 || ShapedType::isDynamic(extent) ||
          llvm::MulOverflow(count, extent, count))
        count = -1;
    add(flops, count);
    for (Value input : op.getDpsInputs())
      if (Operation *producer = input.getDefiningOp();
          !members.contains(producer) &&
          seen.insert(input.getAsOpaquePointer()).second)
        add(bytes, bytesOf(input.getType()));
  }
  for (Value result : ops.back()->getResults())
    add(bytes, bytesOf(result.getType()));
  codegen::ScheduleAttr schedule = scheduleOf(nest.root());
  DenseI64ArrayAttr tasks, tile;
  if (schedule) {
    tasks = schedule.getTasks();
    tile = schedule.getRows() ? schedule.getRows() : schedule.getTile();
  }
  double count = 1;
  bool isStatic = true;
  linalg::LinalgOp root = nest.root();
  for (auto [size, extent] :
       llvm::zip(sizesOf(tasks), root.getStaticLoopRanges()))
    if (size) {
      isStatic &= !ShapedType::isDynamic(extent);
      count *= std::ceil(double(extent) / size);
    }
  int64_t cost =
      schedule && isStatic
          ? int64_t(std::min(schedule.getCost() * count, double(1LL << 62)))
          : 0;
  codegen::RegionKind kind = nest.kind();
  if (flops == 0 && kind == codegen::RegionKind::Elementwise)
    kind = codegen::RegionKind::Copy;
  return codegen::RegionAttr::get(root->getContext(), number, join(places),
                                  kind, flops, bytes, cost, tile, tasks,
                                  layoutOf(nest), FlatSymbolRefAttr());
}

std::vector<Region> readRegions(ModuleOp module) {
  std::vector<Region> regions;
  auto all = module->getAttrOfType<ArrayAttr>(codegen::regions);
  if (!all)
    return regions;
  SymbolTable symbols(module);
  for (auto region : all.getAsRange<codegen::RegionAttr>()) {
    Operation *function = symbols.lookup(region.getFunction().getAttr());
    if (!function)
      continue;
    auto kernel =
        function->getAttrOfType<FlatSymbolRefAttr>(codegen::versionOf);
    if (!kernel)
      kernel = region.getFunction();
    regions.push_back(
        {kernel.getValue().str(), codegen::targetOf(function), region});
  }
  return regions;
}

bool Region::isBoundByFlops() const {
  // A core performs about a hundred operations in the time in which it moves
  // ten bytes from outside its own caches.
  return what.getFlops() > 10 * what.getBytes();
}

} // namespace dlc
