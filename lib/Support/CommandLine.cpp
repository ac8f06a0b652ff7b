//===- CommandLine.cpp - Arguments, and what is wrong with them -----------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Support/CommandLine.h"
#include "dlc/Support/Format.h"
#include "dlc/Support/Suggest.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/WithColor.h"
#include "llvm/Support/raw_ostream.h"
#include <cstdlib>
#include <sys/mman.h>
#include <unistd.h>

using namespace llvm;

namespace dlc {

void forgetForeignOptions() {
  SmallVector<cl::Option *> foreign;
  for (auto &entry : cl::getRegisteredOptions())
    foreign.push_back(entry.second);
  for (cl::Option *option : foreign)
    if (!option->ArgStr.starts_with("help") && option->ArgStr != "version")
      option->removeArgument();
}

/// Every word that names no option, with the option that was meant.
static unsigned reportUnknown(ArrayRef<const char *> arguments,
                              StringRef tool) {
  SmallVector<StringRef> known;
  for (auto &entry : cl::getRegisteredOptions())
    if (entry.second->getOptionHiddenFlag() == cl::NotHidden)
      known.push_back(entry.first);
  llvm::sort(known);
  unsigned count = 0;
  bool isValue = false;
  for (StringRef argument : arguments.drop_front()) {
    if (std::exchange(isValue, false))
      continue;
    if (argument == "--")
      break;
    if (argument.size() < 2 || argument[0] != '-')
      continue;
    StringRef name = argument.ltrim('-').split('=').first;
    auto &all = cl::getRegisteredOptions();
    if (auto found = all.find(name); found != all.end()) {
      isValue = !argument.contains('=') &&
                found->second->getValueExpectedFlag() == cl::ValueRequired;
      continue;
    }
    bool isPrefixed = any_of(all, [&](auto &entry) {
      return entry.second->getFormattingFlag() == cl::Prefix &&
             name.starts_with(entry.first);
    });
    if (isPrefixed)
      continue;
    ++count;
    std::string meant = suggestName(name, known, "--");
    // Options of one letter have one dash.
    if (size_t at = meant.find("--");
        at != std::string::npos && meant.size() == at + 4)
      meant.erase(at, 1);
    print(WithColor::error(errs(), tool),
          FMT_STRING("there is no option '{}'{}\n"),
          argument.substr(0, argument.find('=')),
          meant.empty() ? fmt::format(FMT_STRING("; see {} --help"), tool)
                        : meant);
  }
  return count;
}

/// One line of LLVM's about an option, in this program's words:
/// `program: for the --x option: 'y' value invalid for uint argument!`.
static void reportLine(StringRef line, StringRef program, StringRef tool) {
  line.consume_front(program);
  line.consume_front(sys::path::filename(program));
  line = line.ltrim(": ");
  if (line.empty())
    return;
  raw_ostream &os = WithColor::error(errs(), tool);
  StringRef rest = line;
  if (rest.consume_front("for the ")) {
    auto [option, problem] = rest.split(" option: ");
    auto [before, quoted] = problem.split('\'');
    StringRef value = quoted.split('\'').first;
    if (problem.contains("invalid") || problem.contains("Cannot find option"))
      print(os, FMT_STRING("{}: '{}' is not understood; see {} --help\n"),
            option, value, tool);
    else
      print(os, FMT_STRING("{}: {}\n"), option, problem.rtrim("!."));
    return;
  }
  line = line.take_front(line.find(" See: ")).take_front(line.find("  Try: "));
  print(os, FMT_STRING("{}{}\n"), llvm::toLower(line.front()),
        line.drop_front().rtrim("!.:"));
}

void parseCommandLine(ArrayRef<const char *> arguments, StringRef tool,
                      StringRef overview) {
  // Before LLVM ends the program with words of its own.
  if (reportUnknown(arguments, tool))
    std::exit(1);
  std::string text;
  raw_string_ostream os(text);
  // What is wrong with a value goes to standard error whatever stream is given:
  // it is caught on its way.
  errs().flush();
  int kept = dup(2), caught = memfd_create("errors", MFD_CLOEXEC);
  if (kept >= 0 && caught >= 0)
    dup2(caught, 2);
  bool isGood = cl::ParseCommandLineOptions(arguments.size(), arguments.data(),
                                            overview, &os);
  errs().flush();
  if (kept >= 0 && caught >= 0) {
    dup2(kept, 2);
    if (off_t size = lseek(caught, 0, SEEK_END); size > 0) {
      std::string bytes(size, 0);
      ssize_t got = pread(caught, bytes.data(), bytes.size(), 0);
      text += bytes.substr(0, std::max<ssize_t>(got, 0));
    }
  }
  close(kept);
  close(caught);
  if (isGood)
    return;
  SmallVector<StringRef> lines;
  StringRef(text).split(lines, '\n', -1, /*KeepEmpty=*/false);
  for (StringRef line : lines)
    reportLine(line, arguments.front(), tool);
  std::exit(1);
}

int finishOutput(StringRef tool, int status) {
  raw_fd_ostream &os = outs();
  os.flush();
  if (!os.has_error())
    return status;
  std::error_code code = os.error();
  os.clear_error();
  print(WithColor::error(errs(), tool),
        FMT_STRING("cannot write to standard output: {}\n"), code.message());
  return 1;
}

} // namespace dlc
