//===- dlc-run.cpp - Run, compare and time a library ----------------------===//

#include "NpyFile.h"
#include "Profile.h"
#include "dlc/Runtime/abi.h"
#include "dlc/Support/CommandLine.h"
#include "dlc/Support/Suggest.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/WithColor.h"
#include "llvm/Support/raw_ostream.h"
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <dlfcn.h>
#include <new>
#include <random>
#include <unistd.h>

using namespace llvm;

static cl::OptionCategory category("Options of dlc-run");
static cl::opt<std::string> path(cl::Positional, cl::Required,
                                 cl::desc("<library.so>"), cl::cat(category));
static cl::opt<std::string>
    functionName("function",
                 cl::desc("Function to run (default: the only one)"),
                 cl::value_desc("name"), cl::cat(category));
static cl::list<std::string>
    inputs("input", cl::desc("A .npy file for the next input; repeat it"),
           cl::value_desc("file"), cl::cat(category));
static cl::opt<unsigned>
    seed("random",
         cl::desc("Fill the inputs without a file with numbers in [-1, 1) from "
                  "this seed"),
         cl::value_desc("seed"), cl::cat(category));
static cl::opt<int64_t>
    freeExtent("extent", cl::desc("Free extents of random inputs (default 1)"),
               cl::init(1), cl::value_desc("n"), cl::cat(category));
static cl::list<std::string>
    outputs("output",
            cl::desc("Where to write the next output (.npy); repeat it"),
            cl::value_desc("file"), cl::cat(category));
static cl::list<std::string>
    expected("expect", cl::desc("A .npy file to compare the next output with"),
             cl::value_desc("file"), cl::cat(category));
static cl::opt<double>
    tolerance("tolerance",
              cl::desc("Largest error relative to max(1, |expected|) (1e-5)"),
              cl::init(1e-5), cl::cat(category));
static cl::opt<bool> print("print", cl::desc("Print the outputs"),
                           cl::cat(category));
static cl::opt<unsigned>
    repeat("repeat", cl::desc("Time this many calls after one warm-up"),
           cl::value_desc("n"), cl::cat(category));

static cl::opt<bool>
    verbose("v",
            cl::desc("Say for which of its processors the library runs here"),
            cl::cat(category));
static cl::opt<bool>
    profile("profile",
            cl::desc("Print how long each fused loop nest takes: the median of "
                     "--repeat calls (default 20). The library must have been "
                     "compiled with dlc --profile"),
            cl::cat(category));
static cl::opt<std::string>
    trace("trace",
          cl::desc("With --profile: write the last call as a timeline in the "
                   "Chrome trace format (chrome://tracing, Perfetto)"),
          cl::value_desc("file.json"), cl::cat(category));

[[noreturn]] static void fail(const Twine &message) {
  WithColor::error(errs(), "dlc-run") << message << "\n";
  std::exit(1);
}

template <typename T> static T orFail(Expected<T> value) {
  if (!value)
    fail(toString(value.takeError()));
  return std::move(*value);
}

static StringRef elementName(int element) {
  static constexpr StringLiteral names[] = {
      "?",         "f16",      "bf16",     "f32",        "f64",    "bool",
      "i32",       "i64",      "i8",       "i16",        "u8",     "u16",
      "u32",       "u64",      "f8e4m3fn", "f8e4m3fnuz", "f8e5m2", "f8e5m2fnuz",
      "f8e8m0fnu", "f4e2m1fn", "i4",       "u4",         "i2",     "u2"};
  return names[element];
}

static std::string describe(const dlc_argument &argument) {
  std::string text =
      (argument.name + StringRef(": ") + elementName(argument.element) + " [")
          .str();
  for (int32_t d = 0; d < argument.rank; ++d)
    text += (d ? ", " : "") + (argument.shape[d] == -2 ? std::string("*")
                               : argument.shape[d] < 0
                                   ? std::string("?")
                                   : std::to_string(argument.shape[d]));
  return text + "]";
}

static void list(const dlc_library_info &library) {
  outs() << library.name << " by " << library.producer << ", for "
         << library.cpu << ", " << library.weight_bytes
         << " bytes of weights\n";
  for (int32_t i = 0; i < library.function_count; ++i) {
    const dlc_function &f = library.functions[i];
    outs() << "  " << f.name << "(";
    for (int32_t a = 0; a < f.inputs; ++a)
      outs() << (a ? ", " : "") << describe(f.arguments[a]);
    outs() << ") -> ";
    for (int32_t a = 0; a < f.outputs; ++a)
      outs() << (a ? ", " : "") << describe(f.arguments[f.inputs + a]);
    outs() << "\n";
  }
}

/// Memory for an array, as far as there can be.
static Array makeArray(const dlc_argument &argument,
                       std::vector<int64_t> shape) {
  int64_t bytes = elementBytes(argument.element);
  bool overflows = false;
  for (int64_t extent : shape)
    overflows |= MulOverflow(bytes, extent, bytes);
  int64_t memory = sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
  if (overflows || bytes > memory) {
    std::string text;
    raw_string_ostream os(text);
    interleaveComma(shape, os);
    fail("'" + Twine(argument.name) + "' of shape [" + text +
         "] takes more memory than this machine has, " + Twine(memory) +
         " bytes");
  }
  return Array(argument.element, std::move(shape));
}

