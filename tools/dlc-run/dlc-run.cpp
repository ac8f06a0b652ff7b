//===- dlc-run.cpp - Run, compare and time a library ----------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "NpyFile.h"
#include "Profile.h"
#include "dlc/Runtime/abi.h"
#include "dlc/Support/CommandLine.h"
#include "dlc/Support/Format.h"
#include "dlc/Support/Suggest.h"
#include "llvm/ADT/SmallVectorExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"

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
#include <optional>
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

static std::optional<cl::opt<int>> threads;

/// LLVM has an option of this name for itself, which has to go first.
static void addThreads() {
  auto &registered = cl::getRegisteredOptions();
  if (auto foreign = registered.find("threads"); foreign != registered.end())
    foreign->second->removeArgument();
  threads.emplace("threads", cl::desc("Threads at most (0: all)"), cl::init(0),
                  cl::value_desc("n"), cl::cat(category));
}

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

/// `x: f32 [?, 2]`
static std::string describe(const dlc_argument &argument) {
  auto extents =
      map_range(ArrayRef(argument.shape, argument.rank), [](int64_t extent) {
        return extent == -2 ? std::string("*")
               : extent < 0 ? std::string("?")
                            : fmt::format(FMT_STRING("{}"), extent);
      });
  return fmt::format(FMT_STRING("{}: {} [{}]"), argument.name,
                     elementName(argument.element), join(extents, ", "));
}

static void list(const dlc_library_info &library) {
  dlc::print(outs(), FMT_STRING("{} by {}, for {}, {} bytes of weights\n"),
             library.name, library.producer, library.cpu, library.weight_bytes);
  for (int32_t i = 0; i < library.function_count; ++i) {
    const dlc_function &f = library.functions[i];
    auto texts =
        map_to_vector(ArrayRef(f.arguments, f.inputs + f.outputs), describe);
    dlc::print(outs(), FMT_STRING("  {}({}) -> {}\n"), f.name,
               join(ArrayRef(texts).take_front(f.inputs), ", "),
               join(ArrayRef(texts).drop_front(f.inputs), ", "));
  }
}

/// `2, 3`
static std::string joined(ArrayRef<int64_t> extents) {
  return fmt::format(FMT_STRING("{}"),
                     fmt::join(extents.begin(), extents.end(), ", "));
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
    fail(fmt::format(FMT_STRING("'{}' of shape [{}] takes more memory than "
                                "this machine has, {} bytes"),
                     argument.name, joined(shape), memory));
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
  dlc::print(outs(), FMT_STRING("{}: {} [{}]\n"), name,
             elementName(array.element), joined(array.shape));
  int64_t row = array.shape.empty() ? 1 : array.shape.back();
  int64_t n = array.count(), shown = std::min<int64_t>(n, 1000);
  for (int64_t i = 0; i < shown; ++i)
    dlc::print(outs(), FMT_STRING("{}{:g}{}"), i % row ? " " : "  ",
               array.get(i), i % row == row - 1 || i + 1 == shown ? "\n" : "");
  if (shown < n)
    dlc::print(outs(), FMT_STRING("  ... {} more\n"), n - shown);
}

static bool compare(StringRef name, const Array &got, const Array &wanted) {
  if (got.shape != wanted.shape)
    fail(fmt::format(
        FMT_STRING("output '{}' has another shape than what is expected"),
        name));
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
  dlc::print(outs(),
             FMT_STRING("{}: largest error {:e} at element {} ({:g}, expected "
                        "{:g}): {}\n"),
             name, worst, where, got.get(where), wanted.get(where),
             equal ? "within tolerance" : "TOO LARGE");
  return equal;
}

/// A library's table, as far as it and this program know of it.
static dlc_library_info openLibrary() {
  // Without a slash dlopen would search the system's folders.
  std::string file = StringRef(path).contains('/') ? path : "./" + path;
  void *handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle)
    fail(dlerror());
  auto entry = reinterpret_cast<const dlc_library_info *(*)()>(
      dlsym(handle, "dlc_library"));
  if (!entry)
    fail(fmt::format(
        FMT_STRING("'{}' was not made by dlc: it has no dlc_library"),
        path.getValue()));
  const dlc_library_info *table = entry();
  if (table->abi_version != DLC_ABI_VERSION)
    fail(fmt::format(FMT_STRING("'{}' speaks version {} of the interface, this "
                                "program version {}"),
                     path.getValue(), table->abi_version, DLC_ABI_VERSION));
  // An older library's table is shorter: what it lacks is zero.
  dlc_library_info library = {};
  memcpy(&library, table, std::min(table->size, sizeof library));
  return library;
}

/// The number of the function that is meant.
static int32_t chooseFunction(const dlc_library_info &library) {
  int32_t number = -1;
  for (int32_t i = 0; i < library.function_count; ++i)
    if (library.functions[i].name == functionName ||
        (functionName.empty() && library.function_count == 1))
      number = i;
  if (number >= 0)
    return number;
  list(library);
  SmallVector<StringRef> names;
  for (int32_t i = 0; i < library.function_count; ++i)
    names.push_back(library.functions[i].name);
  if (functionName.empty())
    fail("which function? name one with --function");
  fail(fmt::format(FMT_STRING("there is no function '{}'{}"),
                   functionName.getValue(),
                   dlc::suggestName(functionName, names)));
}

