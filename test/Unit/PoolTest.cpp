//===- PoolTest.cpp - Claim, sleep, wake, fork ----------------------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "PoolDriver.h"
#include "gtest/gtest.h"
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

using namespace std::chrono_literals;
using Piece = std::function<void(int32_t seat, int32_t share, int32_t piece)>;

constexpr int64_t large = 1000000;

void run(dlc_rt_pool *pool, int32_t shares, int32_t pieces, const Piece &piece,
         bool isEager = true, int64_t cost = large) {
  runLoop(
      pool, shares, pieces, cost, isEager,
      [](void *data, int32_t seat, int32_t share, int32_t number) {
        (*static_cast<const Piece *>(data))(seat, share, number);
      },
      const_cast<Piece *>(&piece));
}

/// Whether it comes true; a minute is long enough on any machine.
bool waitUntil(const std::function<bool()> &condition) {
  auto end = std::chrono::steady_clock::now() + 60s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end)
      return false;
    std::this_thread::yield();
  }
  return true;
}

/// A loop of two shares, each of which waits for the other: true once a worker
/// has come. Workers that others' programs hold up are not asked for a while.
bool meet(dlc_rt_pool *pool) {
  return waitUntil([&] {
    std::atomic<int> arrived{0};
    std::atomic<bool> isOver{false};
    run(pool, 2, 1, [&](int32_t seat, int32_t, int32_t) {
      ++arrived;
      // A caller that finds itself alone must not wait for ever.
      auto end = std::chrono::steady_clock::now() + 100ms;
      while (arrived < 2 && !isOver && std::chrono::steady_clock::now() < end)
        std::this_thread::yield();
      if (seat == 0 && arrived == 2)
        isOver = true;
    });
    return isOver.load();
  });
}

TEST(Pool, RunsEachPieceOnceAndSeatsAreExclusive) {
  dlc_rt_pool *pool = newPool();
  for (int32_t shares : {1, 2, 3, 8})
    for (int32_t pieces : {1, 8})
      for (int round = 0; round < 200; ++round) {
        std::vector<std::atomic<int>> ran(shares * pieces), seats(shares);
        std::atomic<int> clashes{0};
        run(pool, shares, pieces, [&](int32_t seat, int32_t share, int32_t p) {
          clashes += seats[seat]++ != 0;
          ++ran[share * pieces + p];
          --seats[seat];
        });
        for (auto &count : ran)
          ASSERT_EQ(count, 1);
        ASSERT_EQ(clashes, 0);
      }
  EXPECT_LE(dlc_rt_count_workers(pool), 7);
}

TEST(Pool, StartsNoThreadForLittleWork) {
  dlc_rt_pool *pool = newPool();
  std::set<std::thread::id> threads;
  run(
      pool, 4, 1,
      [&](int32_t, int32_t, int32_t) {
        threads.insert(std::this_thread::get_id());
      },
      /*isEager=*/false, /*cost=*/1000);
  EXPECT_EQ(dlc_rt_count_workers(pool), 0);
  EXPECT_EQ(threads.size(), 1u);
}

TEST(Pool, WakesWorkersThatSleep) {
  dlc_rt_pool *pool = newPool();
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(meet(pool));
    std::this_thread::sleep_for(10ms); // they spin for a hundredth of that
  }
}

TEST(Pool, ACallerThatFindsAllWorkersBusyDoesItsLoopItself) {
  dlc_rt_pool *pool = newPool();
  ASSERT_TRUE(meet(pool));
  std::atomic<int> blocked{0};
  std::atomic<bool> mayEnd{false};
  std::thread other([&] {
    // Its own piece and the only worker's wait until the second loop is over.
    run(pool, 2, 1, [&](int32_t, int32_t, int32_t) {
      ++blocked;
      waitUntil([&] { return mayEnd.load(); });
    });
  });
  ASSERT_TRUE(waitUntil([&] { return blocked > 0; }));
  int count = 0;
  const auto self = std::this_thread::get_id();
  bool isAlone = true;
  if (waitUntil([&] { return blocked == 2; }))
    run(pool, 2, 4, [&](int32_t, int32_t, int32_t) {
      ++count;
      isAlone &= std::this_thread::get_id() == self;
    });
  mayEnd = true;
  other.join();
  EXPECT_EQ(count, 8);
  EXPECT_TRUE(isAlone);
}