static Array randomArray(const dlc_argument &argument,
                         std::mt19937 &generator) {
  std::vector<int64_t> shape;
  for (int32_t d = 0; d < argument.rank; ++d)
    shape.push_back(argument.shape[d] < 0 ? freeExtent : argument.shape[d]);
  Array array = makeArray(argument, std::move(shape));
  std::uniform_real_distribution<double> numbers(-1, 1);
  bool integers =
      argument.element >= DLC_BOOL &&
      (argument.element < DLC_F8E4M3FN || argument.element > DLC_F4E2M1FN);
  for (int64_t i = 0, n = array.count(); i < n; ++i) {
    double value = numbers(generator);
    array.set(i, integers ? std::floor(value * 2) + 1 : value);
  }
  return array;
}

static void printArray(StringRef name, const Array &array) {
  outs() << name << ": " << elementName(array.element) << " [";
  interleaveComma(array.shape, outs());
  outs() << "]\n";
  int64_t row = array.shape.empty() ? 1 : array.shape.back();
  int64_t n = array.count(), shown = std::min<int64_t>(n, 1000);
  for (int64_t i = 0; i < shown; ++i)
    outs() << (i % row ? " " : "  ") << format("%g", array.get(i))
           << (i % row == row - 1 || i + 1 == shown ? "\n" : "");
  if (shown < n)
    outs() << "  ... " << n - shown << " more\n";
}

static bool compare(StringRef name, const Array &got, const Array &wanted) {
  if (got.shape != wanted.shape)
    fail("output '" + name + "' has another shape than what is expected");
  double worst = 0;
  int64_t where = 0;
  for (int64_t i = 0, n = got.count(); i < n; ++i) {
    double g = got.get(i), w = wanted.get(i);
    double error = g == w || (std::isnan(g) && std::isnan(w))
                       ? 0
                       : std::abs(g - w) / std::max(1.0, std::abs(w));
    if (!(error <= worst)) {
      worst = error;
      where = i;
    }
  }
  bool equal = worst <= tolerance;
  outs() << name << ": largest error "
         << format("%e at element %lld (%g, expected %g)", worst,
                   (long long)where, got.get(where), wanted.get(where))
         << (equal ? ": within tolerance\n" : ": TOO LARGE\n");
  return equal;
}

