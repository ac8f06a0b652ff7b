//===- StructConstant.h - Constants of the runtime's structs ----*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The compiler fills structs that the runtime declares in C. The C++ compiler
// checks the names and types of their fields against the C headers. The
// offsets, and that no field is missing, are checked against the struct as
// clang compiled it for the runtime.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_LIB_TARGET_STRUCTCONSTANT_H
#define DLC_LIB_TARGET_STRUCTCONSTANT_H

#include "llvm/ADT/STLForwardCompat.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/DerivedTypes.h"
#include <string>
#include <type_traits>

namespace llvm {
class DataLayout;
} // namespace llvm

namespace dlc {

/// The LLVM type of a C function type.
template <typename Function> struct FunctionTypeOf;

/// The LLVM type of a C type other than a struct.
template <typename T> auto *typeOf(llvm::LLVMContext &context) {
  if constexpr (std::is_function_v<T>) {
    return FunctionTypeOf<T>::get(context);
  } else if constexpr (std::is_void_v<T>) {
    return llvm::Type::getVoidTy(context);
  } else if constexpr (std::is_pointer_v<T>) {
    return llvm::PointerType::get(context, 0);
  } else {
    static_assert(std::is_integral_v<T> || std::is_enum_v<T>);
    return llvm::IntegerType::get(context, 8 * sizeof(T));
  }
}

template <typename Result, typename... Parameters>
struct FunctionTypeOf<Result(Parameters...)> {
  static llvm::FunctionType *get(llvm::LLVMContext &context) {
    return llvm::FunctionType::get(typeOf<Result>(context),
                                   {typeOf<Parameters>(context)...},
                                   /*isVarArg=*/false);
  }
};

/// A constant of the C type T.
template <typename T> struct Typed {
  llvm::Constant *constant;
};

/// Builds a struct constant field by field. Each field must be set exactly
/// once, at the offset of a field of the struct and with a constant of its
/// type. The first error is reported in `problem`.
class StructConstant {
public:
  StructConstant(llvm::StructType *type, const llvm::DataLayout &layout,
                 std::string &problem)
      : type(type), layout(layout), problem(problem),
        fields(type->getNumElements()) {}

  void set(uint64_t offset, llvm::Constant *value);
  /// Returns the constant; a null value if there was an error.
  llvm::Constant *finish();

private:
  void report(const llvm::Twine &what);

  llvm::StructType *type;
  const llvm::DataLayout &layout;
  std::string &problem;
  llvm::SmallVector<llvm::Constant *> fields;
};

/// A StructConstant whose fields are set by their names in C.
template <typename Struct> class Table {
public:
  Table(llvm::StructType *type, const llvm::DataLayout &layout,
        std::string &problem)
      : constant(type, layout, problem), context(type->getContext()) {}

  template <typename T>
  Table &set(T Struct::*field, Typed<llvm::type_identity_t<T>> value) {
    constant.set(offsetOf(field), value.constant);
    return *this;
  }
  template <typename T, typename = std::enable_if_t<std::is_integral_v<T>>>
  Table &set(T Struct::*field, llvm::type_identity_t<T> value) {
    constant.set(offsetOf(field),
                 llvm::ConstantInt::get(typeOf<T>(context), uint64_t(value),
                                        std::is_signed_v<T>));
    return *this;
  }
  Typed<Struct> finish() { return {constant.finish()}; }

  template <typename T> static uint64_t offsetOf(T Struct::*field) {
    static const Struct object{};
    return reinterpret_cast<const char *>(&(object.*field)) -
           reinterpret_cast<const char *>(&object);
  }

private:
  StructConstant constant;
  llvm::LLVMContext &context;
};

} // namespace dlc

#endif // DLC_LIB_TARGET_STRUCTCONSTANT_H
