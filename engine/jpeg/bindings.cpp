// The Python face of a JPEG scan's entropy-coded data. Types and checks only; l3c.jpeg.entropy_compiled documents them.
#include "bindings.hpp"

#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <tuple>

#include "jpeg/entropy.hpp"

using namespace l3c::jpeg;

namespace {

using Blocks = Out<std::int16_t, nb::shape<-1, -1, kBlockSize>>;
using Plane = std::tuple<Blocks, int, int, nb::bytes, nb::bytes>;

const std::uint8_t* bytes_of(const nb::bytes& data) { return static_cast<const std::uint8_t*>(data.data()); }

HuffmanTable table_of(const nb::bytes& code) {
    require(code.size() >= kCodeLengths, "a code has 16 lengths");
    const std::uint8_t *counts = bytes_of(code), *symbols = counts + kCodeLengths;
    const std::size_t total = std::accumulate(counts, symbols, std::size_t(0));
    require(code.size() == kCodeLengths + total && total <= 256, "a code's symbols do not fit its lengths");
    HuffmanTable table{};
    std::copy_n(counts, kCodeLengths, table.counts);
    std::copy_n(symbols, total, table.symbols);
    require(is_code(table), "a code has too many symbols of a length");
    return table;
}

Scan scan_of(bool progressive, int first, int last, int high, int low, std::size_t restart, std::size_t unit_rows,
             std::size_t unit_columns, const std::vector<Plane>& planes) {
    require(0 <= first && first <= last && last < kBlockSize, "a scan's positions: 0 .. 63");
    require(0 <= low && low < 14 && 0 <= high && high < 15, "a scan's bits: 0 .. 13");
    const bool fits = progressive ? (first == 0) == (last == 0) && (first == 0 || planes.size() == 1)
                                  : first == 0 && last == kBlockSize - 1;
    require(fits, "a scan's positions do not fit its kind");
    require(!planes.empty() && planes.size() <= 4, "a scan has 1 .. 4 components");
    require(unit_rows && unit_columns, "a scan has units");
    Scan scan{progressive, first, last, high, low, restart, unit_rows, unit_columns, {}};
    for (const auto& [blocks, horizontal, vertical, dc, ac] : planes) {
        require(1 <= horizontal && horizontal <= 4 && 1 <= vertical && vertical <= 4, "sampling factors: 1 .. 4");
        const std::size_t rows = blocks.shape(0), columns = blocks.shape(1);
        require(unit_rows <= rows / std::size_t(vertical) && unit_columns <= columns / std::size_t(horizontal),
                "a scan has more units than a plane has blocks");
        scan.planes.push_back({blocks.data(), rows, columns, horizontal, vertical, table_of(dc), table_of(ac)});
    }
    return scan;
}

nb::bytes read_bytes(const nb::bytes& data, bool progressive, int first, int last, int high, int low,
                     std::size_t restart, std::size_t unit_rows, std::size_t unit_columns,
                     const std::vector<Plane>& planes) {
    const Scan scan = scan_of(progressive, first, last, high, low, restart, unit_rows, unit_columns, planes);
    std::vector<std::uint8_t> notes;
    {
        nb::gil_scoped_release release;
        notes = read_scan(scan, bytes_of(data), data.size());
    }
    return nb::bytes(notes.data(), notes.size());
}

// The bytes, and what is wrong, or "".
std::tuple<nb::bytes, std::string> write_bytes(const nb::bytes& notes, std::size_t limit, bool progressive, int first,
                                               int last, int high, int low, std::size_t restart, std::size_t unit_rows,
                                               std::size_t unit_columns, const std::vector<Plane>& planes) {
    const Scan scan = scan_of(progressive, first, last, high, low, restart, unit_rows, unit_columns, planes);
    std::vector<std::uint8_t> out;
    const char* wrong = nullptr;
    {
        nb::gil_scoped_release release;
        wrong = write_scan(scan, bytes_of(notes), notes.size(), limit, out);
    }
    return {nb::bytes(out.data(), out.size()), wrong ? wrong : ""};
}

// uint32 [planes][2][256] as bytes, and what is wrong, or "".
std::tuple<nb::bytes, std::string> count(const nb::bytes& notes, std::size_t limit, bool progressive, int first,
                                         int last, int high, int low, std::size_t restart, std::size_t unit_rows,
                                         std::size_t unit_columns, const std::vector<Plane>& planes) {
    const Scan scan = scan_of(progressive, first, last, high, low, restart, unit_rows, unit_columns, planes);
    std::vector<SymbolCounts> counts(planes.size());
    const char* wrong = nullptr;
    {
        nb::gil_scoped_release release;
        wrong = count_symbols(scan, bytes_of(notes), notes.size(), limit, counts.data());
    }
    return {nb::bytes(counts.data(), counts.size() * sizeof(SymbolCounts)), wrong ? wrong : ""};
}

}  // namespace

void bind_jpeg(nb::module_& m) {
    using nb::arg;
    m.def("read_jpeg_scan", &read_bytes, arg("data"), arg("progressive"), arg("first"), arg("last"), arg("high"),
          arg("low"), arg("restart"), arg("unit_rows"), arg("unit_columns"), arg("planes"));
    m.def("write_jpeg_scan", &write_bytes, arg("notes"), arg("limit"), arg("progressive"), arg("first"), arg("last"),
          arg("high"), arg("low"), arg("restart"), arg("unit_rows"), arg("unit_columns"), arg("planes"));
    m.def("count_jpeg_symbols", &count, arg("notes"), arg("limit"), arg("progressive"), arg("first"), arg("last"),
          arg("high"), arg("low"), arg("restart"), arg("unit_rows"), arg("unit_columns"), arg("planes"));
}