int main(int argc, char **argv) {
  InitLLVM init(argc, argv);
  std::set_new_handler([] { fail("out of memory"); });
  // LLVM has an option of this name for itself.
  auto &registered = cl::getRegisteredOptions();
  if (auto foreign = registered.find("threads"); foreign != registered.end())
    foreign->second->removeArgument();
  cl::opt<int> threads("threads", cl::desc("Threads at most (0: all)"),
                       cl::init(0), cl::value_desc("n"), cl::cat(category));
  cl::HideUnrelatedOptions(category);
  dlc::parseCommandLine(
      ArrayRef<const char *>(argv, argc), "dlc-run",
      "dlc-run: runs a library made by dlc\n\n"
      "  dlc-run model.so                       lists its functions\n"
      "  dlc-run model.so --input x.npy --print\n"
      "  dlc-run model.so --random 1 --repeat 100\n"
      "  dlc-run model.so --profile --trace model.json\n");
  if (freeExtent < 0)
    fail("--extent=" + Twine(freeExtent) + ", expected 0 or more");
  // Without a slash dlopen would search the system's folders.
  std::string file = StringRef(path).contains('/') ? path : "./" + path;
  void *handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle)
    fail(dlerror());
  auto entry = reinterpret_cast<const dlc_library_info *(*)()>(
      dlsym(handle, "dlc_library"));
  if (!entry)
    fail("'" + path + "' was not made by dlc: it has no dlc_library");
  const dlc_library_info *table = entry();
  if (table->abi_version != DLC_ABI_VERSION)
    fail("'" + path + "' speaks version " + Twine(table->abi_version) +
         " of the interface, this program version " + Twine(DLC_ABI_VERSION));
  // An older library's table is shorter: what it lacks is zero.
  dlc_library_info library = {};
  memcpy(&library, table, std::min(table->size, sizeof library));
  if (!trace.empty() && !profile)
    fail("--trace writes what --profile measures: give both");
  if (profile && !library.region_count)
    fail("'" + path +
         "' cannot tell how long its parts take: compile it with "
         "dlc --profile");
  bool wantsRun = profile || !inputs.empty() || seed.getNumOccurrences() ||
                  repeat || !outputs.empty() || !expected.empty() || print;
  if (!wantsRun) {
    list(library);
    return dlc::finishOutput("dlc-run", 0);
  }

  int32_t number = -1;
  for (int32_t i = 0; i < library.function_count; ++i)
    if (library.functions[i].name == functionName ||
        (functionName.empty() && library.function_count == 1))
      number = i;
  if (number < 0) {
    list(library);
    SmallVector<StringRef> names;
    for (int32_t i = 0; i < library.function_count; ++i)
      names.push_back(library.functions[i].name);
    fail(functionName.empty()
             ? Twine("which function? name one with --function")
             : "there is no function '" + functionName + "'" +
                   dlc::suggestName(functionName, names));
  }
  const dlc_function &function = library.functions[number];
  if (int64_t(inputs.size()) > function.inputs)
    fail(Twine(inputs.size()) + " inputs given, '" + function.name + "' has " +
         Twine(function.inputs));
  std::mt19937 generator(seed);
  std::vector<Array> in, out;
  for (int32_t i = 0; i < function.inputs; ++i) {
    const dlc_argument &argument = function.arguments[i];
    if (i < int64_t(inputs.size())) {
      in.push_back(orFail(readNpy(inputs[i])));
      // NumPy has no name for bf16 and the small floats: bytes stand for them.
      if (standsFor(in.back().element, argument.element))
        in.back().element = argument.element;
    } else if (seed.getNumOccurrences() || repeat || profile) {
      in.push_back(randomArray(argument, generator));
    } else {
      fail("no --input for '" + Twine(argument.name) + "', nor --random");
    }
  }
  dlc_context *context = nullptr;
  dlc_options options = {};
  options.size = sizeof options;
  options.threads = threads;
  auto check = [&](dlc_status status) {
    if (status != DLC_OK)
      fail(library.error(context));
  };
  check(library.create(&context, &options, DLC_ABI_VERSION,
                       library.interface_hash));
  if (verbose)
    outs() << "on " << library.processor(context) << ", up to "
           << library.threads(context) << " threads\n";
  auto describeAll = [](std::vector<Array> &arrays) {
    std::vector<dlc_tensor> tensors;
    for (Array &array : arrays)
      tensors.push_back({array.data(), array.shape.data(),
                         int32_t(array.shape.size()), array.element});
    return tensors;
  };
  std::vector<dlc_tensor> inTensors = describeAll(in);
  std::vector<std::vector<int64_t>> shapes;
  std::vector<int64_t *> shapePointers;
  for (int32_t i = 0; i < function.outputs; ++i)
    shapes.emplace_back(function.arguments[function.inputs + i].rank);
  for (auto &shape : shapes)
    shapePointers.push_back(shape.data());
  check(
      library.shapes(context, number, inTensors.data(), shapePointers.data()));
  for (int32_t i = 0; i < function.outputs; ++i) {
    for (int64_t &extent : shapes[i])
      extent = std::max<int64_t>(extent, 0); // computed by the call
    out.push_back(
        makeArray(function.arguments[function.inputs + i], shapes[i]));
  }
  std::vector<dlc_tensor> outTensors = describeAll(out);
  check(library.call(context, number, inTensors.data(), outTensors.data()));
  for (int32_t i = 0; i < function.outputs; ++i) {
    const dlc_argument &argument = function.arguments[function.inputs + i];
    if (outTensors[i].data == out[i].data())
      continue;
    std::vector<int64_t> shape(outTensors[i].shape,
                               outTensors[i].shape + argument.rank);
    out[i] = makeArray(argument, shape);
    memcpy(out[i].data(), outTensors[i].data,
           out[i].count() * elementBytes(argument.element));
  }

  if (profile) {
    auto call = [&] {
      check(library.call(context, number, inTensors.data(), outTensors.data()));
    };
    Profile measured =
        measureProfile(library, context, call, repeat ? repeat : 20u);
    printProfile(measured, library, outs());
    if (!trace.empty())
      if (Error error = writeTrace(measured, library, trace))
        fail(toString(std::move(error)));
  } else if (repeat) {
    std::vector<double> times;
    for (unsigned i = 0; i < repeat; ++i) {
      auto begin = std::chrono::steady_clock::now();
      check(library.call(context, number, inTensors.data(), outTensors.data()));
      times.push_back(std::chrono::duration<double, std::micro>(
                          std::chrono::steady_clock::now() - begin)
                          .count());
    }
    llvm::sort(times);
    auto at = [&](double q) { return times[size_t(q * (times.size() - 1))]; };
    outs() << formatv(
        "{0}: {1} calls on up to {2} threads, microseconds: median "
        "{3:f2}, 10 % {4:f2}, 90 % {5:f2}, least {6:f2}\n",
        function.name, times.size(), library.threads(context), at(0.5), at(0.1),
        at(0.9), times.front());
  }
  bool equal = true;
  for (auto [i, array] : enumerate(out)) {
    StringRef name = function.arguments[function.inputs + i].name;
    if (print)
      printArray(name, array);
    if (i < outputs.size())
      if (Error error = writeNpy(outputs[i], array))
        fail(toString(std::move(error)));
    if (i < expected.size())
      equal &= compare(name, array, orFail(readNpy(expected[i])));
  }
  library.destroy(context);
  return dlc::finishOutput("dlc-run", equal ? 0 : 1);
}