TEST(Pool, ManyCallersAtOnce) {
  dlc_rt_pool *pool = newPool();
  std::atomic<int64_t> sum{0};
  std::vector<std::thread> callers;
  for (int t = 0; t < 40; ++t) // more than there are slots
    callers.emplace_back([&] {
      for (int i = 0; i < 100; ++i)
        run(pool, 3, 2, [&](int32_t, int32_t share, int32_t piece) {
          sum += share * 2 + piece + 1;
        });
    });
  for (std::thread &caller : callers)
    caller.join();
  EXPECT_EQ(sum, 40 * 100 * 21);
}

TEST(Pool, AWorkerThatIsLateAgainIsNotAskedForAWhile) {
  dlc_rt_pool *pool = newPool();
  ASSERT_TRUE(meet(pool));
  // Twice 50 ms late: not asked for a second.
  for (int i = 0; i < 2; ++i) {
    std::atomic<bool> hasJoined{false};
    ASSERT_TRUE(waitUntil([&] {
      run(pool, 2, 1, [&](int32_t seat, int32_t, int32_t) {
        if (seat == 1)
          hasJoined = true;
        std::this_thread::sleep_for(seat == 1 ? 50ms : 1ms);
      });
      return hasJoined.load();
    }));
  }
  auto begin = std::chrono::steady_clock::now();
  std::atomic<int> others{0};
  for (int i = 0; i < 10; ++i)
    run(pool, 2, 1, [&](int32_t seat, int32_t, int32_t) { others += seat; });
  if (std::chrono::steady_clock::now() - begin < 500ms) {
    EXPECT_EQ(others, 0);
  }
  EXPECT_TRUE(meet(pool)); // and then again
}

TEST(Pool, WorkersTakeNoSignals) {
  dlc_rt_pool *pool = newPool();
  ASSERT_TRUE(meet(pool));
  std::atomic<int> wrong{0}, seen{0};
  ASSERT_TRUE(waitUntil([&] {
    run(pool, 2, 1, [&](int32_t seat, int32_t, int32_t) {
      if (seat == 0)
        return std::this_thread::sleep_for(2ms);
      sigset_t blocked;
      pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
      for (int signal : {SIGINT, SIGTERM, SIGUSR1, SIGALRM, SIGCHLD, SIGPROF})
        wrong += !sigismember(&blocked, signal);
      wrong += sigismember(&blocked, SIGSEGV);
      ++seen;
    });
    return seen > 0;
  }));
  EXPECT_EQ(wrong, 0);
  sigset_t mine;
  pthread_sigmask(SIG_SETMASK, nullptr, &mine);
  EXPECT_FALSE(sigismember(&mine, SIGINT));
}

