// SPDX-License-Identifier: MIT
#pragma once
#include "phase/phase.h"

// Adds to err_last, which is about a port of the host that could not be had, who has it: a box, or a program.
void port_owner_add(struct box *box, const struct port *p);

// "127.0.0.1:8080/tcp", "8080/tcp". Returns text.
const char *port_text(const struct port *p, char text[32]);

// Lets the ports of the host go that phase_ports holds, for a program that is to have them.
void ports_release(struct box *box);
