// The Python face of picture files. Types and checks only; l3c.images.compiled documents it.
#include "bindings.hpp"

#include <vector>

#include "images/filters.hpp"

using namespace l3c::images;

namespace {

std::size_t undo_png_filters(const nb::bytes& rows, int step, const Out<std::uint8_t, nb::shape<-1, -1>>& out,
                             std::size_t top) {
    const std::size_t height = out.shape(0), size = out.shape(1);
    require(1 <= step && step <= kMostPixel && step != 5 && step != 7, "bytes of a pixel: 1, 2, 3, 4, 6 or 8");
    require(size && size % std::size_t(step) == 0, "a row has whole pixels");
    require(rows.size() % (size + 1) == 0, "rows begin with their filters");
    const std::size_t count = rows.size() / (size + 1);
    require(top <= height && count <= height - top, "there are more rows than the picture has");
    const auto* from = static_cast<const std::uint8_t*>(rows.data());
    nb::gil_scoped_release release;
    std::uint8_t* to = out.data() + top * size;
    if (top) return undo_filters(from, count, size, step, to - size, to);
    const std::vector<std::uint8_t> zeros(size);
    return undo_filters(from, count, size, step, zeros.data(), to);
}

}  // namespace

void bind_images(nb::module_& m) {
    using nb::arg;
    m.def("undo_png_filters", &undo_png_filters, arg("rows"), arg("step"), arg("out"), arg("top"));
}
