/*===- Pool.c - Workers that claim pieces, spin, sleep, wake --------------===*\
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
|* A loop that workers may join occupies one of the pool's slots. A worker joins
|* through one word, which it changes by compare and swap: the number of free
|* seats, and the number of workers inside. The caller closes the loop by
|* removing the free seats, then waits until no worker is inside. After that
|* nothing in the pool points to the loop or to the code of its library.
|*
|* The child of a fork has none of its parent's workers. The kernel zeroes the
|* pool's memory in it (where it cannot, `mine` does), and zero means: no
|* thread, no loop, no lock held.
|*
\*===----------------------------------------------------------------------===*/
#include "Pool.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
  SLOTS = 32, /* loops that workers may join at the same time */
  /* How long a thread spins for what it waits for before it sleeps, in ns. At
   * first it polls PAUSES times without yielding. */
  SPIN_TIME = 100000,
  PAUSES = 64,
  /* The approximate cost of waking a worker, in ns: less work is done without
   * one. */
  WAKE_TIME = 30000,
  /* Workers are late if the caller waits for them longer than this, in ns, and
   * longer than half the cost of a share: something else runs on their
   * processor. */
  LATE_TIME = 1000000,
  WAIT_SHARE = 50,
  MOST_REST = 1000000000,
  RETRY_TIME = 1000000000, /* ns after a thread could not be started */
  /* The largest stack frames of generated code are 18 kB. The loader also puts
   * thread-local data of the process's libraries on the stack. */
  STACK_BYTES = 1 << 20,
};

/* The bit fields of a slot's word. */
enum {
  INSIDE = 0xfff,       /* workers that have joined and not left */
  ONE_SEAT = 0x1000,    /* unit of the number of free seats */
  SEATS = 0xfff000,     /* */
  IS_AWAITED = 1 << 24, /* the caller sleeps until no worker is inside */
};
_Static_assert(DLC_RT_MOST_SHARES <= INSIDE, "seats have twelve bits");

struct slot {
  _Alignas(64) _Atomic uint32_t word;
  dlc_rt_loop *loop;
};

struct dlc_rt_workers {
  /* Bit masks of slots: in use; open, with seats that may be free. */
  _Alignas(64) _Atomic uint32_t used;
  _Alignas(64) _Atomic uint32_t open;
  /* The number of loops opened so far, on which idle workers sleep. */
  _Atomic uint32_t opened;
  _Atomic int32_t sleepers;
  _Alignas(64) _Atomic int32_t threads;
  _Atomic int32_t inside; /* workers in any loop */
  _Atomic int32_t is_growing;
  _Atomic int64_t retry_at; /* 0: now */
  /* After workers were late, fewer may join a loop until `raise_at`; then one
   * more, and so on. `rest` is the interval between these steps. */
  _Atomic int32_t is_limited, limit;
  _Atomic int64_t raise_at, rest, late_at;
  _Atomic int32_t owner; /* process, if fork does not wipe memory: see mine */
  struct slot slots[SLOTS];
};

