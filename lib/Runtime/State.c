/*===- State.c - State that a context keeps between calls -----------------===*\
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
|* The state holds trained parameters, running averages and the memory of
|* optimisers. It is saved and loaded as safetensors
|* (github.com/huggingface/safetensors, README): 8 bytes with the length of a
|* JSON object, the object, the tensors' bytes.
|*
\*===----------------------------------------------------------------------===*/
#include "Context.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const dlc_rt_place *places(void) { return dlc_rt_this_model.places; }

dlc_status dlc_rt_begin_state(dlc_context *context) {
  size_t bytes = ((size_t)dlc_rt_this_model.state_bytes + 63) & ~(size_t)63;
  context->state = aligned_alloc(64, bytes);
  if (!context->state)
    return fail(context, DLC_ERROR_MEMORY, "no memory for a state of %zu bytes",
                bytes);
  memset(context->state, 0, bytes);
  for (int32_t i = 0; i < library()->state_count; ++i)
    if (places()[i].first >= 0)
      memcpy(context->state + places()[i].offset,
             (const char *)context->weights + places()[i].first,
             (size_t)places()[i].bytes);
  return DLC_OK;
}

void *dlc_rt_state(const dlc_context *context) { return context->state; }

/*===--- One tensor -------------------------------------------------------===*/

static int32_t find_state(const char *name, size_t length) {
  for (int32_t i = 0; i < library()->state_count; ++i)
    if (strlen(library()->states[i].name) == length &&
        !memcmp(library()->states[i].name, name, length))
      return i;
  return -1;
}

/* The edit distance of two names, to suggest the nearest; 64 if one is too
 * long. */
static size_t distance(const char *a, const char *b) {
  size_t n = strlen(a), m = strlen(b), row[64];
  if (n >= 64 || m >= 64)
    return 64;
  for (size_t j = 0; j <= m; ++j)
    row[j] = j;
  for (size_t i = 1; i <= n; ++i) {
    size_t corner = row[0];
    row[0] = i;
    for (size_t j = 1; j <= m; ++j) {
      size_t best = corner + (a[i - 1] != b[j - 1]);
      corner = row[j];
      best = best < row[j] + 1 ? best : row[j] + 1;
      row[j] = best < row[j - 1] + 1 ? best : row[j - 1] + 1;
    }
  }
  return row[m];
}

static dlc_status check_state(dlc_context *context, const char *name,
                              const void *data, size_t bytes, int32_t *found) {
  if (!context)
    return DLC_ERROR_NULL;
  if (context->created)
    return context->created; /* the message of the failed creation stays */
  if (!name || !data)
    return fail(context, DLC_ERROR_NULL, "the %s of a state is null",
                name ? "data" : "name");
  context->message[0] = 0;
  *found = find_state(name, strlen(name));
  if (*found < 0) {
    int32_t nearest = 0;
    for (int32_t i = 1; i < library()->state_count; ++i)
      if (distance(name, library()->states[i].name) <
          distance(name, library()->states[nearest].name))
        nearest = i;
    return fail(context, DLC_ERROR_STATE,
                "%s has no state '%s'; the nearest name is '%s'",
                library()->name, name, library()->states[nearest].name);
  }
  if (bytes != (size_t)places()[*found].bytes)
    return fail(context, DLC_ERROR_STATE,
                "state '%s' has %lld bytes, %zu were given", name,
                (long long)places()[*found].bytes, bytes);
  return DLC_OK;
}

dlc_status dlc_rt_get(dlc_context *context, const char *name, void *data,
                      size_t bytes) {
  int32_t i;
  dlc_status status = check_state(context, name, data, bytes, &i);
  if (!status)
    memcpy(data, context->state + places()[i].offset, bytes);
  return status;
}