/// The exit code of a child that does this.
int inChild(const std::function<bool()> &work) {
  pid_t child = fork();
  if (child == 0) {
    alarm(120);
    _exit(work() ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

TEST(Pool, AChildHasWorkersOfItsOwn) {
  dlc_rt_pool *pool = newPool();
  ASSERT_TRUE(meet(pool));
  EXPECT_EQ(dlc_rt_count_workers(pool), 1);
  EXPECT_EQ(inChild([&] {
              return dlc_rt_count_workers(pool) == 0 && meet(pool) &&
                     inChild([&] { return meet(pool); }) == 0;
            }),
            0);
  EXPECT_TRUE(meet(pool));
}

TEST(Pool, AChildIsForkedWhileLoopsRun) {
  dlc_rt_pool *pool = newPool();
  std::atomic<bool> mayEnd{false};
  std::vector<std::thread> callers;
  for (int t = 0; t < 2; ++t)
    callers.emplace_back([&] {
      while (!mayEnd)
        run(pool, 3, 2, [&](int32_t, int32_t, int32_t) {
          std::this_thread::sleep_for(100us);
        });
    });
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(inChild([&] { return meet(pool); }), 0);
  mayEnd = true;
  for (std::thread &caller : callers)
    caller.join();
}

TEST(Pool, TheProcessHasOne) {
  dlc_rt_pool *pool = dlc_rt_process_pool();
  ASSERT_NE(pool, nullptr);
  EXPECT_EQ(dlc_rt_process_pool(), pool);
  EXPECT_TRUE(meet(pool));
}

//===----------------------------------------------------------------------===//
// Quotas of control groups
//===----------------------------------------------------------------------===//

class Quota : public ::testing::Test {
protected:
  void SetUp() override {
    char name[] = "/tmp/dlc-quota-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    folder = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  void write(const std::string &path, const std::string &text) {
    std::filesystem::create_directories((folder / path).parent_path());
    std::ofstream(folder / path) << text;
  }
  int32_t read(const std::string &groups) {
    write("groups", groups);
    return dlc_rt_read_quota((folder / "groups").c_str(), folder.c_str());
  }

  std::filesystem::path folder;
};

TEST_F(Quota, OfVersionTwoIsRoundedUp) {
  write("a/b/cpu.max", "150000 100000\n");
  EXPECT_EQ(read("0::/a/b\n"), 2);
  write("a/b/cpu.max", "max 100000\n");
  EXPECT_EQ(read("0::/a/b\n"), 4096);
  write("a/b/cpu.max", "1000 100000\n");
  EXPECT_EQ(read("0::/a/b\n"), 1);
}

TEST_F(Quota, IsTheLeastOnTheWayUp) {
  write("a/cpu.max", "300000 100000\n");
  write("a/b/cpu.max", "900000 100000\n");
  EXPECT_EQ(read("0::/a/b\n"), 3);
}

TEST_F(Quota, InAContainerOnlyTheRootIsSeen) {
  write("cpu.max", "400000 100000\n");
  EXPECT_EQ(read("0::/docker/0123456789\n"), 4);
  EXPECT_EQ(read("0::/\n"), 4);
}

TEST_F(Quota, OfVersionOne) {
  write("cpu,cpuacct/x/cpu.cfs_quota_us", "250000\n");
  write("cpu,cpuacct/x/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(read("3:cpuset:/x\n2:cpu,cpuacct:/x\n0::/\n"), 3);
  write("cpu,cpuacct/x/cpu.cfs_quota_us", "-1\n");
  EXPECT_EQ(read("3:cpuset:/x\n2:cpu,cpuacct:/x\n0::/\n"), 4096);
  write("cpu/cpu.cfs_quota_us", "100000\n");
  write("cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(read("2:cpuacct,cpu:/y\n"), 1);
  EXPECT_EQ(read("2:cpuset:/y\n"), 4096);
}

TEST_F(Quota, MayBeAbsentOrUnreadable) {
  EXPECT_EQ(dlc_rt_read_quota("/nonexistent", "/nonexistent"), 4096);
  write("a/cpu.max", "");
  EXPECT_EQ(read("0::/a\nnonsense\n:\n1:\n0::\n2:cpu:\n"), 4096);
  write("a/cpu.max", "0 0\n");
  EXPECT_EQ(read("0::/a\n"), 4096);
}

TEST(Processors, AreThoseThatTheThreadMayUse) {
  int32_t count = dlc_rt_count_processors();
  EXPECT_GE(count, 1);
  cpu_set_t before, one;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  EXPECT_LE(count, CPU_COUNT(&before));
  CPU_ZERO(&one);
  for (int i = 0; i < CPU_SETSIZE && !CPU_COUNT(&one); ++i)
    if (CPU_ISSET(i, &before))
      CPU_SET(i, &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  EXPECT_EQ(dlc_rt_count_processors(), 1);
  sched_setaffinity(0, sizeof before, &before);
}

} // namespace
