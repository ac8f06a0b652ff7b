//===- StructConstantTest.cpp - Constants of the runtime's structs --------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Target/StructConstant.h"
#include "dlc/Target/Emit.h"
#include "llvm/AsmParser/Parser.h"
#include "llvm/IR/DataLayout.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Support/SourceMgr.h"
#include "gtest/gtest.h"
#include <cstddef>

namespace {

struct Pair {
  const char *name;
  int32_t count, rest;
};

class StructConstantTest : public ::testing::Test {
protected:
  dlc::Table<Pair> table(llvm::ArrayRef<llvm::Type *> fields) {
    return {llvm::StructType::create(context, fields, "struct.pair"), layout,
            problem};
  }
  dlc::Typed<const char *> noName() {
    return {llvm::ConstantPointerNull::get(ptr)};
  }

  llvm::LLVMContext context;
  llvm::DataLayout layout{"e-m:e-i64:64"};
  llvm::PointerType *ptr = llvm::PointerType::get(context, 0);
  llvm::Type *i32 = llvm::Type::getInt32Ty(context);
  llvm::Type *i64 = llvm::Type::getInt64Ty(context);
  std::string problem;
};

TEST_F(StructConstantTest, TakesFieldsInAnyOrder) {
  llvm::Constant *value = table({ptr, i32, i32})
                              .set(&Pair::rest, -2)
                              .set(&Pair::count, 1)
                              .set(&Pair::name, noName())
                              .finish()
                              .constant;
  EXPECT_EQ(problem, "");
  EXPECT_TRUE(value->getAggregateElement(1u)->isOneValue());
  EXPECT_EQ(llvm::cast<llvm::ConstantInt>(value->getAggregateElement(2u))
                ->getSExtValue(),
            -2);
}

TEST_F(StructConstantTest, FindsAFieldThatIsNotSet) {
  table({ptr, i32, i32})
      .set(&Pair::name, noName())
      .set(&Pair::count, 1)
      .finish();
  EXPECT_EQ(problem, "struct.pair: the field at offset 12 is not set");
}

TEST_F(StructConstantTest, FindsAFieldThatTheCompilerDoesNotKnow) {
  table({ptr, i32, i32, ptr})
      .set(&Pair::name, noName())
      .set(&Pair::count, 1)
      .set(&Pair::rest, 2)
      .finish();
  EXPECT_EQ(problem, "struct.pair: the field at offset 16 is not set");
}

TEST_F(StructConstantTest, FindsAFieldThatTheRuntimeDoesNotKnow) {
  table({ptr}).set(&Pair::name, noName()).set(&Pair::count, 1).finish();
  EXPECT_EQ(problem, "struct.pair: no field at offset 8");
}

TEST_F(StructConstantTest, FindsAFieldOfAnotherType) {
  table({ptr, i64}).set(&Pair::name, noName()).set(&Pair::count, 1).finish();
  EXPECT_EQ(problem, "struct.pair: the field at offset 8 is set to a value of "
                     "another type");
}

TEST_F(StructConstantTest, FindsAFieldThatLiesElsewhere) {
  table({ptr, i64}).set(&Pair::name, noName()).set(&Pair::rest, 1).finish();
  EXPECT_EQ(problem, "struct.pair: no field begins at offset 12");
}

TEST_F(StructConstantTest, FindsAFieldThatIsSetTwice) {
  table({ptr, i32}).set(&Pair::count, 1).set(&Pair::count, 1).finish();
  EXPECT_EQ(problem, "struct.pair: the field at offset 8 is set twice");
}

TEST_F(StructConstantTest, KnowsTheTypesOfFunctions) {
  using Function = int32_t (*)(const char *, uint64_t, void (*)(Pair *));
  EXPECT_EQ(dlc::typeOf<std::remove_pointer_t<Function>>(context),
            llvm::FunctionType::get(i32, {ptr, i64, ptr}, false));
}

/// The library of one function without arguments, whose kernel calls the
/// runtime's dlc_rt_fail with these parameters.
std::string emit(llvm::StringRef parameters, llvm::StringRef arguments) {
  std::string text = (R"(
    declare void @dlc_rt_fail()" +
                      parameters + R"()
    define void @_mlir_ciface_f.kernel(ptr %context, i64 %workers, ptr %arena) {
      call void @dlc_rt_fail()" +
                      arguments + R"()
      ret void
    }
    define void @_mlir_ciface_f.kernel.shapes(ptr %result) { ret void }
    define i64 @_mlir_ciface_f.kernel.workspace(ptr %context, i64 %workers) {
      ret i64 0
    })")
                         .str();
  llvm::LLVMContext context;
  llvm::SMDiagnostic diagnostic;
  std::unique_ptr<llvm::Module> module =
      llvm::parseAssemblyString(text, diagnostic, context);
  if (!module)
    return diagnostic.getMessage().str();
  dlc::Interface interface;
  interface.name = interface.prefix = "m";
  dlc::Function function;
  function.name = function.cName = "f";
  function.kernel = "f.kernel";
  interface.functions.push_back(function);
  llvm::Expected<dlc::Processor> processor = dlc::Processor::get("native");
  if (!processor)
    return llvm::toString(processor.takeError());
  dlc::Kernels kernels;
  kernels[{"f.kernel", processor->cpu}] = {
      "f.kernel", "f.kernel.shapes", "f.kernel.workspace", {}};
  if (llvm::Error error = dlc::emitInterface(*module, interface, kernels,
                                             *processor, dlc::Weights(), true))
    return llvm::toString(std::move(error));
  return llvm::verifyModule(*module) ? "invalid" : "";
}

TEST(EmitInterface, ChecksCallsOfTheRuntime) {
  EXPECT_EQ(emit("ptr, ptr", "ptr %context, ptr null"), "");
  EXPECT_EQ(emit("ptr", "ptr %context"),
            "dlc and its runtime do not fit together: dlc_rt_fail is called "
            "with other types");
}

} // namespace