dlc_status dlc_rt_set(dlc_context *context, const char *name, const void *data,
                      size_t bytes) {
  int32_t i;
  dlc_status status = check_state(context, name, data, bytes, &i);
  if (!status)
    memcpy(context->state + places()[i].offset, data, bytes);
  return status;
}

/*===--- Saving -----------------------------------------------------------===*/

/* The name of a type in safetensors; states have elements of 32 or 64 bits. */
static const char *type_name(int32_t element) {
  return element == DLC_F32   ? "F32"
         : element == DLC_F64 ? "F64"
         : element == DLC_I32 ? "I32"
                              : "I64";
}

static void put_string(FILE *file, const char *text) {
  fputc('"', file);
  for (; *text; ++text) {
    unsigned char c = (unsigned char)*text;
    if (c == '"' || c == '\\')
      fprintf(file, "\\%c", c);
    else if (c < 0x20)
      fprintf(file, "\\u%04x", c);
    else
      fputc(c, file);
  }
  fputc('"', file);
}

static void put_header(FILE *file) {
  fputs("{\"__metadata__\":{\"format\":\"dlc\",\"library\":", file);
  put_string(file, library()->name);
  fputc('}', file);
  int64_t at = 0;
  for (int32_t i = 0; i < library()->state_count; ++i) {
    const dlc_state *state = &library()->states[i];
    fputc(',', file);
    put_string(file, state->name);
    fprintf(file, ":{\"dtype\":\"%s\",\"shape\":[", type_name(state->element));
    for (int32_t d = 0; d < state->rank; ++d)
      fprintf(file, "%s%lld", d ? "," : "", (long long)state->shape[d]);
    fprintf(file, "],\"data_offsets\":[%lld,%lld]}", (long long)at,
            (long long)(at + places()[i].bytes));
    at += places()[i].bytes;
  }
  fputc('}', file);
}

static dlc_status begin_file(dlc_context *context, const char *path) {
  if (!context)
    return DLC_ERROR_NULL;
  if (context->created)
    return context->created;
  if (!path)
    return fail(context, DLC_ERROR_NULL, "the path is null");
  context->message[0] = 0;
  return DLC_OK;
}

/* Opens a file for writing that has no name yet, so that nothing of it is left
 * if the process ends. On file systems without such files it has the name
 * `temporary`. */
static FILE *open_temporary(const char *path, const char *temporary,
                            int *isNamed) {
  char folder[4096];
  const char *slash = strrchr(path, '/');
  int length = slash ? (int)(slash - path + 1) : 2;
  snprintf(folder, sizeof folder, "%.*s", length, slash ? path : "./");
  int file = access("/proc/self/fd", X_OK)
                 ? -1
                 : open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
  *isNamed = file < 0;
  if (*isNamed)
    return fopen(temporary, "wbe");
  FILE *stream = fdopen(file, "wb");
  if (!stream)
    close(file);
  return stream;
}

/* Gives the complete file the name `path`; returns nonzero on failure. Only a
 * rename can replace a name, so the file first gets the name `<path>.part`. All
 * processes that save here share that name. So the next save removes what a
 * killed process left, and a process that renames the file of another one puts
 * a complete file in place too. */
static int give_name(FILE *file, const char *path) {
  char open_file[64], beside[4096];
  snprintf(open_file, sizeof open_file, "/proc/self/fd/%d", fileno(file));
  if (snprintf(beside, sizeof beside, "%s.part", path) >= (int)sizeof beside) {
    errno = ENAMETOOLONG;
    return 1;
  }
  while (linkat(AT_FDCWD, open_file, AT_FDCWD, beside, AT_SYMLINK_FOLLOW))
    if (errno != EEXIST || (unlink(beside) && errno != ENOENT))
      return 1;
  if (!rename(beside, path) || errno == ENOENT)
    return 0;
  int reason = errno;
  unlink(beside);
  errno = reason;
  return 1;
}

