//===- Schedules.cpp - Schedules as an editable file ----------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The text format of the decisions of dlc-choose-schedules, without the model:
// a line `@kernel` for each version of a function, below it a line `nest 3` for
// each loop nest, below that one line per op in order, with its role and its
// #codegen.schedule, if any. `//` begins a comment.
//
//===----------------------------------------------------------------------===//

#include "Schedules.h"
#include "dlc/Codegen/Tensors/Nests.h"
#include "dlc/Codegen/Tensors/Regions.h"
#include "dlc/Support/Format.h"
#include "dlc/Support/OpenFile.h"
#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/SmallVectorExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/LineIterator.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;

namespace dlc {

/// The maximum length of a line, which holds one schedule.
static constexpr size_t maxCharacters = 4096;

static StringRef nameOfRole(linalg::LinalgOp op) {
  return codegen::stringifyRole(*roleOf(op));
}

void printSchedules(ModuleOp module, llvm::raw_ostream &os) {
  for (auto function : module.getOps<func::FuncOp>()) {
    std::map<int64_t, Nest> nests = collectNests(function);
    if (nests.empty())
      continue;
    os << FlatSymbolRefAttr::get(function) << " // "
       << codegen::targetOf(function) << "\n";
    for (auto &[number, nest] : nests) {
      codegen::RegionAttr region = describeRegion(nest, number);
      print(os, FMT_STRING("nest {} // {}, {}\n"), number,
            nameOf(region.getKind()), region.getName());
      for (linalg::LinalgOp op : nest.members) {
        print(os, FMT_STRING("  {}"), nameOfRole(op));
        if (codegen::ScheduleAttr schedule = scheduleOf(op))
          os << " " << schedule;
        auto extents =
            llvm::map_to_vector(op.getStaticLoopRanges(), [](int64_t extent) {
              return ShapedType::isDynamic(extent)
                         ? std::string("?")
                         : fmt::format(FMT_STRING("{}"), extent);
            });
        print(os, FMT_STRING(" // loops of {}\n"), llvm::join(extents, ", "));
      }
    }
  }
}

namespace {

/// Reads one file line by line and stops at the first error.
class Reader {
public:
  Reader(ModuleOp module, StringRef path) : module(module), path(path) {}

  llvm::Error read(const llvm::MemoryBuffer &file) {
    // Collected in file order; nothing is changed before the whole file is
    // read.
    std::vector<std::pair<linalg::LinalgOp, codegen::ScheduleAttr>> all;
    for (llvm::line_iterator at(file, /*SkipBlanks=*/true); !at.is_at_eof();
         ++at) {
      line = at.line_number();
      StringRef text = at->trim();
      // A quoted name may contain `//`.
      size_t quoted = text.starts_with("@\"") ? text.find('"', 2) : 0;
      text = text.take_front(text.find("//", quoted)).trim();
      if (text.empty())
        continue;
      if (text.size() > maxCharacters)
        return wrong(fmt::format(
            FMT_STRING("found a line of {} characters, expected {} at most"),
            text.size(), maxCharacters));
      if (text.starts_with("@")) {
        if (llvm::Error error = beginKernel(text))
          return error;
      } else if (text.consume_front("nest ")) {
        if (llvm::Error error = beginNest(text.trim()))
          return error;
      } else {
        auto entry = readOp(text);
        if (!entry)
          return entry.takeError();
        all.push_back(*entry);
      }
    }
    if (llvm::Error error = endNest())
      return error;
    for (auto [op, schedule] : all)
      if (schedule)
        op->setAttr(codegen::schedule, schedule);
      else
        op->removeAttr(codegen::schedule);
    for (auto function : module.getOps<func::FuncOp>())
      for (auto &[number, nest] : collectNests(function))
        if (failed(checkNest(nest)))
          return llvm::createStringError(
              fmt::format(FMT_STRING("'{}' does not fit the model"), path));
    return llvm::Error::success();
  }

private:
  llvm::Error wrong(StringRef what) {
    return llvm::createStringError(
        fmt::format(FMT_STRING("'{}', line {}: {}"), path, line, what));
  }

