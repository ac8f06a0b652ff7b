//===- NpyFile.cpp - NumPy's file format ----------------------------------===//
//
// The format: "\x93NUMPY", version, header length, a Python dict as text, data
// (numpy/lib/format.py describes it).
//
//===----------------------------------------------------------------------===//

#include "NpyFile.h"
#include "dlc/Runtime/abi.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"
#include <cstring>

using namespace llvm;

int64_t elementBytes(int element) {
  static constexpr int64_t bytes[] = {0, 2, 2, 4, 8, 1, 4, 8};
  return bytes[element];
}

Array::Array(int element, std::vector<int64_t> extents)
    : element(element), shape(std::move(extents)) {
  storage.resize(count() * elementBytes(element) + 64);
}

int64_t Array::count() const {
  int64_t result = 1;
  for (int64_t extent : shape)
    result *= extent;
  return result;
}

char *Array::data() {
  return reinterpret_cast<char *>(
      alignTo(reinterpret_cast<uintptr_t>(storage.data()), 64));
}

static const fltSemantics &semantics(int element) {
  return element == DLC_F16 ? APFloat::IEEEhalf() : APFloat::BFloat();
}

double Array::get(int64_t i) const {
  const char *at = data() + i * elementBytes(element);
  auto read = [&](auto value) {
    std::memcpy(&value, at, sizeof value);
    return double(value);
  };
  switch (element) {
  case DLC_F16:
  case DLC_BF16: {
    uint16_t bits;
    std::memcpy(&bits, at, sizeof bits);
    return APFloat(semantics(element), APInt(16, bits)).convertToDouble();
  }
  case DLC_F32:
    return read(float());
  case DLC_F64:
    return read(double());
  case DLC_BOOL:
    return read(uint8_t());
  case DLC_I32:
    return read(int32_t());
  default:
    return read(int64_t());
  }
}

void Array::set(int64_t i, double number) {
  char *at = data() + i * elementBytes(element);
  auto write = [&](auto value) { std::memcpy(at, &value, sizeof value); };
  switch (element) {
  case DLC_F16:
  case DLC_BF16: {
    APFloat value(number);
    bool lost;
    value.convert(semantics(element), APFloat::rmNearestTiesToEven, &lost);
    write(uint16_t(value.bitcastToAPInt().getZExtValue()));
    break;
  }
  case DLC_F32:
    return write(float(number));
  case DLC_F64:
    return write(number);
  case DLC_BOOL:
    return write(uint8_t(number != 0));
  case DLC_I32:
    return write(int32_t(number));
  default:
    return write(int64_t(number));
  }
}

static Error refuse(StringRef path, const Twine &why) {
  return createStringError("'" + path + "': " + why);
}

Expected<Array> readNpy(StringRef path) {
  auto file = MemoryBuffer::getFile(path, /*IsText=*/false,
                                    /*RequiresNullTerminator=*/false);
  if (std::error_code code = file.getError())
    return refuse(path, code.message());
  StringRef bytes = (*file)->getBuffer();
  if (!bytes.consume_front("\x93NUMPY") || bytes.size() < 6)
    return refuse(path, "is not a .npy file");
  int version = bytes[0];
  uint32_t length = version == 1 ? support::endian::read16le(bytes.data() + 2)
                                 : support::endian::read32le(bytes.data() + 2);
  bytes = bytes.drop_front(version == 1 ? 4 : 6);
  if (bytes.size() < length)
    return refuse(path, "ends within its header");
  StringRef header = bytes.take_front(length);
  bytes = bytes.drop_front(length);

  auto field = [&](StringRef name) {
    return header.split(("'" + name + "':").str()).second.ltrim();
  };
  StringRef type =
      field("descr").drop_front(1).take_until([](char c) { return c == '\''; });
  static const std::pair<StringRef, int> types[] = {
      {"<f2", DLC_F16},  {"<u2", DLC_BF16}, {"<f4", DLC_F32}, {"<f8", DLC_F64},
      {"|b1", DLC_BOOL}, {"<i4", DLC_I32},  {"<i8", DLC_I64}};
  int element = 0;
  for (auto [name, value] : types)
    if (type == name)
      element = value;
  if (!element)
    return refuse(path, "has elements of type '" + type +
                            "', expected <f2 <u2 <f4 <f8 |b1 <i4 or <i8");
  if (!field("fortran_order").starts_with("False"))
    return refuse(path, "is in column-major order, expected C order");
  StringRef extents =
      field("shape").drop_front(1).take_until([](char c) { return c == ')'; });
  std::vector<int64_t> shape;
  int64_t total = elementBytes(element);
  SmallVector<StringRef> parts;
  extents.split(parts, ',', -1, /*KeepEmpty=*/false);
  for (StringRef part : parts) {
    int64_t extent;
    if (part.trim().empty())
      continue;
    if (part.trim().getAsInteger(10, extent) || extent < 0 ||
        MulOverflow(total, extent, total))
      return refuse(path, "has a shape that cannot be: (" + extents + ")");
    shape.push_back(extent);
  }
  if (int64_t(bytes.size()) < total)
    return refuse(path, "holds " + Twine(bytes.size()) +
                            " bytes of data, its "
                            "shape needs " +
                            Twine(total));
  Array array(element, shape);
  std::memcpy(array.data(), bytes.data(), total);
  return array;
}

Error writeNpy(StringRef path, const Array &array) {
  static constexpr StringLiteral types[] = {"",    "<f2", "<u2", "<f4",
                                            "<f8", "|b1", "<i4", "<i8"};
  std::string header = ("{'descr': '" + types[array.element] +
                        "', 'fortran_order': False, 'shape': (")
                           .str();
  for (int64_t extent : array.shape)
    header += std::to_string(extent) + ",";
  header += "), }";
  header.resize(alignTo(header.size() + 11, 64) - 11, ' ');
  header += '\n';
  Error error = writeToOutput(path, [&](raw_ostream &os) -> Error {
    os << "\x93NUMPY" << '\x01' << '\x00' << char(header.size() & 0xff)
       << char(header.size() >> 8) << header;
    os.write(array.data(), array.count() * elementBytes(array.element));
    return Error::success();
  });
  return error;
}
