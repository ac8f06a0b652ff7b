//===- Regions.cpp - What a fused loop nest computes ----------------------===//

#include "dlc/Codegen/CPU/Regions.h"
#include "dlc/Codegen/Codegen.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/Support/Path.h"

using namespace mlir;

namespace dlc {

/// The places that a location names, each once: nodes of an imported model,
/// else lines.
static void collectPlaces(Location loc, llvm::SetVector<StringRef> &places) {
  if (auto name = dyn_cast<NameLoc>(loc)) {
    // The node; every one of them is of the same file.
    StringRef text = name.getName();
    auto [file, node] = text.split(": node ");
    places.insert(node.empty() ? text : node);
  } else if (auto line = dyn_cast<FileLineColLoc>(loc)) {
    std::string text = (llvm::sys::path::filename(line.getFilename()) + ":" +
                        Twine(line.getLine()))
                           .str();
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
      name += (i ? " + " : "") + place.str();
  if (places.size() > 3)
    name += " + " + std::to_string(places.size() - 3) + " more";
  return name;
}

std::string nameOf(Location loc) {
  llvm::SetVector<StringRef> places;
  collectPlaces(loc, places);
  return join(places);
}

/// 16x32; a loop that is left whole has no number of its own.
static std::string describeSizes(ArrayRef<int64_t> sizes) {
  std::string text;
  for (int64_t size : sizes)
    text += (text.empty() ? "" : "x") + (size ? std::to_string(size) : "*");
  return text;
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

/// Operations of the mathematics in a body: comparisons, selections and
/// conversions are none.
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

static std::string describeLayout(linalg::LinalgOp op,
                                  const cpu::Tiles &tiles) {
  if (!cpu::analyzeContraction(op))
    return "";
  if (op.getDpsInputs()[1].getDefiningOp<arith::ConstantOp>())
    return bytesOf(op.getDpsInputs()[1].getType()) < cpu::leastPackedBytes
               ? "as is"
               : "packed";
  return tiles.packPanel ? "panels copied" : "as is";
}

DictionaryAttr describeRegion(ArrayRef<linalg::LinalgOp> ops, StringRef kind,
                              const cpu::Tiles &tiles, int64_t number) {
  llvm::SmallPtrSet<Operation *, 8> members;
  for (linalg::LinalgOp op : ops)
    members.insert(op);
  llvm::SetVector<StringRef> places;
  llvm::SmallPtrSet<void *, 8> seen;
  int64_t flops = 0, bytes = 0;
  auto add = [](int64_t &sum, int64_t term) {
    sum = sum < 0 || term < 0 ? -1 : sum + term;
  };
  std::string layout;
  for (linalg::LinalgOp op : ops) {
    collectPlaces(op.getLoc(), places);
    int64_t count = operationsOf(op);
    for (int64_t extent : op.getStaticLoopRanges())
      count = count < 0 || ShapedType::isDynamic(extent) ? -1 : count * extent;
    add(flops, count);
    for (Value input : op.getDpsInputs())
      if (Operation *producer = input.getDefiningOp();
          !members.contains(producer) &&
          seen.insert(input.getAsOpaquePointer()).second)
        add(bytes, bytesOf(input.getType()));
    if (layout.empty())
      layout = describeLayout(op, tiles);
  }
  for (Value result : ops.back()->getResults())
    add(bytes, bytesOf(result.getType()));
  double tasks = 1;
  bool isStatic = true;
  for (auto [size, extent] : llvm::zip(
           tiles.tasks, linalg::LinalgOp(ops.back()).getStaticLoopRanges()))
    if (size) {
      isStatic &= !ShapedType::isDynamic(extent);
      tasks *= std::ceil(double(extent) / size);
    }
  Builder b(ops.back()->getContext());
  if (flops == 0 && kind == "element-wise")
    kind = "copy";
  return b.getDictionaryAttr({
      b.getNamedAttr("number", b.getI64IntegerAttr(number)),
      b.getNamedAttr("name", b.getStringAttr(join(places))),
      b.getNamedAttr("kind", b.getStringAttr(kind)),
      b.getNamedAttr("flops", b.getI64IntegerAttr(flops)),
      b.getNamedAttr("bytes", b.getI64IntegerAttr(bytes)),
      b.getNamedAttr("cost", b.getI64IntegerAttr(
                                 isStatic ? int64_t(tiles.cost * tasks) : 0)),
      b.getNamedAttr("tile", b.getStringAttr(describeSizes(tiles.inner))),
      b.getNamedAttr("tasks", b.getStringAttr(tiles.hasTasks()
                                                  ? describeSizes(tiles.tasks)
                                                  : std::string("none"))),
      b.getNamedAttr("layout", b.getStringAttr(layout)),
  });
}

std::vector<Region> readRegions(ModuleOp module) {
  std::vector<Region> regions;
  auto all = module->getAttrOfType<ArrayAttr>(names::regions);
  if (!all)
    return regions;
  for (auto entry : all.getAsRange<DictionaryAttr>()) {
    auto text = [&](StringRef key) {
      return entry.getAs<StringAttr>(key).getValue().str();
    };
    auto number = [&](StringRef key) {
      return entry.getAs<IntegerAttr>(key).getInt();
    };
    regions.push_back({text("function"), text("name"), text("kind"),
                       number("flops"), number("bytes"), number("cost"),
                       text("tile"), text("tasks"), text("layout")});
  }
  return regions;
}

bool Region::isBoundByFlops() const {
  // A core does about a hundred operations in the time that it moves ten bytes
  // of what lies outside its own caches.
  return flops > 10 * bytes;
}

} // namespace dlc
