//===- RuntimeTest.cpp - The runtime with a model written by hand ---------===//

extern "C" {
#include "Runtime/Model.h"
}
#include "gtest/gtest.h"
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

namespace {

/// One function `twice`: y[?, 3] = 2 x[?, 3]; fails its check where x has 13
/// rows.
struct Buffer {
  float *allocated, *aligned;
  int64_t offset, sizes[2], strides[2];
};

void runTwice(dlc_context *, int64_t, void *const *buffers, void *) {
  auto *x = static_cast<Buffer *>(buffers[0]);
  auto *y = static_cast<Buffer *>(buffers[1]);
  for (int64_t i = 0; i < x->sizes[0] * x->sizes[1]; ++i)
    y->aligned[i] = 2 * x->aligned[i];
}

void shapesOfTwice(void *const *buffers, void *result) {
  auto *x = static_cast<Buffer *>(buffers[0]);
  int64_t *out = static_cast<int64_t **>(result)[1];
  out[0] = x->sizes[0] == 13 ? 1 : 0;
  out[1] = x->sizes[0];
  out[2] = x->sizes[1];
}

int64_t workspaceOfTwice(dlc_context *, int64_t, void *const *buffers) {
  return static_cast<Buffer *>(buffers[0])->sizes[0] * 64;
}

const int64_t shape[] = {-1, 3};
const dlc_argument arguments[] = {{"x", shape, 2, DLC_F32},
                                  {"y", shape, 2, DLC_F32}};
const dlc_function functions[] = {{"twice", arguments, 1, 1}};
const dlc_region regions[] = {{"twice", "line 1", "element-wise", -1, -1}};
const char *const messages[] = {"thirteen rows bring bad luck"};
const dlc_rt_kernel kernels[] = {
    {runTwice, shapesOfTwice, workspaceOfTwice, messages}};
const dlc_rt_weights_info noWeights = {nullptr, 0, 0, 0};
const dlc_library_info library = {DLC_ABI_VERSION,
                                  1,
                                  "hand",
                                  "by hand",
                                  "any",
                                  42,
                                  0,
                                  nullptr,
                                  functions,
                                  dlc_rt_create,
                                  dlc_rt_destroy,
                                  dlc_rt_error,
                                  dlc_rt_shapes,
                                  dlc_rt_reserve,
                                  dlc_rt_call,
                                  dlc_rt_threads,
                                  dlc_rt_processor,
                                  1,
                                  regions,
                                  dlc_rt_trace};
// The second one nobody has: every bit of leaf 7's edx.
const dlc_rt_version versions[] = {{"any", {}, kernels},
                                   {"future", {0, 0, 0, ~0u, 0}, kernels}};

} // namespace

extern "C" const dlc_rt_model dlc_rt_this_model = {&library, versions, 2,
                                                   &noWeights};

namespace {

class RuntimeTest : public ::testing::Test {
protected:
  void SetUp() override {
    ASSERT_EQ(dlc_rt_create(&context, nullptr, DLC_ABI_VERSION, 42), DLC_OK);
  }
  void TearDown() override { dlc_rt_destroy(context); }

  dlc_status call(void *x, std::vector<int64_t> xShape, void *y,
                  std::vector<int64_t> yShape, int element = DLC_F32) {
    dlc_tensor in = {x, xShape.data(), int32_t(xShape.size()), element};
    dlc_tensor out = {y, yShape.data(), int32_t(yShape.size()), DLC_F32};
    return dlc_rt_call(context, 0, &in, &out);
  }

