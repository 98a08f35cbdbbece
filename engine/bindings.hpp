// What the bindings of all rooms share. Each room's bindings.cpp checks types and bounds and calls the engine; module.cpp puts
// them together.
#pragma once
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <stdexcept>

#include "coding/tables.hpp"
#include "wave/network.hpp"

namespace nb = nanobind;

template <class T, class Shape>
using Array = nb::ndarray<const T, Shape, nb::c_contig, nb::device::cpu>;
template <class T, class Shape>
using Out = nb::ndarray<T, Shape, nb::c_contig, nb::device::cpu>;

inline void require(bool condition, const char* message) {
    if (!condition) throw std::invalid_argument(message);
}

// A field of a Python object, by its name.
template <class T>
T field(nb::handle object, const char* name) {
    T value;
    require(nb::try_cast(object.attr(name), value), name);
    return value;
}

using Table = Array<std::int32_t, nb::shape<-1>>;
l3c::Tables tables_of(const Table& sigmoid, const Table& exponential, const Table& mantissa, const Table& shift);
l3c::Architecture architecture_of(nb::handle given);

void bind_coding(nb::module_& m);
void bind_dct(nb::module_& m);
void bind_graphics(nb::module_& m);
void bind_images(nb::module_& m);
void bind_jpeg(nb::module_& m);
void bind_training(nb::module_& m);
void bind_wave(nb::module_& m);