int64_t dlc_rt_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void pause_briefly(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/*===--- Waiting ---------------------------------------------------------===*/

/* Sleeps while *word == value; may return early. */
static void sleep_on(_Atomic uint32_t *word, uint32_t value) {
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static void wake(_Atomic uint32_t *word, int count) {
  syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
}

/* Whether (*word & mask) changes from `value` within a short time. */
static int changes_soon(_Atomic uint32_t *word, uint32_t mask, uint32_t value) {
  for (int i = 0; i < PAUSES; ++i) {
    if ((atomic_load_explicit(word, memory_order_acquire) & mask) != value)
      return 1;
    pause_briefly();
  }
  for (int64_t end = dlc_rt_now() + SPIN_TIME; dlc_rt_now() < end;) {
    /* The thread that is waited for may need this very processor. */
    sched_yield();
    for (int i = 0; i < 4; ++i) {
      if ((atomic_load_explicit(word, memory_order_acquire) & mask) != value)
        return 1;
      pause_briefly();
    }
  }
  return 0;
}

/*===--- Working on a loop -----------------------------------------------===*/

/* Claims a piece of a range: the first for its owner, the last for others;
 * returns -1 if none is left. */
static int32_t claim(dlc_rt_range *range, int isOwner) {
  uint32_t left = atomic_load_explicit(&range->left, memory_order_relaxed);
  for (;;) {
    uint32_t next = left & 0xffff, end = left >> 16;
    if (next >= end)
      return -1;
    uint32_t less = isOwner ? left + 1 : left - 0x10000;
    if (atomic_compare_exchange_weak_explicit(&range->left, &left, less,
                                              memory_order_relaxed,
                                              memory_order_relaxed))
      return (int32_t)(isOwner ? next : end - 1);
  }
}

static void work_on(dlc_rt_loop *loop, int32_t seat) {
  for (int32_t i = 0; i < loop->shares; ++i) {
    int32_t share =
        seat + i < loop->shares ? seat + i : seat + i - loop->shares;
    for (;;) {
      if (atomic_load_explicit(&loop->stop, memory_order_relaxed))
        return;
      int32_t piece = claim(&loop->ranges[share], i == 0);
      if (piece < 0)
        break;
      loop->run_piece(loop->data, seat, share, piece);
    }
  }
}

/*===--- Workers ---------------------------------------------------------===*/

/* Wakes up to two workers; each one that joins wakes up to two more while there
 * are seats. */
static void wake_some(struct dlc_rt_workers *workers, uint32_t seats) {
  if (seats && atomic_load(&workers->sleepers) > 0)
    wake(&workers->opened, seats > 1 ? 2 : 1);
}

/* Joins the loop of a slot and works on it; returns 0 if no seat was free. */
static int join(struct dlc_rt_workers *workers, struct slot *slot) {
  uint32_t word = atomic_load_explicit(&slot->word, memory_order_relaxed);
  do
    if (!(word & SEATS))
      return 0;
  while (!atomic_compare_exchange_weak_explicit(
      &slot->word, &word, word - ONE_SEAT + 1, memory_order_acquire,
      memory_order_relaxed));
  atomic_fetch_add_explicit(&workers->inside, 1, memory_order_relaxed);
  int32_t seat = (int32_t)((word & SEATS) / ONE_SEAT);
  wake_some(workers, (uint32_t)seat - 1);
  work_on(slot->loop, seat);
  atomic_fetch_sub_explicit(&workers->inside, 1, memory_order_relaxed);
  /* From here on the loop may no longer exist; the slot always does. */
  word = atomic_fetch_sub_explicit(&slot->word, 1, memory_order_release);
  if ((word & INSIDE) == 1 && (word & IS_AWAITED))
    wake(&slot->word, 1);
  return 1;
}

static int join_any(struct dlc_rt_workers *workers) {
  uint32_t open = atomic_load_explicit(&workers->open, memory_order_acquire);
  for (; open; open &= open - 1)
    if (join(workers, &workers->slots[__builtin_ctz(open)]))
      return 1;
  return 0;
}

static void *run_worker(void *data) {
  struct dlc_rt_workers *workers = data;
  for (;;) {
    uint32_t opened = atomic_load(&workers->opened);
    if (join_any(workers) || changes_soon(&workers->opened, ~0u, opened))
      continue;
    atomic_fetch_add(&workers->sleepers, 1);
    sleep_on(&workers->opened, opened);
    atomic_fetch_sub(&workers->sleepers, 1);
  }
  return NULL;
}

static int start_thread(struct dlc_rt_workers *workers) {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes))
    return 0;
  pthread_t thread;
  int started =
      !pthread_attr_setstacksize(&attributes, STACK_BYTES) &&
      !pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED) &&
      !pthread_create(&thread, &attributes, run_worker, workers);
  pthread_attr_destroy(&attributes);
  if (started)
    pthread_setname_np(thread, "dlc-worker");
  return started;
}

/* Starts threads until there are `wanted`; fewer if the system refuses. Blocks
 * all signals in them, which are meant for the program's own threads, except
 * those caused by faults of the worker itself. */
