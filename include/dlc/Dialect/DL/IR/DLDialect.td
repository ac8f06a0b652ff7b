//===- DLDialect.td - The dl dialect ----------------------------*- tablegen -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The dialect itself, the element types it computes with, and the base classes
// that every op family builds on. Op families live in files of their own.
//
//===----------------------------------------------------------------------===//

#ifndef DLC_DIALECT_DL_IR_DLDIALECT_TD
#define DLC_DIALECT_DL_IR_DLDIALECT_TD

include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

include "dlc/Dialect/DL/IR/DLInterfaces.td"

def DL_Dialect : Dialect {
  let name = "dl";
  let cppNamespace = "::dlc::dl";
  let summary = "Layers of neural networks as pure functions of tensors";
  let description = [{
    `dl` is the level at which a person writes a network: one op per layer, tensors
    in, tensors out, no side effects. These conventions hold for every op:

    - **Layout.** Feature maps are channels-last: `[N, W, C]`, `[N, H, W, C]`,
      `[N, D, H, W, C]`. Convolution filters are `[spatial..., C / groups, F]`.
      With one layout, each op has one lowering. Front ends with channels-first
      models transpose at inputs and outputs.
    - **Element types.** f32 and f64 are computed as they are. f16, bf16 and the
      8-bit and 4-bit floats are stored, and computed in f32. i1 holds truth values.
      Integers have 8 to 64 bits and are signed (`i8`) or unsigned (`ui8`); narrow
      ones are computed in i32 (ui32 in i64) and wrap when they are stored. An
      element of less than a byte is stored in a byte.
    - **`?` extents** are known only at run time. Only a static extent of 1
      broadcasts. Where two extents must agree and one of them is `?`, the generated
      library compares them before it writes anything.
    - **Weights** are `ml_program.global`s that hold a `dense_resource` or `dense`
      attribute. They are read with `ml_program.global_load_const`. Small constants
      may be `arith.constant`s.
    - **Names.** `dl.name` (a string) on an argument or result of a function is its
      name in the library's interface. `dl.dims` (a list of strings, one a
      dimension) on an argument names its extents for messages. `dl.parameter` (a
      string) on an `arith.constant` names the global that it becomes where
      parameters are learnt or saved.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
  let hasConstantMaterializer = 1;
  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;
  let hasRegionResultAttrVerify = 1;
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

defvar floats = [F16, BF16, F32, F64];
defvar integers = [I8, I16, I32, I64, UI8, UI16, UI32, UI64];
/// Only stored, moved and converted.
defvar storage = [F8E4M3FN, F8E4M3FNUZ, F8E5M2, F8E5M2FNUZ, F8E8M0FNU,
                  F4E2M1FN, I<4>, UI<4>, I<2>, UI<2>];

def DL_FloatTensor : RankedTensorOf<floats>;
def DL_IntegerTensor : RankedTensorOf<integers>;
def DL_NumberTensor : RankedTensorOf<!listconcat(floats, integers)>;
def DL_BoolTensor : RankedTensorOf<[I1]>;
def DL_BitTensor : RankedTensorOf<!listconcat([I1], integers)>;
def DL_IndexTensor : RankedTensorOf<[I32, I64]>;
def DL_Tensor : RankedTensorOf<!listconcat(floats, [I1], integers, storage)>;

//===----------------------------------------------------------------------===//
// Op base classes
//===----------------------------------------------------------------------===//

class DL_Op<string mnemonic, list<Trait> traits = []>
    : Op<DL_Dialect, mnemonic, !listconcat([Pure, DL_BoundedTensors], traits)>;

/// An op whose result types follow from operands and attributes. The .cpp file of
/// the family defines `inferReturnTypes` of each such op. That also reports all shape
/// errors, so each is written once.
class DL_InferredOp<string mnemonic, list<Trait> traits = []>
    : DL_Op<mnemonic, !listconcat(
          [DeclareOpInterfaceMethods<InferTypeOpInterface>], traits)> {
  /// Unknown extents are compatible with known ones.
  code compatibleDeclaration = [{
    static bool isCompatibleReturnTypes(::mlir::TypeRange inferred,
                                        ::mlir::TypeRange actual) {
      return ::dlc::dl::areCompatibleTypes(inferred, actual);
    }
  }];
  /// The .cpp file of the family defines this overload with named operands.
  code inferredDeclaration = compatibleDeclaration # [{
    static ::llvm::LogicalResult
    inferReturnTypes(::mlir::MLIRContext *context,
                     ::std::optional<::mlir::Location> loc, Adaptor op,
                     ::llvm::SmallVectorImpl<::mlir::Type> &types);
  }];
  let extraClassDeclaration = inferredDeclaration;
  let extraClassDefinition = [{
    ::llvm::LogicalResult $cppClass::inferReturnTypes(
        ::mlir::MLIRContext *context, ::std::optional<::mlir::Location> loc,
        ::mlir::ValueRange operands, ::mlir::DictionaryAttr attributes,
        ::mlir::OpaqueProperties properties, ::mlir::RegionRange regions,
        ::llvm::SmallVectorImpl<::mlir::Type> &types) {
      if (::llvm::failed(::dlc::dl::checkTensors(loc, getOperationName(), operands)))
        return ::llvm::failure();
      // The parser infers types before it fills in default values, and without
      // any properties if no attribute was written.
      Properties defaults;
      auto *given = properties.as<Properties *>();
      if (!given)
        given = &defaults;
      $cppClass::populateDefaultProperties(
          ::mlir::OperationName(getOperationName(), context), *given);
      return inferReturnTypes(
          context, loc, Adaptor(operands, attributes, *given, regions), types);
    }
  }];
}

#endif // DLC_DIALECT_DL_IR_DLDIALECT_TD
