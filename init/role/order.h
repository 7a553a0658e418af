// SPDX-License-Identifier: MIT
// Orders to end a machine: signals to its PID 1, from whoever may send them, the kernel (ctrl-alt-del) and PID 1 itself
// (base/watch.h: a power button). As busybox's init has them:
//
//	USR1  halt		USR2, PWR  poweroff		TERM, INT (ctrl-alt-del)  reboot
//
// Other signals go to the box's program, HUP too: what it means to load its configuration again the program knows.
#pragma once
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

// In the order of the words of on-end and on-error (spec/keys.c).
enum order { ORDER_POWEROFF, ORDER_REBOOT, ORDER_HALT, ORDER_NONE };

// How long after an order the box is killed (ms; 0: never), and the signal that tells its PID 1 to end.
void order_setup(uint32_t kill_after, int stop_signal);

// A signal has come while main (0: nobody) is waited for; as reap's order. Returns the signal that main gets: the one to stop
// at an order, none (0) at a further one, which kills it, else sig as it is.
int order_take(int sig, const siginfo_t *info, pid_t main);

// Takes orders that wait to be taken.
void order_poll(void);

// The last order that came, or ORDER_NONE.
enum order order_last(void);

// "poweroff", "reboot", "halt".
const char *order_word(enum order order);

// Whether somebody has ordered more than once, and does not want to wait.
bool order_is_urgent(void);

// `initbox poweroff`, or a link of that name: gives the order that word names to the PID 1 of this machine.
// Returns an exit code.
int order_main(const char *word);