static void grow(struct dlc_rt_workers *workers, int32_t wanted) {
  int64_t retry =
      atomic_load_explicit(&workers->retry_at, memory_order_relaxed);
  if (retry && dlc_rt_now() < retry)
    return;
  if (atomic_exchange_explicit(&workers->is_growing, 1, memory_order_acquire))
    return;
  static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL,
                            SIGTRAP, SIGSYS, SIGABRT};
  sigset_t blocked, before;
  sigfillset(&blocked);
  for (unsigned i = 0; i < sizeof own / sizeof *own; ++i)
    sigdelset(&blocked, own[i]);
  pthread_sigmask(SIG_SETMASK, &blocked, &before);
  retry = 0;
  while (atomic_load_explicit(&workers->threads, memory_order_relaxed) <
         wanted) {
    if (!start_thread(workers)) {
      retry = dlc_rt_now() + RETRY_TIME;
      break;
    }
    atomic_fetch_add_explicit(&workers->threads, 1, memory_order_relaxed);
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  atomic_store_explicit(&workers->retry_at, retry, memory_order_relaxed);
  atomic_store_explicit(&workers->is_growing, 0, memory_order_release);
}

/*===--- Late workers ----------------------------------------------------===*/

/* These numbers are hints: races between callers that change them are
 * harmless. */

/* The number of workers that may join a loop that wants `wanted`. */
static int32_t limit(struct dlc_rt_workers *workers, int32_t wanted) {
  if (!atomic_load_explicit(&workers->is_limited, memory_order_relaxed))
    return wanted;
  int32_t most = atomic_load_explicit(&workers->limit, memory_order_relaxed);
  int64_t now = dlc_rt_now();
  if (now >= atomic_load_explicit(&workers->raise_at, memory_order_relaxed)) {
    int64_t rest = atomic_load_explicit(&workers->rest, memory_order_relaxed);
    atomic_store_explicit(&workers->limit, ++most, memory_order_relaxed);
    atomic_store_explicit(&workers->raise_at, now + rest, memory_order_relaxed);
    if (most > atomic_load_explicit(&workers->threads, memory_order_relaxed))
      atomic_store_explicit(&workers->is_limited, 0, memory_order_relaxed);
  }
  return wanted < most ? wanted : most;
}

/* Limits the workers after `late` of `joined` kept a caller waiting for
 * `waited` nanoseconds. A fiftieth of the time may be spent waiting: until that
 * holds again, `late` fewer workers are asked. If the last late worker was long
 * enough ago, it holds at once and there is no limit. */
static void rest(struct dlc_rt_workers *workers, int32_t joined, int32_t late,
                 int64_t waited) {
  int64_t now = dlc_rt_now();
  int64_t last =
      atomic_exchange_explicit(&workers->late_at, now, memory_order_relaxed);
  int64_t rest = WAIT_SHARE * waited - (now - last);
  if (rest <= 0)
    return;
  rest = rest < MOST_REST ? rest : MOST_REST;
  atomic_store_explicit(&workers->limit, joined > late ? joined - late : 0,
                        memory_order_relaxed);
  atomic_store_explicit(&workers->rest, rest, memory_order_relaxed);
  atomic_store_explicit(&workers->raise_at, now + rest, memory_order_relaxed);
  atomic_store_explicit(&workers->is_limited, 1, memory_order_relaxed);
}

/*===--- Callers ---------------------------------------------------------===*/

/* Takes a slot for this caller; returns null if all are in use. */
static struct slot *take_slot(struct dlc_rt_workers *workers) {
  uint32_t used = atomic_load_explicit(&workers->used, memory_order_relaxed);
  for (;;) {
    if (used == ~0u)
      return NULL;
    uint32_t bit = ~used & (used + 1);
    if (atomic_compare_exchange_weak_explicit(&workers->used, &used, used | bit,
                                              memory_order_acquire,
                                              memory_order_relaxed))
      return &workers->slots[__builtin_ctz(bit)];
  }
}

