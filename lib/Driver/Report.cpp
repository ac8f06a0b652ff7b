//===- Report.cpp - Layers, weights, connections --------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Report.h"
#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Dialect/DL/IR/Inference.h"
#include "dlc/Support/Format.h"
#include "dlc/Transforms/Transforms.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include <numeric>

using namespace mlir;

namespace dlc {

/// The number of elements of a type; dynamic extents count as one.
static int64_t elements(Type type) {
  int64_t count = 1;
  for (int64_t extent : cast<ShapedType>(type).getShape())
    count *= ShapedType::isDynamic(extent) ? 1 : extent;
  return count;
}

/// Formats with separators: 1234567 -> 1,234,567.
static std::string grouped(int64_t number) {
  std::string digits = fmt::format(FMT_STRING("{}"), number), result;
  for (auto [i, digit] : llvm::enumerate(digits)) {
    if (i && (digits.size() - i) % 3 == 0)
      result += ',';
    result += digit;
  }
  return result;
}

namespace {
struct Counts {
  int64_t weights = 0;
  /// The multiply-adds that connect neurons; a bias counts as one.
  int64_t connections = 0;
};
} // namespace

/// Counts the weights and biases of a recurrent layer. In each step each gate
/// connects a unit to the inputs, the states and a bias.
template <typename OpT> static Counts countRecurrent(OpT op) {
  Counts counts;
  for (Value operand : op.getOperands())
    if (operand != op.getX() && operand != op.getH0() &&
        operand != op.getLengths())
      counts.weights += elements(operand.getType());
  int64_t fanIn = op.getWeights().getType().getShape().end()[-2] +
                  op.getRecurrent().getType().getShape().end()[-2] +
                  (op.getBias() ? 1 : 0);
  counts.connections = elements(op.getY().getType()) * OpT::gates * fanIn;
  return counts;
}

static Counts countLayer(Operation *op) {
  Counts counts;
  if (auto lstm = dyn_cast<dl::LstmOp>(op)) {
    counts = countRecurrent(lstm);
    if (lstm.getC0())
      counts.weights -= elements(lstm.getC0().getType());
    return counts;
  }
  if (auto rnn = dyn_cast<dl::RnnOp>(op))
    return countRecurrent(rnn);
  if (auto gru = dyn_cast<dl::GruOp>(op))
    return countRecurrent(gru);
  auto layer = [&](Value weights, Value bias, int64_t fanIn) {
    counts.weights =
        elements(weights.getType()) + (bias ? elements(bias.getType()) : 0);
    counts.connections =
        elements(op->getResult(0).getType()) * (fanIn + (bias ? 1 : 0));
  };
  if (auto dense = dyn_cast<dl::DenseOp>(op)) {
    layer(dense.getWeights(), dense.getBias(),
          dense.getWeights().getType().getDimSize(0));
  } else if (auto conv = dyn_cast<dl::ConvOp>(op)) {
    auto filter = conv.getFilter().getType();
    layer(conv.getFilter(), conv.getBias(),
          elements(filter) / filter.getShape().back());
  } else if (auto conv = dyn_cast<dl::ConvTransposeOp>(op)) {
    auto filter = conv.getFilter().getType();
    counts.weights = elements(filter) +
                     (conv.getBias() ? elements(conv.getBias().getType()) : 0);
    counts.connections = elements(conv.getX().getType()) *
                         (elements(filter) / filter.getShape().back());
  } else if (auto norm = dyn_cast<dl::BatchNormOp>(op)) {
    counts.weights = 4 * elements(norm.getScale().getType());
  } else {
    // For other ops each floating-point constant counts: a factor or a bias.
    for (Value operand : op->getOperands()) {
      auto type = dyn_cast<RankedTensorType>(operand.getType());
      if (type && type.getRank() && isa<FloatType>(type.getElementType()) &&
          operand.getDefiningOp() && isConstantSource(operand.getDefiningOp()))
        counts.weights += elements(type);
    }
    if (auto product = dyn_cast<dl::MatmulOp>(op); product && counts.weights)
      counts.connections = elements(product.getY().getType()) *
                           product.getA().getType().getShape().back();
  }
  return counts;
}

void printReport(ModuleOp module, llvm::raw_ostream &os) {
  auto printRow = [&](const auto &...cells) {
    print(os, FMT_STRING("  {:<20}  {:<18} {:>16} {:>14}\n"), cells...);
  };
  auto orDash = [](int64_t count) { return count ? grouped(count) : "-"; };
  for (auto function : module.getOps<func::FuncOp>()) {
    print(os,
          FMT_STRING("function {}\n"
                     "  layer                 output                      "
                     "weights    connections\n"),
          function.getName());
    Counts total;
    function.walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (!isa<dl::DLDialect>(op->getDialect()) || !op->getNumResults())
        return;
      Counts counts = countLayer(op);
      total.weights += counts.weights;
      total.connections += counts.connections;
      printRow(op->getName().getStringRef(),
               dl::toString(op->getResult(0).getType()), orDash(counts.weights),
               orDash(counts.connections));
    });
    printRow("total", "", grouped(total.weights), grouped(total.connections));
  }
}

