//===- WindowTest.cpp - The arithmetic of sliding windows -----------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "dlc/Dialect/DL/IR/Window.h"
#include "gtest/gtest.h"

using dlc::dl::AutoPadding;
using dlc::dl::Window;

static Window makeWindow(int64_t kernel, int64_t stride, int64_t dilation,
                         int64_t low, int64_t high) {
  Window window;
  window.kernel = {kernel};
  window.strides = {stride};
  window.dilations = {dilation};
  window.low = {low};
  window.high = {high};
  return window;
}

TEST(Window, ReachCountsTheGapsOfADilation) {
  EXPECT_EQ(makeWindow(3, 1, 1, 0, 0).effectiveKernel(0), 3);
  EXPECT_EQ(makeWindow(3, 1, 4, 0, 0).effectiveKernel(0), 9);
}

TEST(Window, ValidExtentIsOnePlusTheRoomOverTheStride) {
  EXPECT_EQ(makeWindow(5, 1, 1, 0, 0).outputExtent(0, 32), 28);
  EXPECT_EQ(makeWindow(2, 2, 1, 0, 0).outputExtent(0, 7), 3);
  EXPECT_EQ(makeWindow(3, 2, 1, 1, 1).outputExtent(0, 224), 112);
}

TEST(Window, CeilModeLetsTheLastWindowHangOverTheEdge) {
  Window window = makeWindow(2, 2, 1, 0, 0);
  window.ceilMode = true;
  EXPECT_EQ(window.outputExtent(0, 7), 4);
  EXPECT_EQ(window.outputExtent(0, 8), 4);
}

TEST(Window, CeilModeNeverBeginsAWindowInTrailingPadding) {
  Window window = makeWindow(2, 3, 1, 0, 1);
  window.ceilMode = true;
  EXPECT_EQ(window.outputExtent(0, 3), 1);
}

TEST(Window, SameDividesTheInputByTheStride) {
  Window window = makeWindow(4, 3, 1, 0, 0);
  window.isExplicit = false;
  window.mode = AutoPadding::same;
  EXPECT_EQ(window.outputExtent(0, 10), 4);
  EXPECT_EQ(window.outputExtent(0, 9), 3);
}

TEST(Window, TransposedExtentUndoesTheForwardOne) {
  Window window = makeWindow(4, 2, 1, 1, 1);
  int64_t forward = window.outputExtent(0, 16);
  EXPECT_EQ(window.transposedExtent(0, forward, 0), 16);
}

TEST(Window, UnknownStaysUnknown) {
  EXPECT_EQ(
      makeWindow(3, 1, 1, 0, 0).outputExtent(0, mlir::ShapedType::kDynamic),
      mlir::ShapedType::kDynamic);
}
