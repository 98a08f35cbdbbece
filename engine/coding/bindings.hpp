#pragma once
#include <nanobind/nanobind.h>

void bind_symbols(nanobind::module_& m);
