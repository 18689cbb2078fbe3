// SPDX-License-Identifier: Apache-2.0
/*
 * flight_signal.c - see flight_signal.h.
 */
#include "common/runtime/flight_signal.h"

#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "common/base/mr_assert.h"
#include "common/base/mr_mem.h"
#include "common/runtime/flight.h"

/* An overflow of the stack needs little to be marked; a handler that was
 * there before (a sanitizer's) needs more. */
#define STACK_BYTES ((size_t)64 * 1024)

static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };

#define SIGNAL_COUNT (sizeof(signals) / sizeof(signals[0]))

static struct sigaction before[SIGNAL_COUNT];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned installed;

static _Thread_local uint32_t *volatile current
    __attribute__((tls_model("initial-exec")));

void mr_flight_signal_mark(uint32_t *mark)
{
    current = mark;
}

/* A fault of this thread, or an abort() of it; not a kill from elsewhere. */
static int is_own(const siginfo_t *info)
{
    return info->si_code > 0 || info->si_pid == getpid();
}

static void on_death(int number, siginfo_t *info, void *context)
{
    uint32_t *mark = current;

    (void)context;
    if (mark != NULL && is_own(info))
        __atomic_store_n(mark, (uint32_t)number, __ATOMIC_RELAXED);
    for (size_t i = 0; i < SIGNAL_COUNT; i++) {
        if (signals[i] == number)
            (void)sigaction(number, &before[i], NULL);
    }
    /* A fault happens again on return; what was sent is sent again. */
    if (info->si_code <= 0)
        (void)raise(number);
}

void mr_flight_signal_install(void)
{
    struct sigaction action = {
        .sa_sigaction = on_death,
        .sa_flags = SA_SIGINFO | SA_ONSTACK,
    };

    (void)sigemptyset(&action.sa_mask);
    (void)pthread_mutex_lock(&lock);
    for (size_t i = 0; i < SIGNAL_COUNT && installed == 0; i++)
        (void)sigaction(signals[i], &action, &before[i]);
    installed++;
    (void)pthread_mutex_unlock(&lock);
}

void mr_flight_signal_remove(void)
{
    (void)pthread_mutex_lock(&lock);
    MR_ASSERT(installed > 0);
    installed--;
    for (size_t i = 0; i < SIGNAL_COUNT && installed == 0; i++)
        (void)sigaction(signals[i], &before[i], NULL);
    (void)pthread_mutex_unlock(&lock);
}

struct mr_flight_stack {
    stack_t before;
    _Alignas(16) unsigned char bytes[STACK_BYTES];
};

struct mr_flight_stack *mr_flight_stack_new(void)
{
    struct mr_flight_stack *stack = mr_malloc(sizeof(*stack));
    stack_t ours = { .ss_sp = stack->bytes, .ss_size = STACK_BYTES };

    (void)sigaltstack(&ours, &stack->before);
    return stack;
}

void mr_flight_stack_free(struct mr_flight_stack *stack)
{
    if (stack == NULL)
        return;
    (void)sigaltstack(&stack->before, NULL);
    mr_free(stack);
}
