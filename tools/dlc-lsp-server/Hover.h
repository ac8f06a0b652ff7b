//===- Hover.h - Ops as people write them, under the editor's pointer -----===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// MLIR's language server describes an op in its generic form, which nobody
// writes and which hides what an op's own syntax is for. It has no hook for
// that. So what client and server say to each other passes by here: documents
// are kept, and the answers to questions about an op get its own form instead.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_TOOLS_LSP_HOVER_H
#define DLC_TOOLS_LSP_HOVER_H

#include "mlir/IR/DialectRegistry.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/LSP/Transport.h"

namespace dlc {

/// How messages are framed, and whether the server's are indented for a person.
struct MessageStyle {
  llvm::lsp::JSONStreamStyle input = llvm::lsp::Standard;
  bool pretty = false;
};

/// Runs `server`, which talks to standard input and output, with hovers
/// rewritten; what it returns is the exit status. Threads carry the messages;
/// one of them may still wait for input afterwards, so the caller ends the
/// process at once.
int serveWithHovers(const mlir::DialectRegistry &registry, MessageStyle style,
                    llvm::function_ref<int()> server);

} // namespace dlc

#endif // DLC_TOOLS_LSP_HOVER_H
