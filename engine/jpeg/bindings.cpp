// The Python face of the JPEG scan. Types and checks only; l3c.jpeg.scan_compiled gives it its documentation.
#include "bindings.hpp"

#include <nanobind/stl/string.h>

#include <algorithm>
#include <numeric>
#include <string>

#include "jpeg/scan.hpp"

namespace {

using Bytes = Array<std::uint8_t, nb::shape<-1>>;
using Blocks = Out<std::int16_t, nb::shape<-1, -1, l3c::kBlock>>;

l3c::PrefixCode code_of(const Bytes& counts, const Bytes& symbols) {
    require(counts.shape(0) == l3c::kCodeBits, "a code has 16 lengths");
    const std::size_t total = std::accumulate(counts.data(), counts.data() + l3c::kCodeBits, std::size_t(0));
    require(symbols.shape(0) == total && total <= 256, "a code's symbols do not fit its lengths");
    l3c::PrefixCode code{};
    std::copy_n(counts.data(), l3c::kCodeBits, code.counts);
    std::copy_n(symbols.data(), total, code.symbols);
    return code;
}

std::string read_scan(const Bytes& data, const Bytes& dc_counts, const Bytes& dc_symbols, const Bytes& ac_counts,
                      const Bytes& ac_symbols, const Bytes& component, const Blocks& out) {
    const auto dc = code_of(dc_counts, dc_symbols), ac = code_of(ac_counts, ac_symbols);
    require(component.shape(0) == out.shape(1), "blocks do not fit the unit");
    for (std::size_t i = 0; i < component.shape(0); ++i)
        require(component.data()[i] < l3c::kPlanes, "components: at most 3");
    nb::gil_scoped_release release;
    const char* wrong =
        l3c::read_scan(data.data(), data.shape(0), dc, ac, component.data(), out.shape(1), out.shape(0), out.data());
    return wrong ? wrong : "";
}

}  // namespace

void bind_jpeg(nb::module_& m) { m.def("read_scan", &read_scan); }