  llvm::Error beginKernel(StringRef text) {
    if (llvm::Error error = endNest())
      return error;
    ScopedDiagnosticHandler quiet(module.getContext(),
                                  [](Diagnostic &) { return success(); });
    auto name = dyn_cast_if_present<FlatSymbolRefAttr>(
        parseAttribute(text, module.getContext()));
    auto function = name ? module.lookupSymbol<func::FuncOp>(name.getAttr())
                         : func::FuncOp();
    if (!function)
      return wrong(fmt::format(
          FMT_STRING("the model has no kernel '{}' for these processors; "
                     "--emit=schedules writes those that it has"),
          text));
    nests = collectNests(function);
    nest = nullptr;
    return llvm::Error::success();
  }

  llvm::Error beginNest(StringRef text) {
    if (llvm::Error error = endNest())
      return error;
    int64_t number;
    if (text.getAsInteger(10, number) || !nests.count(number))
      return wrong(fmt::format(
          FMT_STRING("nest '{}' is not one of this kernel, expected a number "
                     "that --emit=schedules writes"),
          text));
    nest = &nests[number];
    member = 0;
    return llvm::Error::success();
  }

  /// Checks that a nest has either all of its ops or none in the file.
  llvm::Error endNest() {
    if (nest && member != nest->members.size())
      return wrong(fmt::format(
          FMT_STRING("found {} ops in the nest that ends here, expected {} as "
                     "in the model"),
          member, nest->members.size()));
    return llvm::Error::success();
  }

  llvm::Expected<std::pair<linalg::LinalgOp, codegen::ScheduleAttr>>
  readOp(StringRef text) {
    if (!nest || member == nest->members.size())
      return wrong(fmt::format(
          FMT_STRING("'{}' belongs to no op, expected '@kernel', 'nest NUMBER' "
                     "or the next op of a nest"),
          text));
    linalg::LinalgOp op = nest->members[member++];
    auto [role, rest] = text.split(' ');
    if (role != nameOfRole(op))
      return wrong(fmt::format(
          FMT_STRING("found '{}', expected '{}', the role of the model's op"),
          role, nameOfRole(op)));
    rest = rest.trim();
    if (rest.empty())
      return std::make_pair(op, codegen::ScheduleAttr());
    if (!rest.starts_with("#codegen.schedule<"))
      return wrong(fmt::format(
          FMT_STRING("found '{}', expected #codegen.schedule<...>"), rest));
    std::string why;
    ScopedDiagnosticHandler handler(module.getContext(), [&](Diagnostic &d) {
      why = d.str();
      return success();
    });
    auto schedule = dyn_cast_if_present<codegen::ScheduleAttr>(
        parseAttribute(rest, module.getContext()));
    if (schedule) {
      MLIRContext *context = op->getContext();
      NamedAttribute entry(StringAttr::get(context, codegen::schedule),
                           schedule);
      if (succeeded(context->getLoadedDialect<codegen::CodegenDialect>()
                        ->verifyOperationAttribute(op, entry)))
        return std::make_pair(op, schedule);
    }
    return wrong(why.empty() ? "no schedule" : why);
  }

  ModuleOp module;
  StringRef path;
  int64_t line = 0;
  std::map<int64_t, Nest> nests; // of the current kernel
  Nest *nest = nullptr;
  size_t member = 0;
};

} // namespace

llvm::Error readSchedules(ModuleOp module, StringRef path) {
  auto file = readRegularFile(path);
  if (!file)
    return llvm::createStringError(fmt::format(
        FMT_STRING("'{}' {}"), path, llvm::toString(file.takeError())));
  return Reader(module, path).read(**file);
}

} // namespace dlc
