// The Python face of the symbol coder. Types and checks only; l3c.engine.symbols gives it its documentation.
#include "symbol_bindings.hpp"

#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "symbols.hpp"

namespace nb = nanobind;

namespace {

template <class T, class Shape>
using Array = nb::ndarray<const T, Shape, nb::c_contig, nb::device::cpu>;
template <class T, class Shape>
using Out = nb::ndarray<T, Shape, nb::c_contig, nb::device::cpu>;
using Parameters = Array<std::int32_t, nb::shape<-1, -1>>;
using Frequencies = Array<std::int32_t, nb::shape<-1, -1>>;
using Table = Array<std::int32_t, nb::shape<-1>>;

void require(bool condition, const char* message) {
    if (!condition) throw std::invalid_argument(message);
}

l3c::Tables tables_of(const Table& sigmoid, const Table& exponential, const Table& mantissa, const Table& shift) {
    l3c::Tables t;
    require(sigmoid.shape(0) == 384 && exponential.shape(0) == 256 && mantissa.shape(0) == 128 && shift.shape(0) == 128,
            "a table has the wrong length");
    std::copy_n(sigmoid.data(), 384, t.sigmoid);
    std::copy_n(exponential.data(), 256, t.exponential);
    std::copy_n(mantissa.data(), 128, t.mantissa);
    std::copy_n(shift.data(), 128, t.scale_shift);
    return t;
}

l3c::MixtureMap mixture_map(const Parameters& p, std::size_t channels, std::size_t count, int levels, bool joint) {
    const std::size_t parts = (joint ? 4 : 3) * channels;
    require(channels >= 1 && p.shape(0) % parts == 0 && p.shape(0) >= parts, "parameters do not fit the channels");
    const std::size_t components = p.shape(0) / parts;
    require(components <= l3c::kMaxMixtureComponents, "components: 1 to 16");
    require(levels >= 2 && levels <= 256, "levels: 2 to 256");
    require(!joint || channels == 3, "joint mixtures have 3 channels");
    require(p.shape(1) == count, "parameters and symbols differ in length");
    return {p.data(), count, int(channels), int(components), levels, joint};
}

l3c::FrequencyMap frequency_map(const Frequencies& cdf, std::size_t count) {
    require(cdf.shape(1) >= 2 && (cdf.shape(0) == count || cdf.shape(0) == 1), "frequencies and symbols differ in length");
    const l3c::FrequencyMap map{cdf.data(), count, cdf.shape(0) == 1 ? 0 : cdf.shape(1), int(cdf.shape(1)) - 1};
    require(l3c::frequencies_sound(map), "cumulative frequencies must rise from 0 to 65536");
    return map;
}

std::string wrong(l3c::Status status) { return status == l3c::Status::kOk ? "" : l3c::describe(status); }

class SymbolEncoder {
public:
    SymbolEncoder(const Table& sigmoid, const Table& exponential, const Table& mantissa, const Table& shift,
                  const std::string& isa)
        : tables_(tables_of(sigmoid, exponential, mantissa, shift)), kernel_(l3c::mixture_kernel(isa)) {}

    void put_mixtures(const Parameters& parameters, const Array<std::uint8_t, nb::shape<-1, -1>>& symbols, int levels,
                      bool joint) {
        const auto map = mixture_map(parameters, symbols.shape(0), symbols.shape(1), levels, joint);
        nb::gil_scoped_release release;
        for (int c = 0; c < map.channels; ++c) sizes_.push_back(std::uint32_t(map.count));
        kernel_.intervals(tables_, map, symbols.data(), grow(map.channels * map.count));
    }

    void put_frequencies(const Frequencies& cdf, const Array<std::int32_t, nb::shape<-1>>& symbols) {
        const auto map = frequency_map(cdf, symbols.shape(0));
        const std::size_t before = intervals_.size();
        if (!l3c::frequency_intervals(map, symbols.data(), grow(map.count))) {
            intervals_.resize(before);
            throw std::invalid_argument("a symbol is out of range or has no frequency");
        }
        sizes_.push_back(std::uint32_t(map.count));
    }

    nb::bytes finish() const {
        std::vector<std::uint8_t> payload;
        {
            nb::gil_scoped_release release;
            payload = l3c::rans_encode(intervals_.data(), sizes_.data(), sizes_.size());
        }
        return nb::bytes(payload.data(), payload.size());
    }

    // -log2 of the probability of everything put, as the integer frequencies have it.
    double bits() const {
        double total = 0;
        for (const auto i : intervals_) total += 16 - std::log2(double(i >> 16 ? i >> 16 : 65536));
        return total;
    }

private:
    l3c::Interval* grow(std::size_t count) {
        const std::size_t before = intervals_.size();
        intervals_.resize(before + count);
        return intervals_.data() + before;
    }

    l3c::Tables tables_;
    l3c::MixtureKernel kernel_;
    std::vector<l3c::Interval> intervals_;
    std::vector<std::uint32_t> sizes_;
};

class SymbolDecoder {
public:
    SymbolDecoder(nb::bytes payload, const Table& sigmoid, const Table& exponential, const Table& mantissa,
                  const Table& shift, const std::string& isa)
        : payload_(static_cast<const std::uint8_t*>(payload.data()),
                   static_cast<const std::uint8_t*>(payload.data()) + payload.size()),
          tables_(tables_of(sigmoid, exponential, mantissa, shift)),
          kernel_(l3c::mixture_kernel(isa)),
          begun_(l3c::rans_begin(payload_.data(), payload_.size(), decoder_)) {}
    SymbolDecoder(const SymbolDecoder&) = delete;

    std::string take_mixtures(const Parameters& parameters, const Out<std::uint8_t, nb::shape<-1, -1>>& out, int levels,
                              bool joint) {
        const auto map = mixture_map(parameters, out.shape(0), out.shape(1), levels, joint);
        nb::gil_scoped_release release;
        return wrong(begun_ == l3c::Status::kOk ? kernel_.symbols(tables_, map, decoder_, out.data()) : begun_);
    }

    std::string take_frequencies(const Frequencies& cdf, const Out<std::int32_t, nb::shape<-1>>& out) {
        const auto map = frequency_map(cdf, out.shape(0));
        nb::gil_scoped_release release;
        return wrong(begun_ == l3c::Status::kOk ? l3c::frequency_symbols(map, decoder_, out.data()) : begun_);
    }

    std::string finish() const { return wrong(begun_ == l3c::Status::kOk ? l3c::rans_finish(decoder_) : begun_); }

private:
    std::vector<std::uint8_t> payload_;
    l3c::Tables tables_;
    l3c::MixtureKernel kernel_;
    l3c::RansDecoder decoder_;
    l3c::Status begun_;
};

}  // namespace

void bind_symbols(nb::module_& m) {
    nb::class_<SymbolEncoder>(m, "SymbolEncoder")
        .def(nb::init<const Table&, const Table&, const Table&, const Table&, const std::string&>())
        .def("put_mixtures", &SymbolEncoder::put_mixtures)
        .def("put_frequencies", &SymbolEncoder::put_frequencies)
        .def("bits", &SymbolEncoder::bits)
        .def("finish", &SymbolEncoder::finish);
    nb::class_<SymbolDecoder>(m, "SymbolDecoder")
        .def(nb::init<nb::bytes, const Table&, const Table&, const Table&, const Table&, const std::string&>())
        .def("take_mixtures", &SymbolDecoder::take_mixtures)
        .def("take_frequencies", &SymbolDecoder::take_frequencies)
        .def("finish", &SymbolDecoder::finish);
}
