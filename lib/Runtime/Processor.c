/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*===- Processor.c - Which version of the kernels runs here ---------------===*/
#include "Context.h"

#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

static int has_features(const dlc_rt_cpu *wanted) {
#if defined(__x86_64__)
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d))
    return 0;
  if ((wanted->leaf1_ecx & c) != wanted->leaf1_ecx)
    return 0;
  /* Vector registers are usable only if the operating system saves them. */
  if (wanted->leaf1_ecx & bit_AVX) {
    unsigned low, high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    unsigned needed = wanted->leaf7_ebx & bit_AVX512F ? 0xe6 : 0x6;
    if ((low & needed) != needed)
      return 0;
  }
  unsigned b7 = 0, c7 = 0, d7 = 0, a71 = 0;
  if (__get_cpuid_count(7, 0, &a, &b7, &c7, &d7) && a >= 1)
    __get_cpuid_count(7, 1, &a71, &b, &c, &d);
  return (wanted->leaf7_ebx & b7) == wanted->leaf7_ebx &&
         (wanted->leaf7_ecx & c7) == wanted->leaf7_ecx &&
         (wanted->leaf7_edx & d7) == wanted->leaf7_edx &&
         (wanted->leaf71_eax & a71) == wanted->leaf71_eax;
#else
  (void)wanted;
  return 1;
#endif
}

/* Chooses the last version that this processor can run, or the one that the
 * environment variable DLC_CPU names. */
dlc_status dlc_rt_choose_version(dlc_context *context) {
  const char *wanted = getenv("DLC_CPU");
  int isKnown = 0;
  for (int64_t i = dlc_rt_this_model.version_count - 1; i >= 0; --i) {
    const dlc_rt_version *version = &dlc_rt_this_model.versions[i];
    if (wanted && *wanted && strcmp(wanted, version->name))
      continue;
    isKnown = 1;
    if (has_features(&version->cpu)) {
      context->version = version;
      return DLC_OK;
    }
  }
  if (!isKnown)
    return fail(context, DLC_ERROR_CPU,
                "the environment variable DLC_CPU asks for '%s', %s is "
                "compiled for %s",
                wanted, library()->name, library()->cpu);
  return fail(context, DLC_ERROR_CPU,
              "%s is compiled for %s, which has instructions that this "
              "processor lacks; compile it with --cpu=native here, or with "
              "--cpu=portable for most machines",
              library()->name, library()->cpu);
}

const char *dlc_rt_processor(const dlc_context *context) {
  return context && context->version ? context->version->name : "";
}
