//===- Profile.h - How long the parts of a library take ---------*- C++ -*-===//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef DLC_TOOLS_RUN_PROFILE_H
#define DLC_TOOLS_RUN_PROFILE_H

#include "dlc/Runtime/abi.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"
#include <vector>

struct Profile {
  unsigned calls = 0;
  /// Microseconds of each region, its median over the calls; 0: did not run.
  std::vector<double> regions;
  double whole = 0; // microseconds of a call, median
  double rest = 0;  // of them outside all regions, median
  /// Of the last call.
  std::vector<dlc_event> events;
  int64_t begin = 0, end = 0;
};

/// Calls the function `calls` times.
Profile measureProfile(const dlc_library_info &library, dlc_context *context,
                       llvm::function_ref<void()> call, unsigned calls);

/// A table of the regions in the order in which they run.
void printProfile(const Profile &profile, const dlc_library_info &library,
                  llvm::raw_ostream &os);

/// The last call as "X" events of the Trace Event Format: a row for the caller
/// with the regions, one for each share of the tasks.
llvm::Error writeTrace(const Profile &profile, const dlc_library_info &library,
                       llvm::StringRef path);

#endif // DLC_TOOLS_RUN_PROFILE_H
