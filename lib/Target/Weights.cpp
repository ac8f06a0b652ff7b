//===- Weights.cpp - The constants of a library, in one place -------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Target/Weights.h"
#include "dlc/Dialect/Codegen/IR/Codegen.h"
#include "dlc/Runtime/abi.h"
#include "dlc/Support/Format.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Support/xxhash.h"

using namespace llvm;
namespace ELF = llvm::ELF;

namespace dlc {

static std::string typeName(mlir::Type element) {
  if (element.isF16())
    return "F16";
  if (element.isF32())
    return "F32";
  if (element.isF64())
    return "F64";
  if (element.isBF16())
    return "BF16";
  return fmt::format(FMT_STRING("I{}"), element.getIntOrFloatBitWidth());
}

static void readStates(mlir::ModuleOp module,
                       std::vector<StateTensor> &states) {
  auto entries = module->getAttrOfType<mlir::ArrayAttr>(codegen::states);
  if (!entries)
    return;
  for (auto entry : entries.getAsRange<codegen::StateAttr>()) {
    mlir::RankedTensorType type = entry.getType();
    mlir::Type element = type.getElementType();
    StateTensor state;
    state.name = entry.getName().str();
    state.shape.assign(type.getShape().begin(), type.getShape().end());
    state.element = element.isF32()         ? DLC_F32
                    : element.isF64()       ? DLC_F64
                    : element.isInteger(32) ? DLC_I32
                                            : DLC_I64;
    state.offset = entry.getOffset();
    state.first = entry.getFirst();
    state.bytes = type.getNumElements() * element.getIntOrFloatBitWidth() / 8;
    states.push_back(std::move(state));
  }
}

/// Counts the bytes of the constants that are globals of the module: tensors,
/// or numbers.
static int64_t countInlineBytes(mlir::ModuleOp module) {
  int64_t bytes = 0;
  for (auto global : module.getOps<mlir::LLVM::GlobalOp>()) {
    mlir::Attribute value = global.getValueOrNull();
    if (!global.getConstant() || !value)
      continue;
    if (auto values = dyn_cast<mlir::ElementsAttr>(value))
      bytes += values.getNumElements() *
               divideCeil(values.getElementType().getIntOrFloatBitWidth(), 8);
    else if (isa<mlir::FloatAttr, mlir::IntegerAttr>(value))
      bytes += divideCeil(
          cast<mlir::TypedAttr>(value).getType().getIntOrFloatBitWidth(), 8);
  }
  return bytes;
}

Weights readWeights(mlir::ModuleOp module) {
  Weights result;
  result.inlineBytes = countInlineBytes(module);
  readStates(module, result.states);
  auto all = module->getAttrOfType<mlir::ArrayAttr>(codegen::weights);
  if (!all)
    return result;
  StringSet<> taken;
  for (auto place : all.getAsRange<codegen::WeightAttr>()) {
    mlir::ElementsAttr value = place.getValues();
    bool isTruth = value.getElementType().isInteger(1);
    if (isTruth) // a byte in memory
      value = cast<mlir::DenseElementsAttr>(value).mapValues(
          mlir::IntegerType::get(module.getContext(), 8),
          [](const APInt &truth) { return truth.zext(8); });
    Weight weight;
    weight.name = "constant";
    if (auto resource = dyn_cast<mlir::DenseResourceElementsAttr>(value)) {
      weight.name = resource.getRawHandle().getKey().str();
      weight.data = resource.getRawHandle().getBlob()->getData();
    } else {
      auto dense = cast<mlir::DenseElementsAttr>(value);
      weight.data = dense.getRawData();
      weight.isSplat = dense.isSplat();
    }
    std::string base = weight.name;
    for (unsigned i = 2; !taken.insert(weight.name).second; ++i)
      weight.name = fmt::format(FMT_STRING("{}_{}"), base, i);
    mlir::Type element = value.getElementType();
    weight.type = isTruth ? "BOOL" : typeName(element);
    weight.shape.assign(value.getShapedType().getShape().begin(),
                        value.getShapedType().getShape().end());
    weight.offset = place.getOffset();
    weight.bytes =
        value.getNumElements() * divideCeil(element.getIntOrFloatBitWidth(), 8);
    result.bytes = weight.offset + weight.bytes;
    result.all.push_back(std::move(weight));
  }
  return result;
}

static void writeData(const Weights &weights, raw_ostream &os) {
  int64_t at = 0;
  for (const Weight &weight : weights.all) {
    os.write_zeros(weight.offset - at);
    if (weight.isSplat) {
      // Write in blocks: the elements are small and numerous.
      std::string block;
      while (block.size() < 4096)
        block.append(weight.data.begin(), weight.data.end());
      for (int64_t left = weight.bytes; left > 0; left -= block.size())
        os << StringRef(block).take_front(left);
    } else {
      os << StringRef(weight.data.data(), weight.bytes);
    }
    at = weight.offset + weight.bytes;
  }
}

static Error finish(raw_fd_ostream &os, StringRef path) {
  os.flush();
  if (!os.has_error())
    return Error::success();
  std::error_code code = os.error();
  os.clear_error();
  return createStringError(
      code, fmt::format(FMT_STRING("cannot write the weights to '{}': {}"),
                        path, code.message()));
}

template <typename T> static void put(raw_ostream &os, const T &value) {
  os.write(reinterpret_cast<const char *>(&value), sizeof value);
}

Error writeWeightsObject(const Weights &weights, StringRef symbol,
                         StringRef path) {
  std::error_code code;
  raw_fd_ostream os(path, code);
  if (code)
    return createStringError(
        code,
        fmt::format(FMT_STRING("cannot write '{}': {}"), path, code.message()));
  // The sections: null, data, symbol table, symbol names, section names, and
  // the empty section that declares the stack non-executable.
  static constexpr char sectionNames[] =
      "\0.lrodata.dlc\0.symtab\0.strtab\0.shstrtab\0.note.GNU-stack";
  enum { Null, Data, Symbols, Strings, Names, Stack, Count };
  static constexpr uint32_t nameOffsets[Count] = {0, 1, 14, 22, 30, 40};
  std::string strings = std::string(1, '\0') + symbol.str() + '\0';
  constexpr uint64_t align = 64;
  uint64_t dataAt = align;
  uint64_t symbolsAt = alignTo(dataAt + weights.bytes, 8);
  uint64_t stringsAt = symbolsAt + 2 * sizeof(ELF::Elf64_Sym);
  uint64_t namesAt = stringsAt + strings.size();
  uint64_t headersAt = alignTo(namesAt + sizeof sectionNames, 8);

  ELF::Elf64_Ehdr header = {};
  std::memcpy(header.e_ident, ELF::ElfMagic, 4);
  header.e_ident[ELF::EI_CLASS] = ELF::ELFCLASS64;
  header.e_ident[ELF::EI_DATA] = ELF::ELFDATA2LSB;
  header.e_ident[ELF::EI_VERSION] = ELF::EV_CURRENT;
  header.e_type = ELF::ET_REL;
  header.e_machine = ELF::EM_X86_64;
  header.e_version = ELF::EV_CURRENT;
  header.e_shoff = headersAt;
  header.e_ehsize = sizeof header;
  header.e_shentsize = sizeof(ELF::Elf64_Shdr);
  header.e_shnum = Count;
  header.e_shstrndx = Names;
  static_assert(sizeof header == align);
  put(os, header);
  writeData(weights, os);
  os.write_zeros(symbolsAt - os.tell());
  ELF::Elf64_Sym none = {}, place = {};
  place.st_name = 1;
  place.setBindingAndType(ELF::STB_GLOBAL, ELF::STT_OBJECT);
  place.st_other = ELF::STV_HIDDEN;
  place.st_shndx = Data;
  place.st_size = weights.bytes;
  put(os, none);
  put(os, place);
  os << strings;
  os.write(sectionNames, sizeof sectionNames);
  os.write_zeros(headersAt - os.tell());
  ELF::Elf64_Shdr sections[Count] = {};
  auto describe = [&](int i, uint32_t type, uint64_t flags, uint64_t offset,
                      uint64_t size, uint64_t alignment) {
    sections[i].sh_name = nameOffsets[i];
    sections[i].sh_type = type;
    sections[i].sh_flags = flags;
    sections[i].sh_offset = offset;
    sections[i].sh_size = size;
    sections[i].sh_addralign = alignment;
  };
  describe(Data, ELF::SHT_PROGBITS, ELF::SHF_ALLOC | ELF::SHF_X86_64_LARGE,
           dataAt, weights.bytes, align);
  describe(Symbols, ELF::SHT_SYMTAB, 0, symbolsAt, 2 * sizeof none, 8);
  sections[Symbols].sh_link = Strings;
  sections[Symbols].sh_info = 1; // index of the first global symbol
  sections[Symbols].sh_entsize = sizeof none;
  describe(Strings, ELF::SHT_STRTAB, 0, stringsAt, strings.size(), 1);
  describe(Names, ELF::SHT_STRTAB, 0, namesAt, sizeof sectionNames, 1);
  describe(Stack, ELF::SHT_PROGBITS, 0, headersAt, 0, 1);
  put(os, sections);
  return finish(os, path);
}

Error writeSafetensors(Weights &weights, StringRef path) {
  std::error_code code;
  raw_fd_ostream os(path, code);
  if (code)
    return createStringError(
        code,
        fmt::format(FMT_STRING("cannot write '{}': {}"), path, code.message()));
  std::string text;
  raw_string_ostream json(text);
  {
    json::OStream out(json);
    out.object([&] {
      out.attributeObject("__metadata__",
                          [&] { out.attribute("format", "dlc"); });
      for (const Weight &weight : weights.all)
        out.attributeObject(json::fixUTF8(weight.name), [&] {
          out.attribute("dtype", weight.type);
          out.attributeArray("shape", [&] {
            for (int64_t extent : weight.shape)
              out.value(extent);
          });
          out.attributeArray("data_offsets", [&] {
            out.value(weight.offset);
            out.value(weight.offset + weight.bytes);
          });
        });
    });
  }
  // Pads with spaces up to the alignment of the data.
  text.append(alignTo(text.size() + 8, 64) - text.size() - 8, ' ');
  put(os, uint64_t(text.size()));
  os << text;
  weights.fileOffset = 8 + text.size();
  writeData(weights, os);
  if (Error error = finish(os, path))
    return error;
  auto written = MemoryBuffer::getFile(path, /*IsText=*/false,
                                       /*RequiresNullTerminator=*/false);
  if (!written)
    return createStringError(written.getError(),
                             fmt::format(FMT_STRING("cannot read '{}': {}"),
                                         path, written.getError().message()));
  weights.fileHash = xxHash64((*written)->getBuffer());
  return Error::success();
}

} // namespace dlc
