//===- Processor.cpp - The target processor -------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Target/Processor.h"
#include "dlc/Support/Suggest.h"
#include "llvm/ADT/STLExtras.h"
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
    SmallVector<StringRef> known = {"native", "portable"};
    for (const SubtargetSubTypeKV &one : info->getAllProcessorDescriptions())
      known.push_back(one.Key);
    if (!is_contained(ArrayRef(known).drop_front(2), name))
      return createStringError(
          "unknown processor '" + name +
          "', expected native, portable, x86-64-v2, x86-64-v3 (AVX2), "
          "x86-64-v4 (AVX-512), or a name that LLVM knows, as haswell or "
          "znver4" +
          suggestName(name, known));
    result.cpu = name.str();
  }
  if (!result.has("sse2"))
    return createStringError("processor '" + name +
                             "' has no SSE2, expected a 64-bit processor");
  if (result.has("avx512f") && result.has("avx512vl") &&
      result.has("avx512bw") && result.has("avx512dq")) {
    result.vectorBits = 512;
    result.vectorRegisters = 32;
    // The scheduling model with which no measured case was slower. With that of
    // znver4 (LLVM 22), the loads of a whole iteration are moved before its
    // bf16 dot products, and accumulators are spilled (a 3x3 convolution runs
    // at half its speed). x86-64-v4 uses the model of Skylake (ResNet-50 is 5 %
    // slower on Zen 4).
    result.tuning = "sapphirerapids";
    result.hasBF16Dot = result.has("avx512bf16");
  } else if (result.has("avx2") && result.has("fma")) {
    result.vectorBits = 256;
  }
  return result;
}

Expected<std::vector<Processor>> Processor::getAll(StringRef names,
                                                   bool wantsBF16) {
  if (names == "portable")
    names =
        wantsBF16 ? "x86-64-v3,x86-64-v4,cooperlake" : "x86-64-v3,x86-64-v4";
  SmallVector<StringRef> parts;
  names.split(parts, ',');
  std::vector<std::pair<size_t, Processor>> found;
  for (StringRef name : parts) {
    Expected<Processor> one = get(name);
    if (!one)
      return one.takeError();
    if (any_of(found,
               [&](auto &other) { return other.second.cpu == one->cpu; }))
      return createStringError("processor '" + one->cpu + "' is named twice");
    std::unique_ptr<MCSubtargetInfo> info(
        lookUp(one->triple)
            ->createMCSubtargetInfo(Triple(one->triple), one->cpu,
                                    one->features));
    size_t features = info->getFeatureBits().count();
    found.push_back({features, std::move(*one)});
  }
  // Order by vector width first, then by the number of features.
  sort(found, [](auto &a, auto &b) {
    return std::tuple(a.second.vectorBits, a.first, a.second.cpu) <
           std::tuple(b.second.vectorBits, b.first, b.second.cpu);
  });
  std::vector<Processor> result;
  for (auto &[features, processor] : found)
    result.push_back(std::move(processor));
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
