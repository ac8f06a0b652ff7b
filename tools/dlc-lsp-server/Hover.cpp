//===- Hover.cpp - Ops as people write them, under the editor's pointer ---===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Hover.h"

#include "dlc/Support/Format.h"
#include "mlir/AsmParser/AsmParser.h"
#include "mlir/AsmParser/AsmParserState.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Operation.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/LSP/Protocol.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdio>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace mlir;
namespace lsp = llvm::lsp;

namespace dlc {
namespace {

bool holds(SMRange range, SMLoc at) {
  return range.isValid() && range.Start.getPointer() <= at.getPointer() &&
         at.getPointer() <= range.End.getPointer();
}

/// The part of a document between the "// -----" about a line, which is a
/// module of its own; `position` becomes one within it.
StringRef partAround(StringRef text, lsp::Position &position) {
  SmallVector<StringRef> lines;
  text.split(lines, '\n');
  if (position.line < 0 || position.line >= int(lines.size()))
    return {};
  auto divides = [](StringRef line) { return line.starts_with("// -----"); };
  int first = position.line, last = position.line;
  while (first > 0 && !divides(lines[first]))
    --first;
  while (last + 1 < int(lines.size()) && !divides(lines[last + 1]))
    ++last;
  position.line -= first;
  return StringRef(lines[first].begin(),
                   lines[last].end() - lines[first].begin());
}

/// The op at a position (or the one that a symbol there names) in its own form,
/// without regions and large constants; none where the text does not parse or
/// no op is there.
std::optional<std::string> formAt(const DialectRegistry &registry,
                                  StringRef text, lsp::Position position) {
  StringRef part = partAround(text, position);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.allowUnregisteredDialects();
  ScopedDiagnosticHandler quiet(&context,
                                [](Diagnostic &) { return success(); });

  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(llvm::MemoryBuffer::getMemBufferCopy(part),
                             SMLoc());
  Block parsed;
  AsmParserState state;
  if (failed(
          parseAsmSourceFile(sources, &parsed, ParserConfig(&context), &state)))
    return std::nullopt;
  SMLoc at = position.getAsSMLoc(sources);
  if (!at.isValid())
    return std::nullopt;

  for (const AsmParserState::OperationDefinition &found : state.getOpDefs()) {
    auto here = [&](SMRange range) { return holds(range, at); };
    if (!here(found.loc) && llvm::none_of(found.symbolUses, here))
      continue;
    std::string form;
    llvm::raw_string_ostream out(form);
    found.op->print(out,
                    OpPrintingFlags().skipRegions().elideLargeElementsAttrs());
    return form;
  }
  return std::nullopt;
}

void put(std::FILE *to, StringRef text) {
  std::fwrite(text.data(), 1, text.size(), to);
}

/// A message as the protocol frames it.
std::string framed(StringRef text) {
  return fmt::format(FMT_STRING("Content-Length: {}\r\n\r\n{}"), text.size(),
                     text);
}

/// What passes between client and server.
class Conversation {
public:
  Conversation(const DialectRegistry &registry, MessageStyle style)
      : registry(registry), style(style) {}

  /// Hands on what the client says, until there is no more.
  void listen(std::FILE *from, std::FILE *to) {
    lsp::JSONTransportInputOverFile in(from, style.input);
    while (!in.isEndOfInput() && !in.hasError()) {
      std::string text;
      if (failed(in.readMessage(text)))
        continue;
      if (llvm::Expected<llvm::json::Value> message = llvm::json::parse(text))
        note(*message);
      else
        llvm::consumeError(message.takeError()); // the server says so
      put(to, style.input == lsp::Delimited
                  ? fmt::format(FMT_STRING("{}\n// -----\n"), text)
                  : framed(text));
      std::fflush(to);
    }
    std::fclose(to);
  }

  /// Hands on what the server says, hovers with their op's own form.
  void answer(std::FILE *from, std::FILE *to) {
    lsp::JSONTransportInputOverFile in(from);
    while (!in.isEndOfInput() && !in.hasError()) {
      std::string text;
      if (failed(in.readMessage(text)))
        continue;
      if (llvm::Expected<llvm::json::Value> message = llvm::json::parse(text)) {
        if (rewrite(*message))
          text = llvm::formatv(style.pretty ? "{0:2}" : "{0}", *message).str();
      } else {
        llvm::consumeError(message.takeError());
      }
      put(to, framed(text));
      if (style.pretty)
        put(to, "\n");
      std::fflush(to);
    }
  }

private:
  /// The document as it was when the question came: the client may say more
  /// before the answer.
  struct Question {
    std::string text;
    lsp::Position position;
  };

