//===- CommandLine.h - Arguments, and what is wrong with them ---*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_SUPPORT_COMMANDLINE_H
#define DLC_SUPPORT_COMMANDLINE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

namespace dlc {

/// LLVM's and LLD's own hundreds of options are not the tool's; some would
/// clash. To be called before the tool's are made, or, where the values of
/// these must stay, after they are parsed.
void forgetForeignOptions();

/// Parses the arguments, argv[0] among them. Where that fails all that is wrong
/// is printed, each with the option that was meant, and the program ends with
/// status 1.
void parseCommandLine(llvm::ArrayRef<const char *> arguments,
                      llvm::StringRef tool, llvm::StringRef overview);

/// Writes what is left of standard output and gives the program's exit status:
/// `status`, or 1 with a message where the output cannot be written. LLVM ends
/// with words of its own where nobody asks.
int finishOutput(llvm::StringRef tool, int status);

} // namespace dlc

#endif // DLC_SUPPORT_COMMANDLINE_H
