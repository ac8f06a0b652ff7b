//===- fuzz-safetensors.cpp - Mutated .safetensors files ------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The three readers of the format: weights for a model (--parameters), the
// state of a library that learns, and a library's own file of weights. The
// model and the library have the same four tensors; what one reader takes and
// the other refuses is no finding, for each has tensors that it passes over.
//
//===----------------------------------------------------------------------===//

#include "Driver/Training.h"
#include "Mutate.h"
#include "Report.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/xxhash.h"
extern "C" {
#include "Runtime/Model.h"
}

using namespace mlir;
using namespace dlc::fuzz;
using llvm::StringRef;

//===----------------------------------------------------------------------===//
// A library with a state and a file of weights
//===----------------------------------------------------------------------===//

static const int64_t shapes[][2] = {{2, 3}, {4, 0}, {1, 0}, {0, 0}};
static const dlc_state states[] = {{"w", shapes[0], 2, DLC_F32},
                                   {"b", shapes[1], 1, DLC_F64},
                                   {"step", shapes[2], 0, DLC_I64},
                                   {"none", shapes[3], 1, DLC_I32}};
static const dlc_rt_place places[] = {
    {0, 24, 0}, {64, 32, -1}, {128, 8, -1}, {192, 0, -1}};
static const StringRef header =
    R"({"w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},)"
    R"("b":{"dtype":"F64","shape":[4],"data_offsets":[24,56]},)"
    R"("step":{"dtype":"I64","shape":[],"data_offsets":[56,64]},)"
    R"("none":{"dtype":"I32","shape":[0],"data_offsets":[64,64]}})";

/// The one file that is right to the byte.
static const std::string &rightFile() {
  static const std::string file = [] {
    std::string text(8, '\0');
    for (int i = 0; i < 8; ++i)
      text[i] = char(header.size() >> (8 * i));
    text += header;
    for (int i = 0; i < 64; ++i)
      text += char(i);
    return text;
  }();
  return file;
}

static const dlc_rt_weights_info weights = {
    nullptr, int64_t(rightFile().size()), int64_t(rightFile().size() - 64),
    llvm::xxHash64(rightFile())};
static dlc_library_info makeLibrary() {
  dlc_library_info info = {};
  info.size = sizeof info;
  info.abi_version = DLC_ABI_VERSION;
  info.name = info.producer = info.cpu = "fuzz";
  info.interface_hash = 42;
  info.weight_bytes = 64;
  info.weights_file = "fuzz.safetensors";
  info.state_count = std::size(states);
  info.states = states;
  return info;
}
static const dlc_library_info library = makeLibrary();
static const dlc_rt_version versions[] = {{"any", {}, nullptr}};

extern "C" const dlc_rt_model dlc_rt_this_model = {&library, versions, 1,
                                                   &weights, places,   192};

/// A context where the weights' file is this one.
static dlc_status create(dlc_context *&made, const char *path) {
  dlc_options options = {};
  options.size = sizeof options;
  options.threads = 1;
  options.weights = path;
  return dlc_rt_create(&made, &options, DLC_ABI_VERSION, 42);
}

static void checkWeights(StringRef bytes, const char *path) {
  dlc_context *made = nullptr;
  bool isTaken = create(made, path) == DLC_OK;
  if (isTaken != (bytes == rightFile()))
    keep(isTaken ? "other weights are taken" : "the right weights are refused",
         bytes, ".safetensors");
  if (!isTaken)
    hearRefusal(dlc_rt_error(made), bytes, ".safetensors");
  dlc_rt_destroy(made);
}

/// Takes the state of all the tensors or changes nothing.
static void checkState(StringRef bytes, const char *path) {
  static dlc_context *loaded = [] {
    dlc_context *made = nullptr;
    File file(rightFile());
    if (create(made, file.path()) != DLC_OK)
      llvm::report_fatal_error(dlc_rt_error(made));
    return made;
  }();
  auto get = [&] {
    std::string all(64, '\0');
    char *at = all.data();
    for (auto [state, place] : llvm::zip(states, places)) {
      if (dlc_rt_get(loaded, state.name, at, place.bytes) != DLC_OK)
        llvm::report_fatal_error(dlc_rt_error(loaded));
      at += place.bytes;
    }
    return all;
  };
  std::string before = get();
  if (dlc_rt_load(loaded, path) == DLC_OK)
    return count(true);
  hearRefusal(dlc_rt_error(loaded), bytes, ".safetensors");
  if (get() != before)
    keep("a refused file changes the state", bytes, ".safetensors");
  count(false);
}

//===----------------------------------------------------------------------===//
// A model that takes its weights from a file
//===----------------------------------------------------------------------===//

static const char *const model = R"mlir(
  ml_program.global private @w(dense<0.0> : tensor<2x3xf32>) : tensor<2x3xf32>
  ml_program.global private @b(dense<1.0> : tensor<4xf64>) : tensor<4xf64>
  ml_program.global private @step(dense<1> : tensor<i64>) : tensor<i64>
  ml_program.global private @none(dense<[]> : tensor<0xi32>) : tensor<0xi32>
  ml_program.global private @mask(dense<true> : tensor<16xi1>) : tensor<16xi1>
)mlir";

static void checkParameters(StringRef bytes, const char *path) {
  MLIRContext &mlir = context();
  OwningOpRef<ModuleOp> module =
      parseSourceString<ModuleOp>(model, ParserConfig(&mlir));
  Listener listener(bytes, ".safetensors");
  if (llvm::Error error = dlc::readParameters(*module, path))
    return hearRefusal(llvm::toString(std::move(error)), bytes, ".safetensors");
  for (auto global : module->getOps<ml_program::GlobalOp>())
    if (auto value = dyn_cast_if_present<DenseResourceElementsAttr>(
            global.getValueAttr())) {
      auto type = cast<RankedTensorType>(global.getType());
      int64_t size = llvm::divideCeil(type.getElementTypeBitWidth(), 8) *
                     type.getNumElements();
      AsmResourceBlob *blob = value.getRawHandle().getBlob();
      if (int64_t(blob ? blob->getData().size() : 0) != size)
        keep("a parameter of another size", bytes, ".safetensors");
    }
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size,
                                          size_t room, unsigned seed) {
  if (size == 0)
    return put(rightFile(), data, room);
  return mutateFramed(data, size, room, seed, {0, 8});
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  StringRef bytes(reinterpret_cast<const char *>(data), size);
  File file(bytes);
  checkWeights(bytes, file.path());
  checkState(bytes, file.path());
  checkParameters(bytes, file.path());
  return 0;
}
