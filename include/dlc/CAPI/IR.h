/*===- IR.h - Modules of dl, made by other languages ----------------------===
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * What a front end needs to write a model: functions, globals and ops, one call
 * each, whose result types dlc infers and whose mistakes it explains. Values
 * are numbers, types and attributes are MLIR's text (`tensor<?x4xf32>`,
 * `{strides = array<i64: 2, 2>}`), places are names (`model/dense_1`), which
 * stand before the message of what goes wrong there.
 *
 * A builder is used by one thread at a time. Strings that are returned belong
 * to the builder and last until its next call. Functions that return int return
 * 0, or -1 where `dlc_ir_message` says why; nothing was added then.
 *
 *===------------------------------------------------------------------------===*/

#ifndef DLC_CAPI_IR_H
#define DLC_CAPI_IR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dlc_ir dlc_ir;

/* An empty module; NULL without memory. */
dlc_ir *dlc_ir_create(void);
void dlc_ir_destroy(dlc_ir *ir);

/* What the last call that failed has to say: lines of "place: message". */
const char *dlc_ir_message(dlc_ir *ir);

/* The ops of dl as JSON: name, summary, description, operands, attributes,
 * results. It is the same text in every call. */
const char *dlc_ir_catalogue(void);

/* A named tensor of the module. `data` has its elements in row-major order, as
 * many bytes as the type says, and is copied; NULL: zeros. */
int dlc_ir_global(dlc_ir *ir, const char *name, const char *type,
                  int is_mutable, const void *data, size_t bytes,
                  const char *place);

/* Begins a function whose arguments become `values`; ops go into it until it
 * ends. Functions do not nest. */
int dlc_ir_begin_function(dlc_ir *ir, const char *name, int is_public,
                          int count, const char *const *types,
                          const char *const *names, int32_t *values);
int dlc_ir_end_function(dlc_ir *ir, int count, const int32_t *values,
                        const char *const *names);

/* Takes back the function that is open, with its regions and values: for a
 * caller that cannot go on with it. */
void dlc_ir_abandon(dlc_ir *ir);

/* Begins a region of the op that comes next, with arguments of its own, which
 * become `values`; ops go into it until it ends. Regions nest. */
int dlc_ir_begin_region(dlc_ir *ir, int count, const char *const *types,
                        int32_t *values);
int dlc_ir_end_region(dlc_ir *ir);

/* An op of any dialect that models are written in. `attributes` is a dictionary
 * in braces or NULL, `types` has the types of `type_count` results or is NULL
 * where dlc infers them, `regions` says how many of the regions that ended last
 * are the op's own. Its results become `results`, of which there is room for
 * `capacity`. Returns how many there are, or -1. */
int dlc_ir_op(dlc_ir *ir, const char *name, int count, const int32_t *operands,
              const char *attributes, const char *const *types, int type_count,
              int regions, const char *place, int32_t *results, int capacity);

/* A tensor of constant elements, as for globals. */
int dlc_ir_constant(dlc_ir *ir, const char *type, const void *data,
                    size_t bytes, const char *place, int32_t *value);

/* The type of a value as text; NULL where there is no such value. */
const char *dlc_ir_type(dlc_ir *ir, int32_t value);

/* The module as text, if it is whole: every function has ended and all ops hold
 * what they promise; otherwise NULL. `elide`: constants of more elements are
 * left out, which is for reading alone; 0: none. */
const char *dlc_ir_text(dlc_ir *ir, int64_t elide);

#ifdef __cplusplus
}
#endif

#endif /* DLC_CAPI_IR_H */
