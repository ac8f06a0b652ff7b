//===- OpsTest.cpp - No op of dl is forgotten -----------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Autodiff/Autodiff.h"
#include "dlc/Autodiff/Gradients.h"
#include "dlc/Conversion/DLToLinalg/DLToLinalg.h"
#include "dlc/Dialect/DL/IR/DL.h"
#include "dlc/Driver/Pipelines.h"
#include "dlc/Transforms/Transforms.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/MemoryBuffer.h"
#include "gtest/gtest.h"
#include <fstream>
#include <sstream>

using namespace mlir;

static std::string readFile(const std::string &path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

static std::vector<std::string> opNames(MLIRContext &context) {
  std::vector<std::string> names;
  for (RegisteredOperationName op : context.getRegisteredOperations())
    // What ends a cell is tested with it.
    if (op.getDialectNamespace() == "dl" &&
        !op.hasTrait<OpTrait::IsTerminator>())
      names.push_back(op.stripDialect().str());
  return names;
}

class OpsTest : public ::testing::Test {
protected:
  OpsTest() {
    DialectRegistry registry;
    dlc::registerDialects(registry);
    context.appendDialectRegistry(registry);
    context.loadAllAvailableDialects();
  }
  MLIRContext context;
};

TEST_F(OpsTest, ThereAreOps) { EXPECT_GT(opNames(context).size(), 60u); }

TEST_F(OpsTest, EveryOpHasATestFileThatVerifiesLowersAndRuns) {
  for (const std::string &name : opNames(context)) {
    std::string path =
        std::string(DLC_SOURCE_DIR) + "/test/Ops/" + name + ".mlir";
    std::string text = readFile(path);
    EXPECT_FALSE(text.empty()) << path << " is missing";
    EXPECT_NE(text.find("expected-error"), std::string::npos)
        << path << " refuses nothing";
    auto has = [&](const std::string &part) {
      return text.find(part) != std::string::npos;
    };
    // Layers of several ops are spelled out in dl first.
    EXPECT_TRUE(has("convert-dl-to-linalg") || has("dl-decompose"))
        << path << " checks no lowering";
    EXPECT_TRUE(has("%random " + name) || has("test/EndToEnd/" + name))
        << path << " executes nothing";
  }
}

TEST_F(OpsTest, EveryOpHasADerivativeOrSaysThatItHasNone) {
  for (RegisteredOperationName op : context.getRegisteredOperations()) {
    if (op.getDialectNamespace() != "dl" ||
        op.hasTrait<OpTrait::IsTerminator>() ||
        op.hasInterface<dlc::dl::DecomposableOpInterface>() ||
        op.hasTrait<dlc::dl::NotDifferentiable>())
      continue;
    std::string name = op.stripDialect().str();
    // Derivatives are replaced before others are taken of them.
    if (name == "grad")
      continue;
    EXPECT_TRUE(op.hasInterface<dlc::dl::ElementwiseOpInterface>() ||
                op.hasInterface<dlc::DifferentiableOpInterface>())
        << name << " has no derivative: neither a rule in lib/Autodiff, nor a "
        << "decomposition, nor the trait NotDifferentiable";
    if (name == "scan" || name == "cast" || name == "require_finite")
      continue; // by the layers that they are part of
    std::string text =
        readFile(std::string(DLC_SOURCE_DIR) + "/test/Ops/" + name + ".mlir");
    EXPECT_NE(text.find("%gradient " + name), std::string::npos)
        << name << ": no test of its derivative";
  }
}

TEST_F(OpsTest, EveryOpHasAnExampleThatLowers) {
  // The first function of each test file is the op's example; it has to go all
  // the way to linalg.
  for (const std::string &name : opNames(context)) {
    std::string text =
        readFile(std::string(DLC_SOURCE_DIR) + "/test/Ops/" + name + ".mlir");
    text = text.substr(0, text.find("// -----"));
    ASSERT_NE(text.find("dl." + name), std::string::npos) << name;
    auto module = parseSourceString<ModuleOp>(text, &context);
    ASSERT_TRUE(bool(module)) << name;
    PassManager pm(&context);
    pm.addPass(dlc::createDifferentiate());
    pm.addPass(dlc::createDecompose());
    pm.addPass(dlc::createConvertDLToLinalg());
    ASSERT_TRUE(succeeded(pm.run(*module))) << name;
    module->walk([&](Operation *op) {
      EXPECT_NE(op->getName().getDialectNamespace(), "dl") << name;
    });
  }
}
