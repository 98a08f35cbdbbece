// The Python face of the gradient. Types and checks only; l3c.wave.compiled gives it its documentation.
#include "bindings.hpp"

#include <nanobind/stl/string.h>

#include "isa/dispatch.hpp"

namespace {

double gradient(nb::handle architecture, const Array<float, nb::shape<-1>>& parameters,
                const Array<std::uint8_t, nb::shape<-1, -1, -1, -1>>& crops, bool quantized,
                const Out<float, nb::shape<-1>>& out, const std::string& isa) {
    const l3c::Architecture a = architecture_of(architecture);
    const std::size_t count = l3c::training::parameter_count(a);
    require(parameters.shape(0) == count && out.shape(0) == count, "the number of parameters does not fit");
    require(crops.shape(3) == std::size_t(a.channels), "the crops' channels do not fit");
    require(crops.shape(1) % 2 == 0 && crops.shape(2) % 32 == 0, "crops: even height, width a multiple of 32");
    require(crops.shape(1) <= l3c::training::kMostCropSide && crops.shape(2) <= l3c::training::kMostCropSide &&
                crops.shape(0) <= l3c::training::kMostCrops,
            "crops: at most 65536, of at most 4096 pixels a side");
    const auto compute = l3c::gradient_with(isa);
    nb::gil_scoped_release release;
    return compute(a, parameters.data(), crops.data(), int(crops.shape(0)), int(crops.shape(1)), int(crops.shape(2)),
                   quantized, out.data());
}

}  // namespace

void bind_training(nb::module_& m) {
    m.def("wave_gradient", &gradient, nb::arg("architecture"), nb::arg("parameters"), nb::arg("crops"),
          nb::arg("quantized"), nb::arg("out"), nb::arg("isa"));
}