  static std::string named(const llvm::json::Value &id) {
    return llvm::formatv("{0}", id).str();
  }

  /// A member of an object as the protocol's type; none where it is missing or
  /// another.
  template <typename T>
  static std::optional<T> read(const llvm::json::Object &object,
                               StringRef key) {
    T result;
    llvm::json::Path::Root root;
    const llvm::json::Value *value = object.get(key);
    if (!value || !fromJSON(*value, result, root))
      return std::nullopt;
    return result;
  }

  /// Keeps the text of open documents, and where a hover is asked for.
  /// Documents are known by the URI as it is written: which schemes there are
  /// the server is still about to say.
  void note(const llvm::json::Value &value) {
    const llvm::json::Object *message = value.getAsObject();
    const llvm::json::Object *params =
        message ? message->getObject("params") : nullptr;
    const llvm::json::Object *document =
        params ? params->getObject("textDocument") : nullptr;
    std::optional<StringRef> uri =
        document ? document->getString("uri") : std::nullopt;
    if (!uri)
      return;
    StringRef method = message->getString("method").value_or("");
    std::lock_guard<std::mutex> lock(mutex);
    if (method == "textDocument/didOpen") {
      documents[uri->str()] = document->getString("text").value_or("").str();
    } else if (method == "textDocument/didChange") {
      auto changes = read<std::vector<lsp::TextDocumentContentChangeEvent>>(
          *params, "contentChanges");
      auto open = documents.find(uri->str());
      if (open != documents.end() &&
          (!changes || failed(lsp::TextDocumentContentChangeEvent::applyTo(
                           *changes, open->second))))
        documents.erase(open);
    } else if (method == "textDocument/didClose") {
      documents.erase(uri->str());
    } else if (method == "textDocument/hover") {
      auto position = read<lsp::Position>(*params, "position");
      auto open = documents.find(uri->str());
      if (const llvm::json::Value *id = message->get("id");
          id && position && open != documents.end())
        questions[named(*id)] = {open->second, *position};
    }
  }

  /// Whether the message answered a hover and has become another.
  bool rewrite(llvm::json::Value &value) {
    llvm::json::Object *message = value.getAsObject();
    const llvm::json::Value *id = message ? message->get("id") : nullptr;
    if (!id || message->get("method")) // a request of the server's own
      return false;
    Question question;
    {
      std::lock_guard<std::mutex> lock(mutex);
      auto asked = questions.find(named(*id));
      if (asked == questions.end())
        return false;
      question = std::move(asked->second);
      questions.erase(asked);
    }
    llvm::json::Object *result = message->getObject("result");
    llvm::json::Object *contents =
        result ? result->getObject("contents") : nullptr;
    std::optional<StringRef> said =
        contents ? contents->getString("value") : std::nullopt;
    constexpr StringLiteral generic = "Generic Form:";
    if (!said || !said->contains(generic))
      return false;
    std::optional<std::string> form =
        formAt(registry, question.text, question.position);
    if (!form)
      return false;
    (*contents)["value"] =
        fmt::format(FMT_STRING("{}```mlir\n{}\n```\n"),
                    said->take_front(said->find(generic)), *form);
    return true;
  }

  const DialectRegistry &registry;
  const MessageStyle style;
  std::mutex mutex;
  std::map<std::string, std::string> documents; // by URI
  std::map<std::string, Question> questions;    // by the request's id
};

} // namespace

int serveWithHovers(const DialectRegistry &registry, MessageStyle style,
                    llvm::function_ref<int()> server) {
  int toServer[2], toClient[2];
  if (pipe(toServer) || pipe(toClient))
    return server();
  std::FILE *clientSays = fdopen(dup(STDIN_FILENO), "rb");
  std::FILE *clientHears = fdopen(dup(STDOUT_FILENO), "wb");
  std::FILE *serverHears = fdopen(toServer[1], "wb");
  std::FILE *serverSays = fdopen(toClient[0], "rb");
  dup2(toServer[0], STDIN_FILENO);
  dup2(toClient[1], STDOUT_FILENO);
  close(toServer[0]);
  close(toClient[1]);

  // Listening ends with the process, so what it uses does too.
  auto *conversation = new Conversation(registry, style);
  std::thread([=] { conversation->listen(clientSays, serverHears); }).detach();
  std::thread answers([=] { conversation->answer(serverSays, clientHears); });
  int status = server();
  llvm::outs().flush();
  close(STDOUT_FILENO); // the end of what is answered
  answers.join();
  return status;
}

} // namespace dlc
