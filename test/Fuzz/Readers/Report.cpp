//===- Report.cpp - What readers say of mutated files ---------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Report.h"
#include "dlc/Driver/Pipelines.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/Hashing.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Regex.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Support/xxhash.h"
#include <cstdlib>
#include <fcntl.h>
#include <memory>
#include <set>
#include <sys/mman.h>
#include <unistd.h>

using namespace mlir;
using llvm::StringRef;

namespace dlc::fuzz {

static constexpr int renewal = 500;
static std::unique_ptr<MLIRContext> current;
static int uses = 0;

MLIRContext &context() {
  if (!current || ++uses % renewal == 0) {
    DialectRegistry registry;
    registerDialects(registry);
    current.reset();
    current = std::make_unique<MLIRContext>(registry,
                                            MLIRContext::Threading::DISABLED);
    current->printOpOnDiagnostic(false);
  }
  return *current;
}

/// What libFuzzer takes for coverage beside that of code: kinds of messages,
/// and ops with the types of their results. It leads where nothing is
/// instrumented.
__attribute__((
    used,
    section("__libfuzzer_extra_counters"))) volatile uint8_t features[1 << 16];

static void feature(llvm::hash_code code) {
  features[size_t(code) % std::size(features)] = 1;
}

/// A message without what differs from file to file.
static std::string kindOf(StringRef message) {
  std::string kind;
  bool inQuotes = false;
  for (char c : message.take_front(160)) {
    inQuotes ^= c == '\'';
    if (!inQuotes)
      kind += llvm::isDigit(c) ? '0' : c;
  }
  return kind;
}

/// Messages of passes that gave up, not of a reader.
static bool isInternal(StringRef message) {
  static const llvm::Regex internal(
      "failed to legalize|unrealized_conversion_cast|[Aa]ssertion|"
      "UNREACHABLE");
  return internal.match(message);
}

void keep(StringRef what, StringRef input, StringRef suffix) {
  static std::set<std::string> known;
  std::string kind = kindOf(what);
  const char *folder = std::getenv("DLC_FUZZ_FINDINGS");
  if (!folder || known.size() > 50 || !known.insert(kind).second)
    return;
  llvm::sys::fs::create_directories(folder);
  std::string path = (folder + llvm::Twine("/message-") +
                      llvm::Twine(llvm::hash_value(StringRef(kind))) + suffix)
                         .str();
  std::error_code code;
  llvm::raw_fd_ostream file(path, code);
  if (!code)
    file << input;
  llvm::errs() << "finding: " << what << "\n  " << path << "\n";
}

Listener::Listener(StringRef input, StringRef suffix)
    : input(input), suffix(suffix) {
  handler = context().getDiagEngine().registerHandler([this](Diagnostic &d) {
    if (d.getSeverity() == DiagnosticSeverity::Error)
      hear(d.str());
    return success();
  });
}

Listener::~Listener() { current->getDiagEngine().eraseHandler(handler); }

void Listener::hear(StringRef message) {
  ++errors;
  feature(llvm::hash_value(kindOf(message)));
  if (isInternal(message))
    keep(message, input, suffix);
}

void Listener::silent() { keep("refused without a message", input, suffix); }

void hearRefusal(StringRef message, StringRef input, StringRef suffix) {
  if (message.empty())
    return keep("refused without a message", input, suffix);
  feature(llvm::hash_value(kindOf(message)));
}

/// Files and those accepted, in a file that the processes of a campaign share.
static int64_t *counters() {
  static int64_t own[2];
  const char *path = std::getenv("DLC_FUZZ_COUNTS");
  int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (file < 0)
    return own;
  void *shared =
      mmap(nullptr, sizeof own, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  return shared == MAP_FAILED ? own : static_cast<int64_t *>(shared);
}

void count(bool isAccepted) {
  static int64_t *const shared = counters();
  ++shared[0];
  shared[1] += isAccepted;
}

/// Named by its content: the same file again is the same file.
static void sample(StringRef input, StringRef suffix) {
  static const char *const folder = std::getenv("DLC_FUZZ_ACCEPTED");
  static const char *const every = std::getenv("DLC_FUZZ_SAMPLE");
  if (!folder)
    return;
  uint64_t hash = llvm::xxHash64(input);
  if (hash % (every ? std::max(std::atoi(every), 1) : 1))
    return;
  std::error_code code;
  llvm::raw_fd_ostream file(
      (folder + llvm::Twine("/") + llvm::utohexstr(hash) + suffix).str(), code);
  if (!code)
    file << input;
}

int count(ModuleOp module, StringRef input, StringRef suffix) {
  count(bool(module));
  if (!module)
    return std::getenv("DLC_FUZZ_DEEP") ? -1 : 0;
  sample(input, suffix);
  module.walk([](Operation *op) {
    llvm::hash_code code = llvm::hash_value(op->getName().getStringRef());
    feature(code);
    for (Type type : op->getResultTypes())
      if (auto tensor = dyn_cast<RankedTensorType>(type))
        feature(llvm::hash_combine(
            code, tensor.getRank(), tensor.hasStaticShape(),
            tensor.getElementType().getTypeID().getAsOpaquePointer()));
  });
  return 0;
}

File::File(StringRef bytes) : descriptor(memfd_create("fuzz", MFD_CLOEXEC)) {
  std::snprintf(name, sizeof name, "/proc/self/fd/%d", descriptor);
  while (!bytes.empty()) {
    ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written <= 0)
      llvm::report_fatal_error("no memory for a file");
    bytes = bytes.drop_front(written);
  }
}

File::~File() { close(descriptor); }

} // namespace dlc::fuzz
