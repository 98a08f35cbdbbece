#pragma once
#include <nanobind/nanobind.h>

void bind_jpeg(nanobind::module_& m);
