//===- NpyFile.cpp - NumPy's file format ----------------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The format: "\x93NUMPY", version, header length, a Python dict as text, data
// (numpy/lib/format.py describes it).
//
//===----------------------------------------------------------------------===//

#include "NpyFile.h"
#include "dlc/Runtime/abi.h"
#include "dlc/Support/Format.h"
#include "dlc/Support/OpenFile.h"
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

namespace {
/// By the numbers of abi.h: bytes, NumPy's name, and for floats that C lacks
/// their format. Types without a name of NumPy's are written as integers.
struct Element {
  int64_t bytes;
  const char *name;
  const fltSemantics &(*semantics)() = nullptr;
};
} // namespace

static const Element elements[] = {{0, ""},
                                   {2, "<f2", APFloat::IEEEhalf},
                                   {2, "<u2", APFloat::BFloat},
                                   {4, "<f4"},
                                   {8, "<f8"},
                                   {1, "|b1"},
                                   {4, "<i4"},
                                   {8, "<i8"},
                                   {1, "|i1"},
                                   {2, "<i2"},
                                   {1, "|u1"},
                                   {2, "<u2"},
                                   {4, "<u4"},
                                   {8, "<u8"},
                                   {1, "|u1", APFloat::Float8E4M3FN},
                                   {1, "|u1", APFloat::Float8E4M3FNUZ},
                                   {1, "|u1", APFloat::Float8E5M2},
                                   {1, "|u1", APFloat::Float8E5M2FNUZ},
                                   {1, "|u1", APFloat::Float8E8M0FNU},
                                   {1, "|u1", APFloat::Float4E2M1FN},
                                   {1, "|i1"},
                                   {1, "|u1"},
                                   {1, "|i1"},
                                   {1, "|u1"}};

int64_t elementBytes(int element) { return elements[element].bytes; }

bool standsFor(int element, int wanted) {
  return StringRef(elements[element].name) == elements[wanted].name;
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

double Array::get(int64_t i) const {
  const char *at = data() + i * elementBytes(element);
  auto read = [&](auto value) {
    std::memcpy(&value, at, sizeof value);
    return double(value);
  };
  if (auto semantics = elements[element].semantics) {
    unsigned width = APFloat::getSizeInBits(semantics());
    uint16_t bits = 0;
    std::memcpy(&bits, at, elementBytes(element));
    return APFloat(semantics(), APInt(width, bits & ((1u << width) - 1)))
        .convertToDouble();
  }
  switch (element) {
  case DLC_F32:
    return read(float());
  case DLC_F64:
    return read(double());
  case DLC_I8:
  case DLC_I4:
  case DLC_I2:
    return read(int8_t());
  case DLC_I16:
    return read(int16_t());
  case DLC_I32:
    return read(int32_t());
  case DLC_I64:
    return read(int64_t());
  case DLC_U16:
    return read(uint16_t());
  case DLC_U32:
    return read(uint32_t());
  case DLC_U64:
    return read(uint64_t());
  default:
    return read(uint8_t());
  }
}

void Array::set(int64_t i, double number) {
  char *at = data() + i * elementBytes(element);
  auto write = [&](auto value) { std::memcpy(at, &value, sizeof value); };
  if (auto semantics = elements[element].semantics) {
    APFloat value(number);
    bool lost;
    value.convert(semantics(), APFloat::rmNearestTiesToEven, &lost);
    uint16_t bits = value.bitcastToAPInt().getZExtValue();
    std::memcpy(at, &bits, elementBytes(element));
    return;
  }
  switch (element) {
  case DLC_F32:
    return write(float(number));
  case DLC_F64:
    return write(number);
  case DLC_BOOL:
    return write(uint8_t(number != 0));
  default:
    // Integers of any width; negative ones wrap where there is no sign.
    int64_t integer = int64_t(number);
    std::memcpy(at, &integer, elementBytes(element));
  }
}

static Error refuse(StringRef path, StringRef why) {
  return createStringError(fmt::format(FMT_STRING("'{}': {}"), path, why));
}

Expected<Array> readNpy(StringRef path) {
  auto file = dlc::readRegularFile(path);
  if (!file)
    return refuse(path, toString(file.takeError()));
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
    return header.split(fmt::format(FMT_STRING("'{}':"), name)).second.ltrim();
  };
  StringRef type =
      field("descr").drop_front(1).take_until([](char c) { return c == '\''; });
  int element = 0;
  for (int candidate : {DLC_F16, DLC_F32, DLC_F64, DLC_BOOL, DLC_I8, DLC_I16,
                        DLC_I32, DLC_I64, DLC_U8, DLC_U16, DLC_U32, DLC_U64})
    if (type == elements[candidate].name)
      element = candidate;
  if (!element)
    return refuse(
        path, fmt::format(FMT_STRING("has elements of type '{}', expected <f2 "
                                     "<f4 <f8 |b1 |i1 <i2 <i4 <i8 |u1 <u2 <u4 "
                                     "or <u8"),
                          type));
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
      return refuse(
          path,
          fmt::format(FMT_STRING("has shape ({}), expected extents of 0 or "
                                 "more whose bytes fit in 64 bits"),
                      extents));
    shape.push_back(extent);
  }
  if (int64_t(bytes.size()) < total)
    return refuse(
        path, fmt::format(FMT_STRING("holds {} bytes of data, expected {} for "
                                     "its shape"),
                          bytes.size(), total));
  Array array(element, shape);
  std::memcpy(array.data(), bytes.data(), total);
  return array;
}

Error writeNpy(StringRef path, const Array &array) {
  std::string extents;
  for (int64_t extent : array.shape)
    fmt::format_to(std::back_inserter(extents), FMT_STRING("{},"), extent);
  std::string header =
      fmt::format(FMT_STRING("{{'descr': '{}', 'fortran_order': False, "
                             "'shape': ({}), }}"),
                  elements[array.element].name, extents);
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
