// The Python module l3c._engine.
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "bindings.hpp"
#include "isa/dispatch.hpp"

NB_MODULE(_engine, m) {
    m.def("supported_isas", &l3c::supported_isas);
    bind_coding(m);
    bind_dct(m);
    bind_graphics(m);
    bind_images(m);
    bind_jpeg(m);
    bind_training(m);
    bind_wave(m);
}