namespace {

/// One function with its inputs and outputs, in a context of its own.
class Run {
public:
  Run(const dlc_library_info &library, int32_t number)
      : library(library), number(number), function(library.functions[number]) {
    readInputs();
    dlc_options options = {};
    options.size = sizeof options;
    options.threads = *threads;
    check(library.create(&context, &options, DLC_ABI_VERSION,
                         library.interface_hash));
    if (verbose)
      dlc::print(outs(), FMT_STRING("on {}, up to {} threads\n"),
                 library.processor(context), library.threads(context));
    makeOutputs();
  }
  ~Run() { library.destroy(context); }

  void call() {
    check(library.call(context, number, inTensors.data(), outTensors.data()));
  }

  /// Takes over the outputs whose memory is the library's.
  void takeComputed() {
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
  }

  void printParts() {
    Profile measured = measureProfile(
        library, context, [&] { call(); }, repeat ? repeat : 20u);
    printProfile(measured, library, outs());
    if (!trace.empty())
      if (Error error = writeTrace(measured, library, trace))
        fail(toString(std::move(error)));
  }

  void printTimes() {
    std::vector<double> times;
    for (unsigned i = 0; i < repeat; ++i) {
      auto begin = std::chrono::steady_clock::now();
      call();
      times.push_back(std::chrono::duration<double, std::micro>(
                          std::chrono::steady_clock::now() - begin)
                          .count());
    }
    llvm::sort(times);
    auto at = [&](double q) { return times[size_t(q * (times.size() - 1))]; };
    dlc::print(outs(),
               FMT_STRING("{}: {} calls on up to {} threads, microseconds: "
                          "median {:.2f}, 10 % {:.2f}, 90 % {:.2f}, least "
                          "{:.2f}\n"),
               function.name, times.size(), library.threads(context), at(0.5),
               at(0.1), at(0.9), times.front());
  }

  /// Prints, writes and compares the outputs; whether they are as expected.
  bool finish() {
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
    return equal;
  }

private:
  void check(dlc_status status) {
    if (status != DLC_OK)
      fail(library.error(context));
  }

  void readInputs() {
    if (int64_t(inputs.size()) > function.inputs)
      fail(fmt::format(FMT_STRING("{} inputs given, '{}' has {}"),
                       inputs.size(), function.name, function.inputs));
    std::mt19937 generator(seed);
    for (int32_t i = 0; i < function.inputs; ++i) {
      const dlc_argument &argument = function.arguments[i];
      if (i < int64_t(inputs.size())) {
        in.push_back(orFail(readNpy(inputs[i])));
        // NumPy has no name for bf16 and the small floats: bytes stand for
        // them.
        if (standsFor(in.back().element, argument.element))
          in.back().element = argument.element;
      } else if (seed.getNumOccurrences() || repeat || profile) {
        in.push_back(randomArray(argument, generator));
      } else {
        fail(fmt::format(FMT_STRING("no --input for '{}', nor --random"),
                         argument.name));
      }
    }
    inTensors = describeAll(in);
  }

  /// Outputs of the shapes that follow from the inputs.
  void makeOutputs() {
    std::vector<std::vector<int64_t>> shapes;
    std::vector<int64_t *> pointers;
    for (int32_t i = 0; i < function.outputs; ++i)
      shapes.emplace_back(function.arguments[function.inputs + i].rank);
    for (auto &shape : shapes)
      pointers.push_back(shape.data());
    check(library.shapes(context, number, inTensors.data(), pointers.data()));
    for (int32_t i = 0; i < function.outputs; ++i) {
      for (int64_t &extent : shapes[i])
        extent = std::max<int64_t>(extent, 0); // computed by the call
      out.push_back(
          makeArray(function.arguments[function.inputs + i], shapes[i]));
    }
    outTensors = describeAll(out);
  }

  static std::vector<dlc_tensor> describeAll(std::vector<Array> &arrays) {
    std::vector<dlc_tensor> tensors;
    for (Array &array : arrays)
      tensors.push_back({array.data(), array.shape.data(),
                         int32_t(array.shape.size()), array.element});
    return tensors;
  }

  const dlc_library_info &library;
  int32_t number;
  const dlc_function &function;
  dlc_context *context = nullptr;
  std::vector<Array> in, out;
  std::vector<dlc_tensor> inTensors, outTensors;
};

} // namespace

int main(int argc, char **argv) {
  InitLLVM init(argc, argv);
  std::set_new_handler([] { fail("out of memory"); });
  addThreads();
  cl::HideUnrelatedOptions(category);
  dlc::parseCommandLine(
      ArrayRef<const char *>(argv, argc), "dlc-run",
      "dlc-run: runs a library made by dlc\n\n"
      "  dlc-run model.so                       lists its functions\n"
      "  dlc-run model.so --input x.npy --print\n"
      "  dlc-run model.so --random 1 --repeat 100\n"
      "  dlc-run model.so --profile --trace model.json\n");
  if (freeExtent < 0)
    fail(fmt::format(FMT_STRING("--extent={}, expected 0 or more"),
                     freeExtent.getValue()));
  dlc_library_info library = openLibrary();
  if (!trace.empty() && !profile)
    fail("--trace writes what --profile measures: give both");
  if (profile && !library.region_count)
    fail(fmt::format(FMT_STRING("'{}' cannot tell how long its parts take: "
                                "compile it with dlc --profile"),
                     path.getValue()));
  bool wantsRun = profile || !inputs.empty() || seed.getNumOccurrences() ||
                  repeat || !outputs.empty() || !expected.empty() || print;
  if (!wantsRun) {
    list(library);
    return dlc::finishOutput("dlc-run", 0);
  }
  Run run(library, chooseFunction(library));
  run.call();
  run.takeComputed();
  if (profile)
    run.printParts();
  else if (repeat)
    run.printTimes();
  return dlc::finishOutput("dlc-run", run.finish() ? 0 : 1);
}
