//===- Tensors.cpp - Weights of an ONNX model -----------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Initializers and constants, from the model file or from external files beside
// it. Element counts are multiplied with overflow checks before memory is
// allocated. Large tensors stay in place and are referenced as resources.
//
//===----------------------------------------------------------------------===//

#include "Importer.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/Path.h"
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace mlir;
using onnx::TensorProto;

namespace dlc::onnx_import {

// Data types that the installed onnx.proto does not have.
enum : int32_t {
  FLOAT8E4M3FN = 17,
  FLOAT8E4M3FNUZ = 18,
  FLOAT8E5M2 = 19,
  FLOAT8E5M2FNUZ = 20,
  UINT4 = 21,
  INT4 = 22,
  FLOAT4E2M1 = 23,
  FLOAT8E8M0 = 24,
  UINT2 = 25,
  INT2 = 26
};

Type elementType(MLIRContext *context, int32_t dataType) {
  auto integer = [&](unsigned width, bool isUnsigned = false) -> Type {
    return IntegerType::get(context, width,
                            isUnsigned ? IntegerType::Unsigned
                                       : IntegerType::Signless);
  };
  switch (dataType) {
  case TensorProto::FLOAT:
    return Float32Type::get(context);
  case TensorProto::DOUBLE:
    return Float64Type::get(context);
  case TensorProto::FLOAT16:
    return Float16Type::get(context);
  case TensorProto::BFLOAT16:
    return BFloat16Type::get(context);
  case TensorProto::BOOL:
    return integer(1);
  case TensorProto::INT8:
    return integer(8);
  case TensorProto::INT16:
    return integer(16);
  case TensorProto::INT32:
    return integer(32);
  case TensorProto::INT64:
    return integer(64);
  case TensorProto::UINT8:
    return integer(8, true);
  case TensorProto::UINT16:
    return integer(16, true);
  case TensorProto::UINT32:
    return integer(32, true);
  case TensorProto::UINT64:
    return integer(64, true);
  case FLOAT8E4M3FN:
    return Float8E4M3FNType::get(context);
  case FLOAT8E4M3FNUZ:
    return Float8E4M3FNUZType::get(context);
  case FLOAT8E5M2:
    return Float8E5M2Type::get(context);
  case FLOAT8E5M2FNUZ:
    return Float8E5M2FNUZType::get(context);
  case FLOAT8E8M0:
    return Float8E8M0FNUType::get(context);
  case FLOAT4E2M1:
    return Float4E2M1FNType::get(context);
  case UINT4:
    return integer(4, true);
  case INT4:
    return integer(4);
  case UINT2:
    return integer(2, true);
  case INT2:
    return integer(2);
  default:
    return {};
  }
}

std::string dataTypeName(int32_t dataType) {
  if (TensorProto::DataType_IsValid(dataType))
    return TensorProto::DataType_Name(TensorProto::DataType(dataType));
  return "data type " + std::to_string(dataType);
}

//===----------------------------------------------------------------------===//
// External data
//===----------------------------------------------------------------------===//

namespace {
struct Mapping {
  ~Mapping() {
    if (data != MAP_FAILED && bytes)
      munmap(data, bytes);
  }
  void *data = MAP_FAILED;
  size_t bytes = 0;
};
} // namespace

/// Opens a file below `folder` without following links. On kernels without
/// openat2 the path is opened one component at a time.
static int openBeneath(StringRef folder, StringRef name) {
  std::string where = folder.empty() ? "." : folder.str();
  int base = open(where.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (base < 0)
    return -1;
  struct open_how how = {};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  std::string path = name.str();
  int file = syscall(SYS_openat2, base, path.c_str(), &how, sizeof how);
  if (file < 0 && (errno == ENOSYS || errno == EPERM)) {
    int at = base;
    for (auto it = llvm::sys::path::begin(name),
              end = llvm::sys::path::end(name);
         it != end && at >= 0;) {
      std::string part = it->str();
      bool isLast = ++it == end;
      int next = openat(at, part.c_str(),
                        isLast ? O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
                               : O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
      if (at != base)
        close(at);
      at = next;
    }
    file = at;
  }
  int error = errno;
  close(base);
  errno = error;
  return file;
}

ArrayRef<char> Importer::externalData(const TensorProto &tensor, int64_t bytes,
                                      std::shared_ptr<void> &owner) {
  std::string name = "tensor '" + tensor.name() + "': external data ";
  if (path.empty() || path == "-") {
    g.fail(name + "of a model that was not read from a folder");
    return {};
  }
  std::string location;
  int64_t offset = 0, length = -1;
  for (const auto &entry : tensor.external_data()) {
    StringRef key = entry.key(), value = entry.value();
    if (key == "location") {
      location = entry.value();
    } else if (key == "offset" || key == "length") {
      int64_t &number = key == "offset" ? offset : length;
      if (value.getAsInteger(10, number) || number < 0) {
        g.fail(name + "has " + key + " '" + value +
               "', expected a number of bytes of 0 or more");
        return {};
      }
    } else if (key != "checksum") {
      g.fail(name + "has the unknown key '" + key +
             "', expected location, offset, length or checksum");
      return {};
    }
  }
  StringRef where = location;
  bool isOutside = where.empty() || where.contains('\0') ||
                   where.contains('\\') || llvm::sys::path::is_absolute(where);
  for (auto it = llvm::sys::path::begin(where);
       it != llvm::sys::path::end(where); ++it)
    isOutside |= *it == "..";
  if (isOutside || where.starts_with("*/")) {
    g.fail(name + "lies at '" + where +
           "', expected a file in the model's folder or below, without '..'");
    return {};
  }
  auto &known = mapped[where];
  if (!known) {
    int file = openBeneath(llvm::sys::path::parent_path(path), where);
    if (file < 0) {
      StringRef reason = errno == ELOOP || errno == EXDEV
                             ? "it is a link or leads out of the model's folder"
                             : strerror(errno);
      g.fail(name + "cannot be read from '" + where + "': " + reason);
      return {};
    }
    auto mapping = std::make_shared<Mapping>();
    struct stat status;
    if (fstat(file, &status) || !S_ISREG(status.st_mode) ||
        status.st_nlink > 1) {
      close(file);
      g.fail(name + "'" + where +
             "' is not a file of one name, expected no folder, device or hard "
             "link");
      return {};
    }
    mapping->bytes = status.st_size;
    if (mapping->bytes)
      mapping->data =
          mmap(nullptr, mapping->bytes, PROT_READ, MAP_PRIVATE, file, 0);
    close(file);
    if (mapping->bytes && mapping->data == MAP_FAILED) {
      g.fail(name + "'" + where + "' cannot be mapped into memory");
      return {};
    }
    known = mapping;
  }
  auto *mapping = static_cast<Mapping *>(known.get());
  if (length >= 0 && length != bytes) {
    g.fail(name + "has " + Twine(length) + " bytes, the shape needs " +
           Twine(bytes));
    return {};
  }
  if (uint64_t(offset) > mapping->bytes ||
      uint64_t(bytes) > mapping->bytes - uint64_t(offset)) {
    g.fail(name + "of " + Twine(bytes) + " bytes at " + Twine(offset) +
           " reaches beyond the end of '" + where + "', which has " +
           Twine(mapping->bytes));
    return {};
  }
  owner = known;
  return {static_cast<char *>(mapping->data) + offset, size_t(bytes)};
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

/// Unpacks elements of less than a byte, each into a byte as dl stores them.
static SmallVector<APInt> unpack(ArrayRef<char> bytes, int64_t count,
                                 unsigned width) {
  SmallVector<APInt> result;
  for (int64_t i = 0; i < count; ++i) {
    unsigned bit = i * width;
    result.push_back(APInt(width, (uint8_t(bytes[bit / 8]) >> (bit % 8)) &
                                      ((1 << width) - 1)));
  }
  return result;
}

/// Elements that stand in one of a tensor's lists.
struct ListedData {
  /// The entries that the list has, and those that the shape needs.
  int64_t given = 0, entries = 0;
  /// The elements as in memory, if those are as many.
  std::vector<char> bytes;
};

/// There is one list per family of types; most hold one element per entry.
static ListedData readList(const TensorProto &tensor, int64_t count,
                           int64_t bytes, unsigned width) {
  ListedData data;
  data.entries = count;
  auto copy = [&](const auto &list, auto sample) {
    using T = decltype(sample);
    data.given = list.size();
    if (data.given != data.entries)
      return;
    data.bytes.resize(size_t(data.entries) * sizeof(T));
    T *to = reinterpret_cast<T *>(data.bytes.data());
    for (auto value : list)
      *to++ = T(value);
  };
  switch (tensor.data_type()) {
  case TensorProto::FLOAT:
    copy(tensor.float_data(), float());
    break;
  case TensorProto::DOUBLE:
    copy(tensor.double_data(), double());
    break;
  case TensorProto::INT64:
    copy(tensor.int64_data(), int64_t());
    break;
  case TensorProto::UINT32:
  case TensorProto::UINT64:
    if (width == 32)
      copy(tensor.uint64_data(), uint32_t());
    else
      copy(tensor.uint64_data(), uint64_t());
    break;
  default:
    if (width == 4 || width == 2)
      data.entries = bytes; // packed: an entry is a byte
    if (width <= 8)
      copy(tensor.int32_data(), uint8_t());
    else if (width == 16)
      copy(tensor.int32_data(), uint16_t());
    else
      copy(tensor.int32_data(), int32_t());
  }
  return data;
}

/// Truth values, a byte each, or elements of 4 or 2 bits, packed.
static ElementsAttr readSubByte(RankedTensorType type, ArrayRef<char> data) {
  Type element = type.getElementType();
  unsigned width = element.getIntOrFloatBitWidth();
  if (width == 1) {
    SmallVector<bool> bits;
    for (char byte : data)
      bits.push_back(byte != 0);
    return DenseElementsAttr::get(type, bits);
  }
  SmallVector<APInt> elements = unpack(data, type.getNumElements(), width);
  if (!isa<FloatType>(element))
    return DenseElementsAttr::get(type, elements);
  SmallVector<APFloat> floats;
  for (const APInt &bits : elements)
    floats.push_back(
        APFloat(cast<FloatType>(element).getFloatSemantics(), bits));
  return DenseElementsAttr::get(type, floats);
}

ElementsAttr Importer::readTensor(const TensorProto &tensor) {
  std::string name = "tensor '" + tensor.name() + "' ";
  auto fail = [&](const Twine &message) {
    g.fail(name + message);
    return ElementsAttr();
  };
  Type element = elementType(b.getContext(), tensor.data_type());
  if (!element)
    return fail("has elements of " + dataTypeName(tensor.data_type()) +
                ", which dlc does not have");
  if (tensor.has_segment())
    return fail("is a segment, expected a whole tensor");
  unsigned width = element.getIntOrFloatBitWidth();
  Ints shape;
  int64_t count = 1, bits;
  bool overflow = false;
  for (int64_t extent : tensor.dims()) {
    if (extent < 0)
      return fail("has the negative extent " + Twine(extent));
    shape.push_back(extent);
  }
  for (int64_t extent : shape)
    overflow |= llvm::MulOverflow(count, extent, count);
  overflow |= llvm::MulOverflow(count, int64_t(width == 1 ? 8 : width), bits);
  if (overflow)
    return fail("has more elements than memory can hold");
  int64_t bytes = llvm::divideCeil(uint64_t(bits), 8);
  auto type = RankedTensorType::get(shape, element);

  std::shared_ptr<void> owner = model;
  ArrayRef<char> data;
  std::vector<char> converted;
  if (tensor.data_location() == TensorProto::EXTERNAL) {
    data = externalData(tensor, bytes, owner);
    if (g.failed)
      return {};
  } else if (tensor.external_data_size()) {
    return fail("has external data without saying so in data_location");
  } else if (tensor.has_raw_data()) {
    data = ArrayRef<char>(tensor.raw_data().data(), tensor.raw_data().size());
    if (int64_t(data.size()) != bytes)
      return fail("has " + Twine(data.size()) + " bytes of data, its shape " +
                  dl::toString(shape) + " needs " + Twine(bytes));
  } else {
    ListedData list = readList(tensor, count, bytes, width);
    if (list.given != list.entries)
      return fail("has " + Twine(list.given) + " values, its shape " +
                  dl::toString(shape) + " needs " + Twine(list.entries));
    converted = std::move(list.bytes);
    data = ArrayRef<char>(converted.data(), size_t(bytes));
  }
  if (width < 8)
    return readSubByte(type, data);
  if (count == 0)
    return DenseElementsAttr::get(type, ArrayRef<Attribute>());
  if (bytes <= inlineBytes)
    return DenseElementsAttr::getFromRawBuffer(type, data);
  bool isAligned = reinterpret_cast<uintptr_t>(data.data()) % (width / 8) == 0;
  StringRef key = tensor.name().empty() ? "constant" : StringRef(tensor.name());
  if (!converted.empty() || !isAligned || copies)
    return DenseResourceElementsAttr::get(
        type, key,
        HeapAsmResourceBlob::allocateAndCopyWithAlign(data, /*align=*/64));
  return DenseResourceElementsAttr::get(type, key,
                                        AsmResourceBlob(
                                            data, width / 8,
                                            [owner](void *, size_t, size_t) {},
                                            /*dataIsMutable=*/false));
}

ElementsAttr Importer::readSparse(const onnx::SparseTensorProto &sparse) {
  auto fail = [&](const Twine &message) {
    g.fail("sparse tensor '" + sparse.values().name() + "' " + message);
    return ElementsAttr();
  };
  Ints shape;
  int64_t count = 1;
  bool overflow = false;
  for (int64_t extent : sparse.dims()) {
    if (extent < 0)
      return fail("has a negative extent");
    shape.push_back(extent);
  }
  for (int64_t extent : shape)
    overflow |= llvm::MulOverflow(count, extent, count);
  // A small file could ask for the memory of all elements.
  if (overflow || count > (int64_t(1) << 28))
    return fail("of shape " + dl::toString(shape) +
                " has more elements than a dense one may have (2^28)");
  ElementsAttr valuesAttr = readTensor(sparse.values());
  ElementsAttr indicesAttr = readTensor(sparse.indices());
  if (!valuesAttr || !indicesAttr)
    return {};
  auto bytesOf = [](ElementsAttr attr) -> ArrayRef<char> {
    if (auto resource = dyn_cast<DenseResourceElementsAttr>(attr))
      return resource.getRawHandle().getBlob()->getData();
    return cast<DenseElementsAttr>(attr).getRawData();
  };
  Type element = valuesAttr.getElementType();
  unsigned width = element.getIntOrFloatBitWidth();
  auto indexType = cast<RankedTensorType>(indicesAttr.getType());
  auto valueType = cast<RankedTensorType>(valuesAttr.getType());
  if (width < 8 || valueType.getRank() != 1 ||
      !indexType.getElementType().isInteger(64))
    return fail("needs a vector of values of a byte or more and i64 indices");
  int64_t entries = valueType.getNumElements(), rank = shape.size();
  bool isFlat = indexType.getRank() == 1;
  if (indexType.getDimSize(0) != entries ||
      (!isFlat &&
       (indexType.getRank() != 2 || indexType.getDimSize(1) != rank)))
    return fail("has indices that do not fit its values and rank");
  if (count == 0)
    return DenseElementsAttr::get(RankedTensorType::get(shape, element),
                                  ArrayRef<Attribute>());
  SmallVector<int64_t> indices;
  if (indexType.getNumElements())
    for (APInt index :
         cast<DenseElementsAttr>(isa<DenseElementsAttr>(indicesAttr)
                                     ? indicesAttr
                                     : DenseElementsAttr::getFromRawBuffer(
                                           indexType, bytesOf(indicesAttr)))
             .getValues<APInt>())
      indices.push_back(index.getSExtValue());
  std::vector<char> dense(size_t(count) * width / 8, 0);
  ArrayRef<char> values;
  std::vector<char> splat;
  if (entries) {
    values = bytesOf(valuesAttr);
    if (valuesAttr.isSplat())
      while (splat.size() < size_t(entries) * width / 8)
        splat.insert(splat.end(), values.begin(), values.begin() + width / 8);
    if (!splat.empty())
      values = splat;
  }
  for (int64_t i = 0; i < entries; ++i) {
    int64_t at = 0;
    for (int64_t d = 0; d < (isFlat ? 1 : rank); ++d) {
      int64_t index = indices[isFlat ? i : i * rank + d];
      int64_t extent = isFlat ? count : shape[d];
      if (index < 0 || index >= extent)
        return fail("has the index " + Twine(index) + " outside of its shape " +
                    dl::toString(shape));
      at = isFlat ? index : at * extent + index;
    }
    std::copy_n(values.begin() + i * width / 8, width / 8,
                dense.begin() + at * width / 8);
  }
  return DenseResourceElementsAttr::get(
      RankedTensorType::get(shape, element), "sparse",
      HeapAsmResourceBlob::allocateAndCopyWithAlign(ArrayRef<char>(dense),
                                                    /*align=*/64));
}

} // namespace dlc::onnx_import
