//===- OddTypesTest.cpp - Types that no op of dl takes
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//---------------------===//
//
// The parser infers result types before it has checked any operand, and
// verifiers run on whatever it gave: none may rely on a type that it has not
// looked at. Every op's example is read with odd types in place of its own, all
// at once and one by one.
//
//===----------------------------------------------------------------------===//

#include "dlc/Conversion/DLToLinalg/DLToLinalg.h"
#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Driver/Pipelines.h"
#include "dlc/Transforms/Transforms.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "gtest/gtest.h"
#include <fstream>
#include <sstream>

using namespace mlir;

namespace {
struct OddType {
  const char *text;
  bool isNever; // no op takes it
};

constexpr OddType oddTypes[] = {
    {"index", true},
    {"f32", true},
    {"none", true},
    {"tuple<>", true},
    {"memref<2xf32>", true},
    {"vector<2xf32>", true},
    {"tensor<*xf32>", true},
    {"tensor<2xindex>", true},
    {"tensor<2xcomplex<f32>>", true},
    {"tensor<2xi7>", true},
    {"tensor<2xi128>", true},
    {"tensor<2xsi32>", true},
    {"tensor<2xf80>", true},
    {"tensor<2xf128>", true},
    {"tensor<2xtf32>", true},
    {"tensor<9223372036854775807xf32>", true},
    {"tensor<0x9223372036854775807xf32>", true},
    {"tensor<3x9223372036854775807xf32>", true},
    {"tensor<2xi1>", false},
    {"tensor<2xi4>", false},
    {"tensor<2xui64>", false},
    {"tensor<2xf8E8M0FNU>", false},
    {"tensor<f32>", false},
    {"tensor<i64>", false},
    {"tensor<0xf32>", false},
    {"tensor<?x?x?x?xf32>", false},
    {"tensor<1x1x1x1x1x1x1x1x1xf32>", false},
};

class OddTypesTest : public ::testing::Test {
protected:
  OddTypesTest() {
    DialectRegistry registry;
    dlc::registerDialects(registry);
    context.appendDialectRegistry(registry);
    context.loadAllAvailableDialects();
    context.disableMultithreading();
  }

  std::vector<std::string> names() {
    std::vector<std::string> result;
    for (RegisteredOperationName op :
         context.getRegisteredOperationsByDialect("dl"))
      if (!op.hasTrait<OpTrait::IsTerminator>())
        result.push_back(op.stripDialect().str());
    return result;
  }

  /// The first function of an op's test, and where types of tensors stand in
  /// it.
  static std::string example(const std::string &name) {
    std::ifstream file(std::string(DLC_SOURCE_DIR) + "/test/Ops/" + name +
                       ".mlir");
    std::stringstream stream;
    stream << file.rdbuf();
    std::string text = stream.str();
    return text.substr(0, text.find("// -----"));
  }

  static std::vector<std::pair<size_t, size_t>> places(StringRef text) {
    std::vector<std::pair<size_t, size_t>> result;
    for (size_t at = text.find("tensor<"); at != StringRef::npos;
         at = text.find("tensor<", at + 1)) {
      // A comment's types are FileCheck's.
      size_t line = text.take_front(at).rfind('\n') + 1;
      if (text.substr(line).ltrim().starts_with("//"))
        continue;
      size_t end = at;
      for (int depth = 0; end < text.size(); ++end) {
        depth += (text[end] == '<') - (text[end] == '>');
        if (text[end] == '>' && depth == 0)
          break;
      }
      result.push_back({at, end + 1 - at});
    }
    return result;
  }

  /// Reads, and where that succeeds lowers, without a crash; whether it was
  /// read.
  bool read(StringRef text) {
    unsigned errors = 0;
    ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
      errors += diagnostic.getSeverity() == DiagnosticSeverity::Error;
      return success();
    });
    auto module = parseSourceString<ModuleOp>(text, &context);
    if (!module) {
      EXPECT_GT(errors, 0u) << "refused without a word:\n" << text.str();
      return false;
    }
    PassManager pm(&context);
    pm.addPass(dlc::createDecompose());
    pm.addPass(dlc::createConvertDLToLinalg());
    (void)pm.run(*module);
    return true;
  }

  MLIRContext context;
};
} // namespace

TEST_F(OddTypesTest, EveryOpRefusesOrTakesThemInAllPlaces) {
  for (const std::string &name : names()) {
    std::string text = example(name);
    auto all = places(text);
    ASSERT_FALSE(all.empty()) << name;
    for (const OddType &odd : oddTypes) {
      std::string changed = text;
      for (auto [at, size] : llvm::reverse(all))
        changed.replace(at, size, odd.text);
      bool isRead = read(changed);
      EXPECT_FALSE(odd.isNever && isRead)
          << "dl." << name << " takes " << odd.text << ":\n"
          << changed;
    }
  }
}

TEST_F(OddTypesTest, EveryOpRefusesOrTakesThemInOnePlace) {
  for (const std::string &name : names()) {
    std::string text = example(name);
    for (auto [at, size] : places(text))
      for (const OddType &odd : oddTypes) {
        std::string changed = text;
        changed.replace(at, size, odd.text);
        read(changed);
      }
  }
}

TEST_F(OddTypesTest, GenericFormsOfAnyNumberOfOperandsAreRefusedOrTaken) {
  for (const std::string &name : names())
    for (const OddType &odd : oddTypes)
      for (unsigned operands = 0; operands < 7; ++operands)
        for (unsigned results = 0; results < 3; ++results) {
          auto list = [&](unsigned count, StringRef text) {
            std::string joined;
            for (unsigned i = 0; i < count; ++i)
              joined += (i ? ", " : "") + text.str();
            return joined;
          };
          std::string text =
              "func.func @f(%x: " + std::string(odd.text) + ") {\n";
          if (results)
            text += "%y:" + std::to_string(results) + " = ";
          text += "\"dl." + name + "\"(" + list(operands, "%x") + ") : (" +
                  list(operands, odd.text) + ") -> (" +
                  list(results, odd.text) + ")\nreturn\n}\n";
          read(text);
        }
}
