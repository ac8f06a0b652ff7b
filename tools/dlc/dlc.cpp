//===- dlc.cpp - The deep-learning compiler -------------------------------===//

#include "dlc/Driver/Compile.h"
#include "dlc/Import/ONNX.h"
#include "dlc/Support/CommandLine.h"
#include "dlc/Transforms/Training.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/WithColor.h"
#include <csignal>
#include <cstdlib>

using namespace llvm;
using dlc::Stage;

/// `loss (mse, mae, ...)`
static std::string withNames(StringRef word) {
  return (word + " (" + join(dlc::findTrainingWord(word)->names(), ", ") + ")")
      .str();
}

static std::string helpOfTraining() {
  return "Make a library that trains: beside the model's function it gets "
         "step, evaluate, initialize, save and load. Words of key=value "
         "follow: " +
         withNames("loss") + ", " + withNames("optimizer") + ", rate, " +
         withNames("metrics") +
         ", frozen (patterns of names), and more: --list-training-words";
}

int main(int argc, char **argv) {
  InitLLVM init(argc, argv);
  // A limit of the size of files is an error of writing, not the end.
  signal(SIGXFSZ, SIG_IGN);
  setBugReportMsg("dlc crashed; please report this with the model, and with "
                  "the file that --reproducer=crash.mlir writes.\n");
  dlc::forgetForeignOptions();
  cl::OptionCategory category("Options of dlc");
  cl::opt<std::string> input(cl::Positional,
                             cl::desc("<model.onnx, model.mlir, - for stdin>"),
                             cl::cat(category));
  cl::opt<std::string> output(
      "o",
      cl::desc("Where to write; the suffix (.so .o .a .s .ll .mlir) tells "
               "what. With a library, object or archive comes its header .h"),
      cl::value_desc("file"), cl::cat(category));
  cl::opt<Stage> emit(
      "emit", cl::desc("What to write, where the suffix does not tell:"),
      cl::init(Stage::Auto),
      cl::values(
          clEnumValN(Stage::DL, "dl", "the simplified model"),
          clEnumValN(Stage::Linalg, "linalg", "linalg on tensors"),
          clEnumValN(Stage::Vector, "vector", "tiles of vectors"),
          clEnumValN(Stage::LLVM, "llvm", "LLVM IR"),
          clEnumValN(Stage::Assembly, "asm", "assembly"),
          clEnumValN(Stage::Object, "obj", "an object file"),
          clEnumValN(Stage::Archive, "archive", "a static library"),
          clEnumValN(Stage::Library, "lib", "a shared library (default)")),
      cl::cat(category));
  cl::opt<std::string> cpu(
      "cpu",
      cl::desc("Processor to compile for: native (default) or a name, e.g. "
               "x86-64-v3 (AVX2), x86-64-v4 (AVX-512), znver4. Several with "
               "commas: the library takes the best that runs where it is "
               "loaded; portable is x86-64-v3,x86-64-v4"),
      cl::init("native"), cl::value_desc("names"), cl::cat(category));
  cl::opt<char> level(
      "O",
      cl::desc("0: plain loops, unoptimised; 1: plain loops; 2: tiles and "
               "vectors; 3: the same, LLVM at its best (default)"),
      cl::Prefix, cl::init('3'), cl::cat(category));
  cl::opt<bool> saveTemps(
      "save-temps", cl::desc("Keep the IR of every stage beside the output"),
      cl::cat(category));
  cl::opt<bool> timePasses("time-passes",
                           cl::desc("Print where compile time went"),
                           cl::cat(category));
  cl::opt<bool> verifyEach(
      "verify-each",
      cl::desc("Verify the IR behind each pass, not behind each stage alone"),
      cl::cat(category));
  cl::opt<std::string> reproducer(
      "reproducer",
      cl::desc("Where a pass fails or crashes, write the IR before it and the "
               "pass: dlc-opt --run-reproducer <file.mlir> repeats it"),
      cl::value_desc("file.mlir"), cl::cat(category));
  cl::opt<bool> report(
      "report",
      cl::desc("Print the layers with their weights and connections, and the "
               "fused loop nests with their operations, bytes and tiles"),
      cl::cat(category));
  cl::opt<dlc::Precision> precision(
      "precision", cl::desc("How products of f32 with constants are computed:"),
      cl::init(dlc::Precision::F32),
      cl::values(
          clEnumValN(dlc::Precision::F32, "f32", "as the model says (default)"),
          clEnumValN(dlc::Precision::BF16, "bf16",
                     "operands rounded to bf16 (8 bits of precision), "
                     "sums in f32")),
      cl::cat(category));
  cl::opt<unsigned> unroll(
      "unroll",
      cl::desc("Steps of a recurrent layer that one iteration of its loop "
               "takes, where their number is known and a multiple (default 1)"),
      cl::value_desc("n"), cl::init(1), cl::cat(category));
  cl::opt<bool> fastMath(
      "fast-math",
      cl::desc("Compute tanh and erf of f32 within 5 units in the last place "
               "instead of 2, in less time"),
      cl::cat(category));
  cl::opt<std::string> tuning(
      "tune",
      cl::desc(
          "Choose the tiles of products by measuring on this machine; what "
          "was best is kept in the file (default dlc/tuning.json in the "
          "user's cache folder)"),
      cl::ValueOptional, cl::value_desc("file"), cl::cat(category));
  cl::opt<bool> profile("profile",
                        cl::desc("Make a library that can tell how long each "
                                 "loop nest takes (dlc-run --profile)"),
                        cl::cat(category));
  cl::opt<std::string> weights(
      "weights",
      cl::desc(
          "Put the weights into this file in the safetensors format instead "
          "of the library; processes share it. The library looks for it in "
          "its own folder"),
      cl::value_desc("file.safetensors"), cl::cat(category));
  std::string trainingHelp = helpOfTraining();
  cl::list<std::string> training("train", cl::desc(trainingHelp),
                                 cl::value_desc("key=value ..."),
                                 cl::cat(category));
  cl::opt<bool> listWords("list-training-words",
                          cl::desc("Print the words of --train, with what they "
                                   "take and their defaults"),
                          cl::cat(category));
  cl::opt<std::string> parameters(
      "parameters",
      cl::desc("Take the values of weights from this file, by name, as a "
               "training library saves them"),
      cl::value_desc("file.safetensors"), cl::cat(category));
  cl::opt<bool> checkFinite(
      "check-finite",
      cl::desc("Make a library whose calls end with the first op whose result "
               "is infinite or no number; slow, for finding it"),
      cl::cat(category));
  cl::opt<bool> checkBounds(
      "check-bounds",
      cl::desc("Make a library that checks every access to memory and ends a "
               "call before one outside of its buffer; slow, for finding "
               "defects of dlc"),
      cl::cat(category));
  cl::opt<bool> separateBuffers(
      "separate-buffers",
      cl::desc("Make a library that copies before every write and never uses "
               "memory again; slow, for finding defects of dlc"),
      cl::cat(category));
  cl::opt<std::string> recompute(
      "recompute", cl::ValueOptional,
      cl::desc("For derivatives of recurrent layers keep the states of every "
               "k-th step alone (without a number: of each) and compute the "
               "rest again; with a size (KiB, MiB, GiB): as much of recurrent "
               "and other layers as keeps no more than that"),
      cl::value_desc("k|size"), cl::cat(category));
  cl::opt<int64_t> truncate(
      "truncate",
      cl::desc("Propagate back through n steps of recurrent layers at most"),
      cl::value_desc("n"), cl::init(0), cl::cat(category));
  cl::list<std::string> dims(
      "dim",
      cl::desc("Fix a free extent of an ONNX model, by its name or its place: "
               "--dim batch=8, --dim image:0=8"),
      cl::value_desc("name=extent"), cl::cat(category));
  cl::opt<bool> nativeCode(
      "allow-native-code",
      cl::desc("Take a .mlir file of any dialect and attribute, with code and "
               "calls that the library will run unchecked; only for files that "
               "you trust as you trust a program"),
      cl::cat(category));
  cl::opt<bool> mlirOps("list-mlir-ops",
                        cl::desc("Print the ops that a .mlir file may hold, "
                                 "with how each is checked"),
                        cl::cat(category));
  cl::opt<bool> operators("list-onnx-operators",
                          cl::desc("Print the ONNX operators that are read, "
                                   "with their first and last opset"),
                          cl::cat(category));
  cl::opt<bool> verbose("v", cl::desc("Say what was written"),
                        cl::cat(category));
  cl::opt<bool> progress(
      "progress", cl::desc("Say on stderr which stage begins, a line each"),
      cl::cat(category));
  cl::HideUnrelatedOptions(category);
  cl::SetVersionPrinter([](raw_ostream &os) {
    os << "dlc " DLC_VERSION " with LLVM " LLVM_VERSION_STRING "\n";
  });
  // Options of the environment, but for those that are given here too.
  auto nameOf = [](StringRef word) { return word.ltrim('-').split('=').first; };
  SmallVector<StringRef> given, all{argv[0]};
  StringRef more = std::getenv("DLC_OPTIONS") ? std::getenv("DLC_OPTIONS") : "";
  more.split(given, ' ', -1, /*KeepEmpty=*/false);
  bool isTaken = true;
  for (StringRef word : given) {
    if (word.starts_with("-"))
      isTaken = none_of(ArrayRef(argv + 1, argc - 1), [&](StringRef other) {
        return other.starts_with("-") && nameOf(other) == nameOf(word);
      });
    if (isTaken)
      all.push_back(word);
  }
  all.append(argv + 1, argv + argc);
  // All words of key=value behind --train are its own.
  SmallVector<std::string> words;
  bool isTraining = false;
  for (auto [i, word] : enumerate(all)) {
    if (i && isTraining && !word.starts_with("-") && word.contains('='))
      words.push_back(("--train=" + word).str());
    else if (word == "--train" || word == "-train")
      isTraining = true;
    else {
      isTraining = word.starts_with("--train=") || word.starts_with("-train=");
      words.push_back(word.str());
    }
  }
  SmallVector<const char *> arguments;
  for (const std::string &word : words)
    arguments.push_back(word.c_str());
  dlc::parseCommandLine(
      arguments, "dlc",
      "dlc, the deep-learning compiler: a network in, a small C library out\n\n"
      "  dlc model.onnx -o model.so      writes model.so and model.h\n");
  if (level < '0' || level > '3') {
    WithColor::error(errs(), "dlc")
        << "unknown level -O" << char(level) << ", expected -O0 to -O3\n";
    return 1;
  }
  if (operators) {
    dlc::printONNXOperators(outs());
    return dlc::finishOutput("dlc", 0);
  }
  if (listWords) {
    dlc::printTrainingWords(outs());
    return dlc::finishOutput("dlc", 0);
  }
  if (mlirOps) {
    dlc::printAllowedOps(outs());
    return dlc::finishOutput("dlc", 0);
  }
  if (input.empty()) {
    WithColor::error(errs(), "dlc")
        << "no model given, expected a file (.onnx, .mlir) or -\n";
    return 1;
  }
  dlc::CompileOptions options;
  for (StringRef dim : dims) {
    auto [name, extent] = dim.rsplit('=');
    int64_t value;
    if (name.empty() || extent.getAsInteger(10, value) || value < 1) {
      WithColor::error(errs(), "dlc")
          << "--dim " << dim
          << " is not understood, expected a name and an extent of 1 or more, "
             "e.g. --dim batch=8\n";
      return 1;
    }
    options.dims.push_back({name.str(), value});
  }
  options.input = input;
  options.output = output;
  options.stage = emit;
  options.cpu = cpu;
  options.level = level - '0';
  options.saveTemps = saveTemps;
  options.timePasses = timePasses;
  options.verifyEach = verifyEach;
  options.reproducer = reproducer;
  options.report = report;
  options.profile = profile;
  options.fastMath = fastMath;
  options.unroll = unroll;
  options.tuning = tuning;
  if (tuning.getNumOccurrences() && tuning.empty()) {
    SmallString<128> path;
    if (!sys::path::cache_directory(path)) {
      WithColor::error(errs(), "dlc")
          << "there is no cache folder; name a file with --tune=\n";
      return 1;
    }
    sys::path::append(path, "dlc", "tuning.json");
    options.tuning = path.str();
  }
  options.precision = precision;
  options.verbose = verbose;
  options.progress = progress;
  options.training.assign(training.begin(), training.end());
  options.parameters = parameters;
  options.checkFinite = checkFinite;
  options.checkBounds = checkBounds;
  options.separateBuffers = separateBuffers;
  if (truncate < 0) {
    WithColor::error(errs(), "dlc")
        << "--truncate " << truncate << ", expected a number of steps\n";
    return 1;
  }
  options.recompute = recompute.getNumOccurrences() && recompute.empty()
                          ? std::string("1")
                          : recompute;
  options.truncate = truncate;
  options.weights = weights;
  options.allowNativeCode = nativeCode;
  return dlc::finishOutput("dlc", failed(dlc::compile(options)));
}