dlc_status dlc_rt_save(dlc_context *context, const char *path) {
  dlc_status status = begin_file(context, path);
  if (status)
    return status;
  /* Written beside the file and then renamed, so that a reader sees the
   * complete new file or the old one. Two contexts may save to the same
   * path. */
  char temporary[4096];
  if (snprintf(temporary, sizeof temporary, "%s.%ld.%p.part", path,
               (long)getpid(), (void *)context) >= (int)sizeof temporary)
    return fail(context, DLC_ERROR_FILE, "the path is too long");
  int isNamed;
  FILE *file = open_temporary(path, temporary, &isNamed);
  if (!file)
    return fail(context, DLC_ERROR_FILE, "cannot write '%s': %s", path,
                strerror(errno));
  /* The header is written twice, as its length comes first. */
  uint64_t length = 0;
  fwrite(&length, sizeof length, 1, file);
  put_header(file);
  long end = ftell(file);
  while (end > 0 && end % 8) {
    fputc(' ', file);
    ++end;
  }
  length = (uint64_t)end - 8;
  for (int32_t i = 0; i < library()->state_count; ++i)
    fwrite(context->state + places()[i].offset, 1, (size_t)places()[i].bytes,
           file);
  int failed = end < 0 || fseek(file, 0, SEEK_SET) ||
               fwrite(&length, sizeof length, 1, file) != 1 || fflush(file) ||
               ferror(file) || fsync(fileno(file)) ||
               (!isNamed && give_name(file, path));
  int reason = errno;
  if (fclose(file) && !failed) {
    failed = 1;
    reason = errno;
  }
  if (!failed && isNamed && rename(temporary, path)) {
    failed = 1;
    reason = errno;
  }
  if (!failed)
    return DLC_OK;
  if (isNamed)
    unlink(temporary);
  return fail(context, DLC_ERROR_FILE, "cannot write '%s': %s", path,
              strerror(reason));
}

/*===--- Loading ----------------------------------------------------------===*/

/* A reader for the JSON in such files: one object of objects. */
struct reader {
  const char *at, *end;
};

