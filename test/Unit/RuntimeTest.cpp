//===- RuntimeTest.cpp - The runtime with a model written by hand ---------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

extern "C" {
#include "Runtime/Model.h"
}
#include "gtest/gtest.h"
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

/// The allocation of aligned memory, counted from the call of `failAllocation`,
/// that fails; 0: none does. The linker puts this in place of libc's.
static std::atomic<int> allocationsLeft{0};

static void failAllocation(int number) { allocationsLeft = number; }

extern "C" void *__real_aligned_alloc(size_t alignment, size_t bytes);
extern "C" void *__wrap_aligned_alloc(size_t alignment, size_t bytes) {
  if (allocationsLeft > 0 && allocationsLeft.fetch_sub(1) == 1)
    return nullptr;
  return __real_aligned_alloc(alignment, bytes);
}

namespace {

/// One function `twice`: y[?, 3] = 2 x[?, 3]; fails its check where x has 13
/// rows.
struct Buffer {
  float *allocated, *aligned;
  int64_t offset, sizes[2], strides[2];
};

/// What the kernel does instead, where a test says so.
std::function<void(dlc_context *)> kernel;

void runTwice(dlc_context *context, int64_t, void *const *buffers, void *) {
  if (kernel)
    return kernel(context);
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
const dlc_library_info library = {sizeof(dlc_library_info),
                                  DLC_ABI_VERSION,
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

/// Options of a program whose header had fewer fields, or will have more.
class Options : public ::testing::Test {
protected:
  dlc_status create(size_t size) {
    options.known.size = size;
    dlc_status status =
        dlc_rt_create(&context, &options.known, DLC_ABI_VERSION, 42);
    message = dlc_rt_error(context);
    threads = dlc_rt_threads(context);
    dlc_rt_destroy(context);
    return status;
  }

  struct {
    dlc_options known;
    char later[64];
  } options = {};
  dlc_context *context = nullptr;
  std::string message;
  int threads = 0;
};

TEST_F(Options, FieldsThatAreMissingAreZero) {
  alignas(64) static char memory[64];
  options.known.threads = 1;
  options.known.workspace = memory + 4; // refused where it is read
  EXPECT_EQ(create(sizeof(dlc_options)), DLC_ERROR_ALIGNMENT);
  EXPECT_EQ(create(offsetof(dlc_options, workspace)), DLC_OK) << message;
  EXPECT_EQ(threads, 1);
}

TEST(Runtime, HasWordsForEachStatus) {
  std::set<std::string> texts;
  for (int status = DLC_OK; status <= DLC_ERROR_VALUE; ++status)
    texts.insert(dlc_status_text(status));
  EXPECT_EQ(texts.size(), size_t(DLC_ERROR_VALUE) + 1);
  EXPECT_STREQ(dlc_status_text(DLC_ERROR_SHAPE), "an extent is wrong");
  EXPECT_STREQ(dlc_status_text(-1), "unknown status");
}

/// What stays the same in all versions, and the version of the symbols.
TEST(Runtime, HasOneVersion) {
  EXPECT_EQ(DLC_ABI_SYMBOLS, "DLC_" + std::to_string(DLC_ABI_VERSION));
  EXPECT_EQ(offsetof(dlc_library_info, size), 0u);
  EXPECT_EQ(offsetof(dlc_library_info, abi_version), sizeof(size_t));
  EXPECT_EQ(offsetof(dlc_options, size), 0u);
}

TEST(Runtime, TellsWhichFieldsATableHas) {
  dlc_library_info info = library;
  EXPECT_TRUE(DLC_LIBRARY_HAS(&info, set));
  info.size = offsetof(dlc_library_info, set);
  EXPECT_FALSE(DLC_LIBRARY_HAS(&info, set));
  EXPECT_TRUE(DLC_LIBRARY_HAS(&info, get));
}

TEST(Runtime, SaysInLaterCallsWhyItWasNotCreated) {
  alignas(64) static char memory[64];
  dlc_options options = {};
  options.size = sizeof options;
  options.workspace = memory + 4;
  dlc_context *context = nullptr;
  ASSERT_EQ(dlc_rt_create(&context, &options, DLC_ABI_VERSION, 42),
            DLC_ERROR_ALIGNMENT);
  EXPECT_EQ(dlc_rt_call(context, 0, nullptr, nullptr), DLC_ERROR_ALIGNMENT);
  EXPECT_EQ(dlc_rt_save(context, "/tmp/none"), DLC_ERROR_ALIGNMENT);
  EXPECT_NE(std::strstr(dlc_rt_error(context), "not aligned"), nullptr);
  dlc_rt_destroy(context);
}

TEST_F(Options, FieldsThatAreUnknownMustBeZero) {
  EXPECT_EQ(create(sizeof options), DLC_OK) << message;
  options.later[63] = 1;
  EXPECT_EQ(create(sizeof options), DLC_ERROR_VERSION);
  EXPECT_NE(message.find("newer than this library"), std::string::npos);
}

TEST_F(Options, SayHowLargeTheyAre) {
  for (size_t size : {size_t(0), size_t(8), ~size_t(0)}) {
    EXPECT_EQ(create(size), DLC_ERROR_VERSION);
    EXPECT_NE(message.find("options.size = sizeof options"), std::string::npos);
  }
}

TEST(Runtime, UsesTheCallersWorkspaceAndNoMore) {
  alignas(64) static char memory[128];
  dlc_options options = {};
  options.size = sizeof options;
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
    options.size = sizeof options;
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

//===----------------------------------------------------------------------===//
// Executors, failures in tasks, nested loops
//===----------------------------------------------------------------------===//

using Body = void (*)(void *data, int64_t i);
using Executor = std::function<void(int64_t count, Body body, void *data)>;
using Task = std::function<void(int64_t begin, int64_t end, int64_t worker)>;

void parallelFor(dlc_context *context, int64_t tasks, const Task &task) {
  dlc_rt_parallel_for(
      context, tasks, 1000000,
      [](int64_t begin, int64_t end, int64_t worker, void *data) {
        (*static_cast<const Task *>(data))(begin, end, worker);
      },
      const_cast<Task *>(&task));
}

/// A context of four threads, on machines with fewer too where an executor of
/// the caller's stands for them.
class Loops : public ::testing::Test {
protected:
  void TearDown() override {
    kernel = nullptr;
    dlc_rt_destroy(context);
  }

  void create(Executor given = nullptr) {
    executor = std::move(given);
    dlc_options options = {};
    options.size = sizeof options;
    if (executor) {
      options.parallel_for = [](void *user, int64_t count, Body body,
                                void *data) {
        static_cast<Loops *>(user)->executor(count, body, data);
      };
      options.parallel_user = this;
    }
    ASSERT_EQ(dlc_rt_create(&context, &options, DLC_ABI_VERSION, 42), DLC_OK);
    if (dlc_rt_threads(context) < 2)
      GTEST_SKIP() << "one processor alone: loops are not shared";
  }

  dlc_status call() {
    float data[3] = {};
    int64_t shape[] = {1, 3};
    dlc_tensor in = {data, shape, 2, DLC_F32}, out = in;
    float result[3];
    out.data = result;
    return dlc_rt_call(context, 0, &in, &out);
  }

  /// Every task once, and nobody else on the same worker's memory.
  void checkLoop() {
    std::vector<std::atomic<int>> seen(100), workers(64);
    std::atomic<int> clashes{0};
    kernel = [&](dlc_context *context) {
      parallelFor(context, 100, [&](int64_t begin, int64_t end, int64_t w) {
        clashes += workers[w]++ != 0;
        for (int64_t i = begin; i < end; ++i)
          ++seen[i];
        --workers[w];
      });
    };
    ASSERT_EQ(call(), DLC_OK) << dlc_rt_error(context);
    for (auto &count : seen)
      EXPECT_EQ(count, 1);
    EXPECT_EQ(clashes, 0);
  }

  Executor executor;
  dlc_context *context = nullptr;
};

TEST_F(Loops, OnThePool) {
  create();
  checkLoop();
}

TEST_F(Loops, OnAnExecutorThatRunsThemInAnyOrder) {
  int calls = 0;
  create([&](int64_t count, Body body, void *data) {
    ++calls;
    EXPECT_EQ(count, dlc_rt_threads(context));
    for (int64_t i = count; i-- > 0;)
      body(data, i);
  });
  checkLoop();
  EXPECT_EQ(calls, 1);
}

TEST_F(Loops, OnAnExecutorWithThreadsOfItsOwn) {
  create([](int64_t count, Body body, void *data) {
    std::vector<std::thread> threads;
    for (int64_t i = 0; i < count; ++i)
      threads.emplace_back(body, data, i);
    for (std::thread &thread : threads)
      thread.join();
  });
  checkLoop();
}

TEST_F(Loops, OnAnExecutorThatLeavesSomeOutAndRepeatsOthers) {
  create([](int64_t count, Body body, void *data) {
    body(data, 0);
    body(data, 0);
    body(data, -1);
    body(data, count);
  });
  checkLoop();
  executor = [](int64_t, Body, void *) {};
  checkLoop();
}

/// Fails in a task; the caller's thread gets the message, others go on.
TEST_F(Loops, AFailureInATaskEndsTheCallThere) {
  create();
  for (int round = 0; round < 200; ++round) {
    kernel = [&](dlc_context *context) {
      parallelFor(context, 100, [&](int64_t begin, int64_t end, int64_t) {
        for (int64_t i = begin; i < end; ++i)
          if (i % 50 == round % 50)
            dlc_rt_fail(context, "not a label");
      });
      ADD_FAILURE() << "the call goes on";
    };
    EXPECT_EQ(call(), DLC_ERROR_VALUE);
    EXPECT_STREQ(dlc_rt_error(context), "not a label");
    checkLoop();
  }
}

TEST_F(Loops, AFailureNeverJumpsOutOfAnExecutor) {
  int entered = 0, left = 0, bodies = 0, tasks = 0;
  create([&](int64_t count, Body body, void *data) {
    ++entered;
    for (int64_t i = 0; i < count; ++i) {
      std::thread(body, data, i).join();
      ++bodies;
    }
    ++left;
  });
  kernel = [&](dlc_context *context) {
    parallelFor(context, 100, [&](int64_t, int64_t, int64_t) {
      ++tasks;
      dlc_rt_fail(context, "not a label");
    });
  };
  EXPECT_EQ(call(), DLC_ERROR_VALUE);
  EXPECT_EQ(entered, 1);
  EXPECT_EQ(left, 1);
  EXPECT_EQ(bodies, dlc_rt_threads(context));
  EXPECT_EQ(tasks, 1) << "a task begins after one has failed";
}

/// Memory ends in one task of a hundred, on whichever thread runs it.
class LackOfMemory : public Loops {
protected:
  /// `isNested`: in a loop within the task.
  void check(bool isNested) {
    for (int number = 1; number <= 100; ++number) {
      std::atomic<int> begun{0}, done{0};
      const Task allocate = [&](int64_t begin, int64_t end, int64_t) {
        for (int64_t i = begin; i < end; ++i) {
          ++begun;
          std::memset(dlc_rt_allocate(context, 64), 1, 64);
          ++done;
        }
      };
      kernel = [&](dlc_context *context) {
        failAllocation(number);
        parallelFor(context, 100, [&](int64_t begin, int64_t end, int64_t w) {
          if (!isNested)
            return allocate(begin, end, w);
          for (int64_t i = begin; i < end; ++i)
            parallelFor(context, 1, allocate);
        });
        ADD_FAILURE() << "the call goes on";
      };
      const auto self = std::this_thread::get_id();
      EXPECT_EQ(call(), DLC_ERROR_MEMORY);
      EXPECT_EQ(std::this_thread::get_id(), self);
      EXPECT_LE(allocationsLeft, 0);
      EXPECT_STREQ(dlc_rt_error(context), "no memory for 64 bytes of a value");
      EXPECT_EQ(begun, done + 1);
      EXPECT_GE(begun, number);
      // The seats, the pool and the memory of the context are as before.
      checkLoop();
    }
  }
};

TEST_F(LackOfMemory, OnThePool) {
  create();
  check(/*isNested=*/false);
}

TEST_F(LackOfMemory, OnThePoolInALoopWithinATask) {
  create();
  check(/*isNested=*/true);
}

TEST_F(LackOfMemory, OnAnExecutorWithThreadsOfItsOwn) {
  create([](int64_t count, Body body, void *data) {
    std::vector<std::thread> threads;
    for (int64_t i = 0; i < count; ++i)
      threads.emplace_back(body, data, i);
    for (std::thread &thread : threads)
      thread.join();
  });
  check(/*isNested=*/false);
}

TEST_F(LackOfMemory, OfASizeThatOverflows) {
  create();
  kernel = [&](dlc_context *context) {
    parallelFor(context, 100, [&](int64_t, int64_t, int64_t) {
      dlc_rt_allocate(context, -1);
    });
  };
  EXPECT_EQ(call(), DLC_ERROR_MEMORY);
}

TEST_F(Loops, WithinATaskRunThereWithTheMemoryOfTheTask) {
  create();
  std::vector<std::atomic<int>> seen(100);
  std::atomic<int> wrong{0};
  kernel = [&](dlc_context *context) {
    parallelFor(context, 10, [&](int64_t begin, int64_t end, int64_t outer) {
      const auto self = std::this_thread::get_id();
      for (int64_t i = begin; i < end; ++i)
        parallelFor(context, 10, [&](int64_t from, int64_t to, int64_t inner) {
          wrong += inner != outer || std::this_thread::get_id() != self;
          for (int64_t k = from; k < to; ++k)
            ++seen[i * 10 + k];
        });
    });
  };
  EXPECT_EQ(call(), DLC_OK);
  EXPECT_EQ(wrong, 0);
  for (auto &count : seen)
    EXPECT_EQ(count, 1);
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
