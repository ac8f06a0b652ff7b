//===- Profile.cpp - How long the parts of a library take -----------------===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Profile.h"
#include "dlc/Support/Format.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"
#include <ctime>
#include <numeric>

using namespace llvm;

/// The clock of the events (Threads.c).
static int64_t nanoseconds() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t(now.tv_sec) * 1000000000 + now.tv_nsec;
}

static double median(std::vector<double> &values) {
  if (values.empty())
    return 0;
  llvm::sort(values);
  return values[values.size() / 2];
}

Profile measureProfile(const dlc_library_info &library, dlc_context *context,
                       function_ref<void()> call, unsigned calls) {
  Profile profile;
  profile.calls = calls;
  std::vector<std::vector<double>> times(library.region_count);
  std::vector<double> whole, rest;
  std::vector<dlc_event> events(1024);
  for (unsigned i = 0; i < calls; ++i) {
    dlc_trace trace;
    // Once more with room where there was too little.
    while (true) {
      trace = {events.data(), int64_t(events.size()), 0};
      library.trace(context, &trace);
      profile.begin = nanoseconds();
      call();
      profile.end = nanoseconds();
      library.trace(context, nullptr);
      if (trace.count <= trace.capacity)
        break;
      events.resize(2 * trace.count);
    }
    whole.push_back((profile.end - profile.begin) / 1e3);
    rest.push_back(whole.back());
    std::vector<double> sums(library.region_count);
    profile.events.assign(events.begin(), events.begin() + trace.count);
    for (const dlc_event &event : profile.events)
      if (event.part < 0 && event.region >= 0)
        sums[event.region] += (event.end - event.begin) / 1e3;
    rest.back() -= std::accumulate(sums.begin(), sums.end(), 0.0);
    for (auto [sum, all] : zip(sums, times))
      all.push_back(sum);
  }
  for (std::vector<double> &all : times)
    profile.regions.push_back(median(all));
  profile.whole = median(whole);
  profile.rest = median(rest);
  return profile;
}

void printProfile(const Profile &profile, const dlc_library_info &library,
                  raw_ostream &os) {
  auto printRow = [&](auto &&...cells) {
    dlc::print(os, FMT_STRING("  {:>10} {:>6}  {:<12} {:>9} {:>7}  {}\n"),
               cells...);
  };
  auto tenths = [](double number) {
    return fmt::format(FMT_STRING("{:.1f}"), number);
  };
  auto share = [&](double time) {
    return fmt::format(FMT_STRING("{:.1f}%"), 100 * time / profile.whole);
  };
  printRow("us", "share", "kind", "Gflop/s", "GB/s", "computes");
  double small = 0;
  int64_t hidden = 0;
  for (int32_t i = 0; i < library.region_count; ++i) {
    double time = profile.regions[i];
    if (time == 0)
      continue;
    // Deep networks have hundreds of borders to fill.
    if (time < profile.whole / 2000) {
      small += time;
      ++hidden;
      continue;
    }
    const dlc_region &region = library.regions[i];
    auto rate = [&](int64_t count) {
      return count < 0 ? "?" : tenths(count / time / 1e3);
    };
    printRow(tenths(time), share(time), region.kind, rate(region.flops),
             rate(region.bytes), region.name);
  }
  if (hidden)
    printRow(tenths(small), share(small), "others", "", "",
             fmt::format(FMT_STRING("{} loop nests below 0.05 %"), hidden));
  printRow(tenths(profile.rest), share(profile.rest), "between", "", "",
           "checks, copies, calls");
  printRow(tenths(profile.whole), "100%", "call", "", "",
           fmt::format(FMT_STRING("median of {}"), profile.calls));
}

static void writeEvents(const Profile &profile, const dlc_library_info &library,
                        raw_ostream &os) {
  json::OStream json(os, 1);
  auto at = [&](int64_t time) { return (time - profile.begin) / 1e3; };
  json.object([&] {
    json.attribute("displayTimeUnit", "ns");
    json.attributeArray("traceEvents", [&] {
      auto event = [&](StringRef name, int64_t row, int64_t begin, int64_t end,
                       const dlc_region *region) {
        json.object([&] {
          json.attribute("ph", "X");
          json.attribute("name", name);
          json.attribute("pid", 0);
          json.attribute("tid", row);
          json.attribute("ts", at(begin));
          json.attribute("dur", (end - begin) / 1e3);
          if (region)
            json.attributeObject("args", [&] {
              json.attribute("kind", region->kind);
              json.attribute("flops", region->flops);
              json.attribute("bytes", region->bytes);
            });
        });
      };
      event("call", 0, profile.begin, profile.end, nullptr);
      for (const dlc_event &e : profile.events) {
        const dlc_region *region =
            e.region >= 0 ? &library.regions[e.region] : nullptr;
        event(region ? region->name : "tasks", e.part + 1, e.begin, e.end,
              region);
      }
    });
  });
  os << "\n";
}

Error writeTrace(const Profile &profile, const dlc_library_info &library,
                 StringRef path) {
  // Whole or absent.
  Error error = writeToOutput(path, [&](raw_ostream &os) {
    writeEvents(profile, library, os);
    return Error::success();
  });
  if (error)
    return createStringError(fmt::format(FMT_STRING("cannot write '{}': {}"),
                                         path, toString(std::move(error))));
  return Error::success();
}
