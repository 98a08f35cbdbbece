// The Python face of the graphics coder. Types and checks only; l3c.graphics.compiled documents it.
#include "bindings.hpp"
#include "graphics/tile.hpp"

namespace {

using Stretch = Array<std::int16_t, nb::shape<l3c::graphics::kStretchSize>>;
using Squash = Array<std::uint16_t, nb::shape<l3c::graphics::kSquashSize>>;
using Rates = Array<std::uint16_t, nb::shape<l3c::graphics::kCountLimit + 1>>;
template <class T>
using Samples = nb::ndarray<T, nb::shape<-1, -1, -1>, nb::c_contig, nb::device::cpu>;

template <class T>
void check(const Samples<T>& samples) {
    require(samples.size() && samples.shape(2) <= l3c::graphics::kChannelsMax, "a tile has pixels of 1 .. 4 channels");
}

nb::bytes encode(const Samples<const std::uint8_t>& samples, const Stretch& stretch, const Squash& squash,
                 const Rates& rates) {
    check(samples);
    std::vector<std::uint8_t> payload;
    {
        nb::gil_scoped_release release;
        payload = l3c::graphics::encode_tile({stretch.data(), squash.data(), rates.data()}, samples.data(),
                                             samples.shape(0), samples.shape(1), int(samples.shape(2)));
    }
    return nb::bytes(payload.data(), payload.size());
}

bool decode(const nb::bytes& payload, const Samples<std::uint8_t>& samples, const Stretch& stretch,
            const Squash& squash, const Rates& rates) {
    check(samples);
    const auto* data = static_cast<const std::uint8_t*>(payload.data());
    const std::size_t size = payload.size();
    nb::gil_scoped_release release;
    return l3c::graphics::decode_tile({stretch.data(), squash.data(), rates.data()}, data, size, samples.data(),
                                      samples.shape(0), samples.shape(1), int(samples.shape(2)));
}

}  // namespace

void bind_graphics(nb::module_& m) {
    using nb::arg;
    m.def("encode_graphics", &encode, arg("samples"), arg("stretch"), arg("squash"), arg("rates"));
    m.def("decode_graphics", &decode, arg("payload"), arg("samples"), arg("stretch"), arg("squash"), arg("rates"));
}