  dlc_context *context = nullptr;
  alignas(64) float x[64] = {1, 2, 3, 4, 5, 6};
  alignas(64) float y[64] = {};
};

TEST_F(RuntimeTest, CallsAKernel) {
  ASSERT_EQ(call(x, {2, 3}, y, {2, 3}), DLC_OK) << dlc_rt_error(context);
  EXPECT_EQ(y[5], 12);
  EXPECT_STREQ(dlc_rt_error(context), "");
}

TEST_F(RuntimeTest, TypedCallTakesFreeExtentsInOrder) {
  void *data[] = {x, y};
  int64_t dims[] = {2};
  ASSERT_EQ(dlc_rt_call_typed(context, 0, data, dims), DLC_OK);
  EXPECT_EQ(y[4], 10);
  EXPECT_EQ(y[6], 0);
}

TEST_F(RuntimeTest, RefusesNullData) {
  EXPECT_EQ(call(nullptr, {2, 3}, y, {2, 3}), DLC_ERROR_NULL);
  EXPECT_STREQ(dlc_rt_error(context), "twice: the data of 'x' is null");
  EXPECT_EQ(call(x, {2, 3}, nullptr, {2, 3}), DLC_ERROR_NULL);
  EXPECT_EQ(dlc_rt_call(context, 0, nullptr, nullptr), DLC_ERROR_NULL);
  EXPECT_EQ(dlc_rt_call(nullptr, 0, nullptr, nullptr), DLC_ERROR_NULL);
}

TEST_F(RuntimeTest, RefusesAWrongRank) {
  EXPECT_EQ(call(x, {6}, y, {2, 3}), DLC_ERROR_RANK);
  EXPECT_STREQ(dlc_rt_error(context),
               "twice: 'x' has 1 dimensions, expected 2");
}

TEST_F(RuntimeTest, RefusesAWrongExtentAndWritesNothing) {
  EXPECT_EQ(call(x, {2, 4}, y, {2, 4}), DLC_ERROR_SHAPE);
  EXPECT_EQ(call(x, {2, 3}, y, {3, 3}), DLC_ERROR_SHAPE);
  EXPECT_EQ(call(x, {-1, 3}, y, {-1, 3}), DLC_ERROR_SHAPE);
  EXPECT_EQ(y[0], 0);
}

TEST_F(RuntimeTest, RefusesExtentsWhoseProductOverflows) {
  EXPECT_EQ(call(x, {int64_t(1) << 62, 3}, y, {int64_t(1) << 62, 3}),
            DLC_ERROR_SHAPE);
}

TEST_F(RuntimeTest, RefusesAWrongElementType) {
  EXPECT_EQ(call(x, {2, 3}, y, {2, 3}, DLC_F64), DLC_ERROR_ELEMENT);
  EXPECT_STREQ(dlc_rt_error(context),
               "twice: 'x' has elements of f64, expected f32");
}

TEST_F(RuntimeTest, RefusesMisalignedData) {
  EXPECT_EQ(call(reinterpret_cast<char *>(x) + 1, {2, 3}, y, {2, 3}),
            DLC_ERROR_ALIGNMENT);
}

TEST_F(RuntimeTest, ReportsTheMessageOfAFailedCheck) {
  std::vector<float> many(39), out(39);
  EXPECT_EQ(call(many.data(), {13, 3}, out.data(), {13, 3}), DLC_ERROR_SHAPE);
  EXPECT_NE(std::strstr(dlc_rt_error(context), "thirteen rows"), nullptr);
}

TEST_F(RuntimeTest, RefusesAnUnknownFunction) {
  dlc_tensor tensor = {};
  EXPECT_EQ(dlc_rt_call(context, 1, &tensor, &tensor), DLC_ERROR_FUNCTION);
}

TEST_F(RuntimeTest, TellsShapes) {
  int64_t xShape[] = {5, 3}, yShape[2] = {};
  dlc_tensor in = {nullptr, xShape, 2, DLC_F32};
  int64_t *outShapes[] = {yShape};
  ASSERT_EQ(dlc_rt_shapes(context, 0, &in, outShapes), DLC_OK);
  EXPECT_EQ(yShape[0], 5);
  EXPECT_EQ(yShape[1], 3);
}

TEST(Runtime, RefusesAnotherInterfaceAndStillTellsWhy) {
  dlc_context *context = nullptr;
  EXPECT_EQ(dlc_rt_create(&context, nullptr, DLC_ABI_VERSION, 43),
            DLC_ERROR_VERSION);
  ASSERT_NE(context, nullptr);
  EXPECT_NE(std::strstr(dlc_rt_error(context), "another version of hand"),
            nullptr);
  EXPECT_NE(dlc_rt_call(context, 0, nullptr, nullptr), DLC_OK);
  dlc_rt_destroy(context);
  EXPECT_EQ(dlc_rt_create(&context, nullptr, DLC_ABI_VERSION + 1, 42),
            DLC_ERROR_VERSION);
  dlc_rt_destroy(context);
  EXPECT_EQ(dlc_rt_create(nullptr, nullptr, DLC_ABI_VERSION, 42),
            DLC_ERROR_NULL);
}

TEST(Runtime, UsesTheCallersWorkspaceAndNoMore) {
  alignas(64) static char memory[128];
  dlc_options options = {};
  options.workspace = memory;
  options.workspace_bytes = sizeof memory;
  dlc_context *context = nullptr;
  ASSERT_EQ(dlc_rt_create(&context, &options, DLC_ABI_VERSION, 42), DLC_OK);
  int64_t small[] = {2, 3}, large[] = {3, 3};
  dlc_tensor in = {nullptr, small, 2, DLC_F32};
  EXPECT_EQ(dlc_rt_reserve(context, 0, &in), DLC_OK);
  in.shape = large;
  EXPECT_EQ(dlc_rt_reserve(context, 0, &in), DLC_ERROR_MEMORY);
  dlc_rt_destroy(context);
  options.workspace = memory + 4;
  EXPECT_EQ(dlc_rt_create(&context, &options, DLC_ABI_VERSION, 42),
            DLC_ERROR_ALIGNMENT);
  dlc_rt_destroy(context);
}

TEST(Runtime, ParallelForRunsEveryTaskOnceForAnyNumberOfThreads) {
  for (int threads : {1, 2, 7}) {
    dlc_options options = {};
    options.threads = threads;
    dlc_context *context = nullptr;
    ASSERT_EQ(dlc_rt_create(&context, &options, DLC_ABI_VERSION, 42), DLC_OK);
    std::vector<std::atomic<int>> seen(1000);
    dlc_rt_parallel_for(
        context, 1000, 1000000,
        [](int64_t begin, int64_t end, int64_t worker, void *data) {
          auto &counts = *static_cast<std::vector<std::atomic<int>> *>(data);
          EXPECT_GE(worker, 0);
          for (int64_t i = begin; i < end; ++i)
            ++counts[i];
        },
        &seen);
    for (auto &count : seen)
      EXPECT_EQ(count, 1);
    EXPECT_LE(dlc_rt_threads(context),
              int(std::thread::hardware_concurrency()));
    dlc_rt_destroy(context);
  }
}

TEST(Runtime, ThreadCountComesFromTheEnvironment) {
  setenv("DLC_NUM_THREADS", "1", 1);
  dlc_context *context = nullptr;
  ASSERT_EQ(dlc_rt_create(&context, nullptr, DLC_ABI_VERSION, 42), DLC_OK);
  EXPECT_EQ(dlc_rt_threads(context), 1);
  dlc_rt_destroy(context);
  unsetenv("DLC_NUM_THREADS");
}

TEST_F(RuntimeTest, TraceTakesWhatHasRoomAndCountsTheRest) {
  dlc_event events[1];
  dlc_trace trace = {events, 1, 0};
  dlc_rt_mark(context, 0); // nobody asked yet
  dlc_rt_trace(context, &trace);
  for (int i = 0; i < 3; ++i) {
    dlc_rt_mark(context, 0);
    dlc_rt_mark(context, -1);
  }
  EXPECT_EQ(trace.count, 3);
  EXPECT_EQ(events[0].region, 0);
  EXPECT_EQ(events[0].part, -1);
  EXPECT_LE(events[0].begin, events[0].end);
  dlc_rt_trace(context, nullptr);
  dlc_rt_mark(context, 0);
  EXPECT_EQ(trace.count, 3);
}

TEST_F(RuntimeTest, TakesTheBestVersionThatRunsHere) {
  EXPECT_STREQ(dlc_rt_processor(context), "any");
  dlc_context *other = nullptr;
  setenv("DLC_CPU", "future", 1);
  EXPECT_EQ(dlc_rt_create(&other, nullptr, DLC_ABI_VERSION, 42), DLC_ERROR_CPU);
  EXPECT_STREQ(dlc_rt_processor(other), "");
  unsetenv("DLC_CPU");
  dlc_rt_destroy(other);
}

} // namespace
