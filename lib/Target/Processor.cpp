//===- Processor.cpp - The processor that code is made for ----------------===//

#include "dlc/Target/Processor.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Target/TargetOptions.h"
#include "llvm/TargetParser/Host.h"

using namespace llvm;

namespace dlc {

static const Target *lookUp(const std::string &triple) {
  static bool initialized = [] {
    InitializeNativeTarget();
    InitializeNativeTargetAsmPrinter();
    InitializeNativeTargetAsmParser();
    return true;
  }();
  (void)initialized;
  std::string error;
  return TargetRegistry::lookupTarget(Triple(triple), error);
}

bool Processor::has(StringRef feature) const {
  const Target *target = lookUp(triple);
  std::unique_ptr<MCSubtargetInfo> info(
      target->createMCSubtargetInfo(Triple(triple), cpu, features));
  return info->checkFeatures(("+" + feature).str());
}

Expected<Processor> Processor::get(StringRef name) {
  Processor result;
  result.triple = sys::getDefaultTargetTriple();
  const Target *target = lookUp(result.triple);
  if (!target)
    return createStringError("there is no code generator for " + result.triple);
  if (name == "native") {
    result.cpu = sys::getHostCPUName().str();
    std::vector<std::string> features;
    for (auto &feature : sys::getHostCPUFeatures())
      features.push_back((feature.second ? "+" : "-") + feature.first().str());
    llvm::sort(features);
    result.features = join(features, ",");
  } else {
    std::unique_ptr<MCSubtargetInfo> info(
        target->createMCSubtargetInfo(Triple(result.triple), "", ""));
    StringRef nearest;
    unsigned best = ~0u;
    for (const SubtargetSubTypeKV &known : info->getAllProcessorDescriptions())
      if (unsigned distance = name.edit_distance(known.Key); distance < best) {
        best = distance;
        nearest = known.Key;
      }
    if (best != 0)
      return createStringError("unknown processor '" + name +
                               "', expected native or a name that LLVM knows; "
                               "did you mean '" +
                               nearest + "'?");
    result.cpu = name.str();
  }
  if (!result.has("sse2"))
    return createStringError("processor '" + name +
                             "' has no SSE2, expected a 64-bit processor");
  if (result.has("avx512f") && result.has("avx512vl") &&
      result.has("avx512bw") && result.has("avx512dq")) {
    result.vectorBits = 512;
    result.vectorRegisters = 32;
  } else if (result.has("avx2") && result.has("fma")) {
    result.vectorBits = 256;
  }
  return result;
}

std::unique_ptr<TargetMachine> Processor::makeMachine(unsigned level) const {
  TargetOptions options;
  CodeGenOptLevel levels[] = {CodeGenOptLevel::None, CodeGenOptLevel::Less,
                              CodeGenOptLevel::Default,
                              CodeGenOptLevel::Aggressive};
  return std::unique_ptr<TargetMachine>(lookUp(triple)->createTargetMachine(
      Triple(triple), cpu, features, options, Reloc::PIC_, std::nullopt,
      levels[std::min(level, 3u)]));
}

} // namespace dlc
