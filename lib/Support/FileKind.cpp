//===- FileKind.cpp - What a file is, by its first bytes ------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Support/FileKind.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"

using namespace llvm;

namespace dlc {

namespace {
struct Magic {
  StringLiteral bytes, kind, advice;
};
} // namespace

static constexpr StringLiteral toONNX = "export it as ONNX first";

/// The names of these formats' own documents tell the first bytes.
static constexpr Magic magics[] = {
    {"\x1f\x8b", "compressed with gzip", "decompress it first: gunzip"},
    {"\x28\xb5\x2f\xfd", "compressed with zstd",
     "decompress it first: zstd -d"},
    {"BZh", "compressed with bzip2", "decompress it first: bunzip2"},
    {"\xfd\x37zXZ", "compressed with xz", "decompress it first: unxz"},
    {"7z\xbc\xaf", "a 7z archive", "unpack it first"},
    {"\x93NUMPY", "a NumPy array (.npy)",
     "it is data for dlc-run or dlc-train"},
    {"\x89HDF\r\n", "an HDF5 file (.h5, as Keras 2 saves)", toONNX},
    {"\x7f"
     "ELF",
     "compiled code (ELF)", "dlc-run runs libraries of dlc"},
    {"ML\xefR", "MLIR bytecode",
     "make text of it first: mlir-opt x.mlirbc -o x.mlir"},
    {"BC\xc0\xde", "LLVM bitcode", ""},
    {"\x89PNG", "a picture (PNG)", ""},
    {"\xff\xd8\xff", "a picture (JPEG)", ""},
    {"%PDF", "a document (PDF)", ""},
    {"GGUF", "a GGUF file of weights", "the network itself is not in it"},
    {"version https://git-lfs", "a pointer of Git LFS, not the file itself",
     "fetch it first: git lfs pull"},
    {"<!DOCTYPE", "a web page (HTML)", "was a link saved instead of the file?"},
    {"<html", "a web page (HTML)", "was a link saved instead of the file?"},
    {"; ModuleID", "LLVM IR", ""},
};

/// What a zip archive holds is told by the names of its files.
static std::pair<StringRef, StringRef> identifyZip(StringRef content) {
  auto holds = [&](StringRef name) { return content.contains(name); };
  if (holds("model.weights.h5"))
    return {"a Keras model (.keras)", toONNX};
  if (holds("data.pkl"))
    return {"a PyTorch file (.pt)",
            "export the network with torch.onnx.export"};
  if (content.substr(0, 4096).contains(".npy"))
    return {"a NumPy archive (.npz)", "it is data for dlc-train"};
  if (holds("META-INF/MANIFEST.MF"))
    return {"a Java archive", ""};
  return {"a zip archive", "unpack it first"};
}

/// A field's number and wire type, and where the next one begins; none where
/// the bytes are no message of protocol buffers.
static std::optional<unsigned> readTag(StringRef &bytes) {
  auto varint = [&](uint64_t &value) {
    value = 0;
    for (unsigned shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
      uint8_t byte = bytes.front();
      bytes = bytes.drop_front();
      value |= uint64_t(byte & 127) << shift;
      if (!(byte & 128))
        return true;
    }
    return false;
  };
  uint64_t tag, value;
  if (!varint(tag) || tag >> 3 == 0 || tag >> 3 > 1000)
    return std::nullopt;
  switch (tag & 7) {
  case 0:
    if (!varint(value))
      return std::nullopt;
    break;
  case 2:
    // A cut file's last field reaches beyond its end.
    if (!varint(value))
      return std::nullopt;
    bytes = bytes.drop_front(std::min<uint64_t>(value, bytes.size()));
    break;
  case 5:
  case 1: {
    size_t size = (tag & 7) == 5 ? 4 : 8;
    if (bytes.size() < size)
      return std::nullopt;
    bytes = bytes.drop_front(size);
    break;
  }
  default:
    return std::nullopt;
  }
  return unsigned(tag);
}

/// ONNX's ModelProto has an ir_version (1, a number), a graph (7) and opsets
/// (8); TensorFlow's SavedModel a version (1) and graphs (2), its GraphDef
/// nodes (1), messages in turn.
static FileKind identifyMessage(StringRef content, StringRef &kind) {
  bool isWhole = true, hasNumber = false, hasGraph = false, hasOpset = false;
  bool isNodes = true;
  unsigned count = 0;
  for (StringRef rest = content; !rest.empty() && count < 64; ++count) {
    std::optional<unsigned> tag = readTag(rest);
    if (!tag) {
      isWhole = false;
      break;
    }
    hasNumber |= *tag == (1 << 3);
    hasGraph |= *tag == (7 << 3 | 2);
    hasOpset |= *tag == (8 << 3 | 2);
    isNodes &= *tag == (1 << 3 | 2) || *tag == (4 << 3 | 2) ||
               *tag == (2 << 3 | 2) || *tag == (3 << 3);
  }
  if (hasNumber && (hasGraph || hasOpset))
    return FileKind::ONNX;
  if (isWhole && count && hasNumber && content.contains("serve"))
    kind = "a TensorFlow SavedModel (.pb)";
  else if (isWhole && count && isNodes)
    kind = "a TensorFlow graph (.pb)";
  return FileKind::Other;
}

IdentifiedFile identifyFile(StringRef content, StringRef name) {
  auto other = [](StringRef what, StringRef advice) {
    return IdentifiedFile{FileKind::Other,
                          ("is " + what + ", expected a model (.onnx, .mlir)" +
                           (advice.empty() ? "" : "; ") + advice)
                              .str()};
  };
  bool isNamedONNX = sys::path::extension(name).equals_insensitive(".onnx");
  if (content.empty())
    // ONNX's reader has its own word for nothing.
    return isNamedONNX ? IdentifiedFile{FileKind::ONNX, ""}
                       : other("empty", "");
  for (const Magic &magic : magics)
    if (content.starts_with(magic.bytes))
      return other(magic.kind, magic.advice);
  if (content.starts_with("PK\x03\x04") || content.starts_with("PK\x05\x06")) {
    auto [kind, advice] = identifyZip(content);
    return other(kind, advice);
  }
  if (content.substr(4, 4) == "TFL3")
    return other("a TensorFlow Lite model (.tflite)", toONNX);
  if (content.size() > 2 && content[0] == '\x80' && content[1] >= 2 &&
      content[1] <= 5)
    return other("a Python pickle (as PyTorch's old .pt)",
                 "export the network with torch.onnx.export");
  if (content.size() > 9 && content[8] == '{' &&
      content.substr(4, 4) == StringRef("\0\0\0\0", 4))
    return other("a safetensors file of weights",
                 "the network itself is not in it; --parameters reads it");
  if (isNamedONNX)
    return {FileKind::ONNX, ""};
  // A character may be cut in two at the end of what is looked at.
  StringRef start = content.take_front(4096);
  for (int i = 0; i < 3 && start.size() == 4096 && start.back() < 0; ++i)
    start = start.drop_back();
  bool isText = json::isUTF8(start) && all_of(start, [](char c) {
                  return uint8_t(c) >= 32 || isSpace(c);
                });
  if (isText) {
    start = content.ltrim();
    if (start.starts_with("{") && start.drop_front().ltrim().starts_with("\""))
      return other("JSON", "");
    if (start.starts_with("ir_version:"))
      return other("ONNX as text", "make binary ONNX of it first");
    return {FileKind::MLIR, ""};
  }
  StringRef kind;
  if (identifyMessage(content, kind) == FileKind::ONNX)
    return {FileKind::ONNX, ""};
  return kind.empty() ? other("binary data of no known kind", "")
                      : other(kind, toONNX);
}

} // namespace dlc