/* Waits for the workers inside after the loop was closed. */
static void wait_for(struct dlc_rt_workers *workers, struct slot *slot,
                     int32_t seats, uint32_t word) {
  int32_t joined = seats - (int32_t)((word & SEATS) / ONE_SEAT);
  uint32_t late = word & INSIDE;
  int64_t begin = dlc_rt_now();
  while ((word = atomic_load_explicit(&slot->word, memory_order_acquire)) &
         INSIDE) {
    late = word & INSIDE;
    if (changes_soon(&slot->word, INSIDE, late))
      continue;
    word =
        atomic_fetch_or_explicit(&slot->word, IS_AWAITED, memory_order_acquire);
    if (word & INSIDE)
      sleep_on(&slot->word, word | IS_AWAITED);
  }
  int64_t waited = dlc_rt_now() - begin;
  if (waited > LATE_TIME && waited > slot->loop->cost / 2)
    rest(workers, joined, (int32_t)late, waited);
}

static void run_shared(struct dlc_rt_workers *workers, struct slot *slot,
                       dlc_rt_loop *loop, int32_t seats) {
  uint32_t bit = 1u << (slot - workers->slots);
  slot->loop = loop;
  atomic_store_explicit(&slot->word, (uint32_t)seats * ONE_SEAT,
                        memory_order_release);
  atomic_fetch_or_explicit(&workers->open, bit, memory_order_release);
  atomic_fetch_add(&workers->opened, 1);
  wake_some(workers, (uint32_t)seats);
  work_on(loop, 0);
  atomic_fetch_and_explicit(&workers->open, ~bit, memory_order_relaxed);
  uint32_t word = atomic_fetch_and_explicit(&slot->word, ~(uint32_t)SEATS,
                                            memory_order_acquire);
  if (word & INSIDE)
    wait_for(workers, slot, seats, word);
  atomic_fetch_and_explicit(&workers->used, ~bit, memory_order_release);
}

/* Returns the pool of this process; resets one copied from the parent by
 * fork. */
static struct dlc_rt_workers *mine(dlc_rt_pool *pool) {
  struct dlc_rt_workers *workers = pool->workers;
  int32_t owner = atomic_load_explicit(&workers->owner, memory_order_relaxed);
  if (owner && owner != getpid()) {
    memset(workers, 0, sizeof *workers);
    atomic_store_explicit(&workers->owner, getpid(), memory_order_relaxed);
  }
  return workers;
}

static void run(dlc_rt_pool *pool, dlc_rt_loop *loop) {
  struct dlc_rt_workers *workers = mine(pool);
  for (int32_t i = 0; i < loop->shares; ++i)
    atomic_store_explicit(&loop->ranges[i].left, (uint32_t)loop->pieces << 16,
                          memory_order_relaxed);
  int32_t seats = limit(workers, loop->shares - 1);
  int32_t threads =
      atomic_load_explicit(&workers->threads, memory_order_relaxed);
  if (atomic_load_explicit(&workers->sleepers, memory_order_relaxed) >=
      threads) {
    *loop->alone += loop->cost * loop->shares;
    if (*loop->alone < WAKE_TIME)
      seats = 0;
    else
      *loop->alone = 0;
  }
  if (threads < seats)
    grow(workers, seats);
  int32_t idle = atomic_load_explicit(&workers->threads, memory_order_relaxed) -
                 atomic_load_explicit(&workers->inside, memory_order_relaxed);
  if (seats > idle)
    seats = idle;
  struct slot *slot = seats > 0 ? take_slot(workers) : NULL;
  if (slot)
    run_shared(workers, slot, loop, seats);
  else
    work_on(loop, 0);
}

/*===--- Memory ----------------------------------------------------------===*/

int dlc_rt_make_pool(dlc_rt_pool *pool) {
  void *memory = mmap(NULL, sizeof *pool->workers, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    return 0;
  pool->run = run;
  pool->workers = memory;
  if (madvise(memory, sizeof *pool->workers, MADV_WIPEONFORK))
    atomic_store_explicit(&pool->workers->owner, getpid(),
                          memory_order_relaxed);
  return 1;
}

void dlc_rt_free_pool(dlc_rt_pool *pool) {
  munmap(pool->workers, sizeof *pool->workers);
}

int32_t dlc_rt_count_workers(const dlc_rt_pool *pool) {
  return atomic_load_explicit(&pool->workers->threads, memory_order_relaxed);
}
