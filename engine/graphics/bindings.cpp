// The Python face of the graphics coder. Types and checks only; l3c.graphics.compiled documents it.
#include "bindings.hpp"
#include "graphics/detection.hpp"
#include "graphics/tile.hpp"

namespace {

using Stretch = Array<std::int16_t, nb::shape<l3c::graphics::kStretchSize>>;
using Squash = Array<std::uint16_t, nb::shape<l3c::graphics::kSquashSize>>;
using Colours = Array<std::uint32_t, nb::shape<-1>>;
using Indices = nb::ndarray<std::uint8_t, nb::shape<-1, -1>, nb::c_contig, nb::device::cpu>;
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

l3c::graphics::Picture picture_of(const Samples<const std::uint8_t>& samples) {
    check(samples);
    return {samples.data(), samples.shape(0), samples.shape(1), samples.shape(2)};
}

std::size_t count_repeated(const Samples<const std::uint8_t>& samples, std::size_t step) {
    require(step > 0, "rows are at least 1 apart");
    const auto picture = picture_of(samples);
    const nb::gil_scoped_release release;
    return l3c::graphics::count_repeated(picture, step);
}

nb::tuple count_runs(const Samples<const std::uint8_t>& samples, std::size_t length) {
    const auto picture = picture_of(samples);
    require(length * picture.channels >= 8 && length * picture.channels <= 16, "a run has 8 to 16 bytes");
    l3c::graphics::Runs runs;
    {
        const nb::gil_scoped_release release;
        runs = l3c::graphics::count_runs(picture, length);
    }
    return nb::make_tuple(runs.chosen, runs.distinct);
}

nb::list find_colours(const Samples<const std::uint8_t>& samples, std::size_t most) {
    const auto picture = picture_of(samples);
    std::vector<std::uint32_t> colours;
    {
        const nb::gil_scoped_release release;
        colours = l3c::graphics::find_colours(picture, most);
    }
    nb::list list;
    for (const std::uint32_t colour : colours) list.append(colour);
    return list;
}

bool index_colours(const Samples<const std::uint8_t>& samples, const Colours& colours, const Indices& out) {
    const auto picture = picture_of(samples);
    require(out.shape(0) == picture.height && out.shape(1) == picture.width, "an index for each pixel");
    require(colours.size() <= 256, "indices are bytes");
    const nb::gil_scoped_release release;
    return l3c::graphics::index_colours(picture, colours.data(), colours.size(), out.data());
}

}  // namespace

void bind_graphics(nb::module_& m) {
    using nb::arg;
    m.def("encode_graphics", &encode, arg("samples"), arg("stretch"), arg("squash"), arg("rates"));
    m.def("decode_graphics", &decode, arg("payload"), arg("samples"), arg("stretch"), arg("squash"), arg("rates"));
    m.def("count_repeated", &count_repeated, arg("samples"), arg("step"));
    m.def("count_runs", &count_runs, arg("samples"), arg("length"));
    m.def("find_colours", &find_colours, arg("samples"), arg("most"));
    m.def("index_colours", &index_colours, arg("samples"), arg("colours"), arg("out"));
}