std::string nameOfKernel(const Interface &interface, StringRef kernel) {
  for (const Function &function : interface.functions)
    if (function.kernel == kernel)
      return function.name;
  return kernel.str();
}

/// Formats sizes as 16x32, with * for a loop that is left whole.
static std::string describeSizes(DenseI64ArrayAttr sizes) {
  std::string text;
  for (auto [i, size] :
       llvm::enumerate(sizes ? sizes.asArrayRef() : ArrayRef<int64_t>())) {
    text += i ? "x" : "";
    text += size ? fmt::format(FMT_STRING("{}"), size) : "*";
  }
  return text;
}

static StringRef describeLayout(codegen::Layout layout) {
  switch (layout) {
  case codegen::Layout::None:
    return "";
  case codegen::Layout::AsIs:
    return "as is";
  case codegen::Layout::Packed:
    return "packed";
  case codegen::Layout::Panels:
    return "panels copied";
  }
  llvm_unreachable("unknown layout");
}

/// Formats with a unit prefix: 1234567 -> 1.23 M; -1 is unknown.
static std::string scaled(double number) {
  if (number < 0)
    return "?";
  const char *units[] = {"", " k", " M", " G", " T"};
  unsigned unit = 0;
  for (; number >= 999.5 && unit < 4; ++unit)
    number /= 1000;
  return fmt::format(FMT_STRING("{:.{}f}{}"), number,
                     unit && number < 99.95 ? 1 : 0, units[unit]);
}

void printRegions(ArrayRef<Region> regions, const Interface &interface,
                  llvm::raw_ostream &os) {
  auto printRow = [&](const auto &...cells) {
    print(os,
          FMT_STRING(
              "  {:<40} {:<12} {:>8} {:>8} {:<7} {:>9}  {:<14} {:<14} {}\n"),
          cells...);
  };
  const Region *last = nullptr;
  for (const Region &region : regions) {
    if (!last || region.kernel != last->kernel ||
        region.target != last->target) {
      last = &region;
      print(os, FMT_STRING("loop nests of {} for {}, vectors of {} bits\n"),
            nameOfKernel(interface, region.kernel), region.target.getName(),
            region.target.getVectorBits());
      printRow("computes", "kind", "flop", "bytes", "bound by", "expected",
               "tile", "task", "weights");
    }
    codegen::RegionAttr what = region.what;
    StringRef name = what.getName();
    printRow(name.size() > 40 ? (name.take_front(37) + "...").str()
                              : name.str(),
             nameOf(what.getKind()), scaled(what.getFlops()),
             scaled(what.getBytes()),
             what.getFlops() < 0 || what.getBytes() < 0 ? "?"
             : region.isBoundByFlops()                  ? "flop"
                                                        : "bytes",
             what.getCost()
                 ? fmt::format(FMT_STRING("{:.1f} us"), what.getCost() / 1e3)
                 : "-",
             describeSizes(what.getTile()),
             what.getTasks() ? describeSizes(what.getTasks()) : "none",
             describeLayout(what.getLayout()));
  }
}

} // namespace dlc