static void skip_blanks(struct reader *r) {
  while (r->at < r->end &&
         (*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r'))
    ++r->at;
}
static int take(struct reader *r, char c) {
  skip_blanks(r);
  if (r->at == r->end || *r->at != c)
    return 0;
  ++r->at;
  return 1;
}
/* Takes a string into `text`, truncated to fit, and returns its length or -1.
 * Escapes other than \" \\ \/ are kept as written: no name here has them. */
static int take_string(struct reader *r, char *text, int room) {
  if (!take(r, '"'))
    return -1;
  int length = 0;
  while (r->at < r->end && *r->at != '"') {
    if (*r->at == '\\' && r->at + 1 < r->end &&
        (r->at[1] == '"' || r->at[1] == '\\' || r->at[1] == '/'))
      ++r->at;
    if (length + 1 < room)
      text[length++] = *r->at;
    ++r->at;
  }
  text[length] = 0;
  return take(r, '"') ? length : -1;
}
static int take_number(struct reader *r, int64_t *number) {
  skip_blanks(r);
  const char *first = r->at;
  *number = 0;
  while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
    if (__builtin_mul_overflow(*number, 10, number) ||
        __builtin_add_overflow(*number, *r->at++ - '0', number))
      return 0;
  return r->at > first;
}
/* Takes numbers in brackets and keeps the first `most`; returns their number or
 * -1. */
static int take_numbers(struct reader *r, int64_t *numbers, int most) {
  int count = 0;
  if (!take(r, '['))
    return -1;
  if (take(r, ']'))
    return 0;
  do {
    int64_t number;
    if (!take_number(r, &number))
      return -1;
    if (count < most)
      numbers[count] = number;
    ++count;
  } while (take(r, ','));
  return take(r, ']') ? count : -1;
}
/* Skips a value that is not needed; checks only that it is balanced. */
static int skip_value(struct reader *r) {
  char text[2];
  int depth = 0;
  do {
    skip_blanks(r);
    if (r->at == r->end)
      return 0;
    char c = *r->at;
    if (c == '"') {
      if (take_string(r, text, sizeof text) < 0)
        return 0;
      continue;
    }
    depth += (c == '{' || c == '[') - (c == '}' || c == ']');
    if (depth < 0 || (depth == 0 && c == ','))
      return 1;
    ++r->at;
  } while (depth > 0 || (r->at < r->end && *r->at != ',' && *r->at != '}'));
  return 1;
}

enum {
  MOST_DIMENSIONS = 16,
  MOST_HEADER_BYTES = 100 << 20 /* by the format */
};
struct entry {
  char type[16];
  int64_t shape[MOST_DIMENSIONS], offsets[2];
  int rank;
};

static int take_entry(struct reader *r, struct entry *entry) {
  memset(entry, 0, sizeof *entry);
  entry->rank = -1;
  int offsets = 0;
  if (!take(r, '{'))
    return 0;
  do {
    char key[32];
    if (take_string(r, key, sizeof key) < 0 || !take(r, ':'))
      return 0;
    if (!strcmp(key, "dtype")) {
      if (take_string(r, entry->type, sizeof entry->type) < 0)
        return 0;
    } else if (!strcmp(key, "shape")) {
      if ((entry->rank = take_numbers(r, entry->shape, MOST_DIMENSIONS)) < 0)
        return 0;
    } else if (!strcmp(key, "data_offsets")) {
      if ((offsets = take_numbers(r, entry->offsets, 2)) != 2)
        return 0;
    } else if (!skip_value(r)) {
      return 0;
    }
  } while (take(r, ','));
  return take(r, '}') && entry->rank >= 0 && offsets == 2;
}

/* Checks that an entry matches state `i`; reports what differs. */
static dlc_status check_entry(dlc_context *context, const char *path, int32_t i,
                              const struct entry *entry, int64_t data_bytes) {
  const dlc_state *state = &library()->states[i];
  if (strcmp(entry->type, type_name(state->element)))
    return fail(context, DLC_ERROR_FILE,
                "'%s': '%s' has elements of %s, expected %s", path, state->name,
                entry->type, type_name(state->element));
  int same = entry->rank == state->rank;
  for (int32_t d = 0; same && d < state->rank && d < MOST_DIMENSIONS; ++d)
    same = entry->shape[d] == state->shape[d];
  if (!same) {
    char text[2][160];
    for (int w = 0; w < 2; ++w) {
      int at = 0, rank = w ? state->rank : entry->rank;
      text[w][0] = 0;
      for (int d = 0; d < rank && d < MOST_DIMENSIONS && at < 130; ++d)
        at += snprintf(text[w] + at, sizeof text[w] - (size_t)at, "%s%lld",
                       d ? "x" : "",
                       (long long)(w ? state->shape[d] : entry->shape[d]));
    }
    return fail(context, DLC_ERROR_FILE,
                "'%s': '%s' has shape [%s], expected [%s]", path, state->name,
                text[0], text[1]);
  }
  int64_t bytes;
  if (__builtin_sub_overflow(entry->offsets[1], entry->offsets[0], &bytes) ||
      bytes != places()[i].bytes || entry->offsets[0] < 0 ||
      entry->offsets[1] > data_bytes)
    return fail(context, DLC_ERROR_FILE,
                "'%s' ends before the data of '%s' or places it wrongly: it is "
                "cut short or damaged",
                path, state->name);
  return DLC_OK;
}

static dlc_status load_bytes(dlc_context *context, const char *path,
                             const char *bytes, int64_t size,
                             int64_t *offsets) {
  uint64_t length;
  if (size < 8)
    return fail(context, DLC_ERROR_FILE,
                "'%s' has %lld bytes, too few for a safetensors file", path,
                (long long)size);
  memcpy(&length, bytes, sizeof length);
  if (length > (uint64_t)size - 8)
    return fail(context, DLC_ERROR_FILE,
                "'%s' is cut short or no safetensors file: a header of %llu "
                "bytes in a file of %lld",
                path, (unsigned long long)length, (long long)size);
  struct reader r = {bytes + 8, bytes + 8 + length};
  int64_t data = 8 + (int64_t)length;
  for (int32_t i = 0; i < library()->state_count; ++i)
    offsets[i] = -1;
  if (!take(&r, '{'))
    return fail(context, DLC_ERROR_FILE, "'%s' is no safetensors file", path);
  do {
    char name[1024];
    int count = take_string(&r, name, sizeof name);
    if (count < 0 || !take(&r, ':'))
      return fail(context, DLC_ERROR_FILE,
                  "'%s' has a header that is damaged at byte %lld", path,
                  (long long)(r.at - bytes));
    if (!strcmp(name, "__metadata__")) {
      if (!skip_value(&r))
        return fail(context, DLC_ERROR_FILE, "'%s' has a damaged header", path);
      continue;
    }
    struct entry entry;
    if (!take_entry(&r, &entry))
      return fail(context, DLC_ERROR_FILE,
                  "'%s' has a header that is damaged at '%s'", path, name);
    int32_t i = find_state(name, (size_t)count);
    if (i < 0)
      return fail(context, DLC_ERROR_FILE,
                  "'%s' belongs to another model: it holds '%s', which %s has "
                  "not",
                  path, name, library()->name);
    dlc_status status = check_entry(context, path, i, &entry, size - data);
    if (status)
      return status;
    offsets[i] = data + entry.offsets[0];
  } while (take(&r, ','));
  if (!take(&r, '}'))
    return fail(context, DLC_ERROR_FILE,
                "'%s' has a header that is damaged at byte %lld", path,
                (long long)(r.at - bytes));
  for (int32_t i = 0; i < library()->state_count; ++i)
    if (offsets[i] < 0)
      return fail(context, DLC_ERROR_FILE,
                  "'%s' belongs to another model or training: it does not hold "
                  "'%s'",
                  path, library()->states[i].name);
  /* Everything matches: only now the state changes. */
  for (int32_t i = 0; i < library()->state_count; ++i)
    memcpy(context->state + places()[i].offset, bytes + offsets[i],
           (size_t)places()[i].bytes);
  return DLC_OK;
}

dlc_status dlc_rt_load(dlc_context *context, const char *path) {
  dlc_status status = begin_file(context, path);
  if (status)
    return status;
  int64_t size;
  const char *reason;
  int file = dlc_rt_open_file(path, &size, &reason);
  if (file < 0)
    return fail(context, DLC_ERROR_FILE, "cannot read '%s': %s", path, reason);
  int64_t most = MOST_HEADER_BYTES;
  for (int32_t i = 0; i < library()->state_count; ++i)
    most += places()[i].bytes;
  /* A copy, as the file may be truncated while it is read. */
  char *bytes = size <= most ? malloc((size_t)size + 1) : NULL;
  int64_t *offsets =
      malloc(sizeof *offsets * (size_t)(library()->state_count + 1));
  if (size > most)
    status = fail(context, DLC_ERROR_FILE,
                  "'%s' belongs to another model: it has %lld bytes, the state "
                  "of %s takes %lld at most",
                  path, (long long)size, library()->name, (long long)most);
  else if (!bytes || !offsets)
    status = fail(context, DLC_ERROR_MEMORY, "no memory to load '%s'", path);
  else if (!dlc_rt_read_file(file, bytes, (size_t)size))
    status = fail(context, DLC_ERROR_FILE, "cannot read '%s' to its end", path);
  else
    status = load_bytes(context, path, bytes, size, offsets);
  close(file);
  free(offsets);
  free(bytes);
  return status;
}
