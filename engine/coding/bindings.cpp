// The Python face of the symbol coder. Types and checks only; l3c.coding.compiled gives it its documentation.
#include "bindings.hpp"

#include <nanobind/stl/string.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <string>

#include "isa/dispatch.hpp"

namespace {

template <std::size_t size>
void copy_table(const Table& from, std::int32_t (&to)[size]) {
    require(from.shape(0) == size, "a table has the wrong length");
    std::copy_n(from.data(), size, to);
}

}  // namespace

l3c::Tables tables_of(const Table& sigmoid, const Table& exponential, const Table& mantissa, const Table& shift) {
    l3c::Tables tables;
    copy_table(sigmoid, tables.sigmoid);
    copy_table(exponential, tables.exponential);
    copy_table(mantissa, tables.mantissa);
    copy_table(shift, tables.scale_shift);
    return tables;
}

namespace {

using Parameters = Array<std::int32_t, nb::shape<-1, -1>>;
using Frequencies = Array<std::int32_t, nb::shape<-1, -1>>;

// Groups have lengths of 32 bits.
void check_count(std::size_t count) { require(count <= 0xffffffff, "at most 2^32 - 1 symbols at a time"); }

l3c::MixtureMap mixture_map(const Parameters& p, std::size_t channels, std::size_t count, int levels, bool joint) {
    const std::size_t parts = (joint ? 4 : 3) * channels;
    require(channels >= 1 && p.shape(0) % parts == 0 && p.shape(0) >= parts, "parameters do not fit the channels");
    const std::size_t components = p.shape(0) / parts;
    require(components <= l3c::kMaxMixtureComponents, "components: 1 to 16");
    require(levels >= 2 && levels <= 256, "levels: 2 to 256");
    require(!joint || channels == l3c::kJointChannels, "joint mixtures have 3 channels");
    check_count(count);
    require(p.shape(1) == count, "parameters and symbols differ in length");
    return {p.data(), count, int(channels), int(components), levels, joint};
}

l3c::FrequencyMap frequency_map(const Frequencies& cdf, std::size_t count) {
    require(cdf.shape(1) >= 2 && (cdf.shape(0) == count || cdf.shape(0) == 1),
            "frequencies and symbols differ in length");
    check_count(count);
    const l3c::FrequencyMap map{cdf.data(), count, cdf.shape(0) == 1 ? 0 : cdf.shape(1), int(cdf.shape(1)) - 1};
    require(l3c::frequencies_sound(map), "cumulative frequencies must rise from 0 to 65536");
    return map;
}

// One call of a coder at a time. Symbols of two threads would have no order, so a second call is refused, not delayed.
class Turn {
public:
    explicit Turn(std::atomic<bool>& taken) : taken_(taken) {
        require(!taken_.exchange(true, std::memory_order_acquire),
                "a coder of symbols is used by two threads at once; each needs its own");
    }
    ~Turn() { taken_.store(false, std::memory_order_release); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

private:
    std::atomic<bool>& taken_;
};

std::string wrong(l3c::Status status) { return status == l3c::Status::kOk ? "" : l3c::describe(status); }

class SymbolEncoder {
public:
    SymbolEncoder(const Table& sigmoid, const Table& exponential, const Table& mantissa, const Table& shift,
                  const std::string& isa)
        : tables_(tables_of(sigmoid, exponential, mantissa, shift)), mixtures_(l3c::mixture_coder(isa)) {}

    void put_mixtures(const Parameters& parameters, const Array<std::uint8_t, nb::shape<-1, -1>>& symbols, int levels,
                      bool joint) {
        const auto map = mixture_map(parameters, symbols.shape(0), symbols.shape(1), levels, joint);
        const Turn transpose(taken_);
        nb::gil_scoped_release release;
        mixtures_.intervals(tables_, map, symbols.data(), grow(map.channels, map.count));
    }

    void put_frequencies(const Frequencies& cdf, const Array<std::int32_t, nb::shape<-1>>& symbols) {
        const auto map = frequency_map(cdf, symbols.shape(0));
        const Turn transpose(taken_);
        if (l3c::frequency_intervals(map, symbols.data(), grow(1, map.count))) return;
        intervals_.resize(intervals_.size() - map.count);
        sizes_.pop_back();
        throw std::invalid_argument("a symbol is out of range or has no frequency");
    }

    nb::bytes finish() const {
        const Turn transpose(taken_);
        std::vector<std::uint8_t> payload;
        {
            nb::gil_scoped_release release;
            payload = l3c::rans_encode(intervals_.data(), sizes_.data(), sizes_.size());
        }
        return nb::bytes(payload.data(), payload.size());
    }

    // -log2 of the probability of everything put, as the integer frequencies have it.
    double bits() const {
        const Turn transpose(taken_);
        double total = 0;
        for (const auto i : intervals_) total += 16 - std::log2(double(i >> 16 ? i >> 16 : 65536));
        return total;
    }

private:
    // Room for groups of so many symbols each. Where memory ends, nothing has changed.
    l3c::Interval* grow(std::size_t groups, std::size_t count) {
        const std::size_t before = intervals_.size(), groups_before = sizes_.size();
        sizes_.resize(groups_before + groups, std::uint32_t(count));
        try {
            intervals_.resize(before + groups * count);
        } catch (...) {
            sizes_.resize(groups_before);
            throw;
        }
        return intervals_.data() + before;
    }

    l3c::Tables tables_;
    l3c::MixtureCoder mixtures_;
    std::vector<l3c::Interval> intervals_;
    std::vector<std::uint32_t> sizes_;  // of groups; their sum is that of the intervals
    mutable std::atomic<bool> taken_{false};
};

class SymbolDecoder {
public:
    SymbolDecoder(nb::bytes payload, const Table& sigmoid, const Table& exponential, const Table& mantissa,
                  const Table& shift, const std::string& isa)
        : payload_(static_cast<const std::uint8_t*>(payload.data()),
                   static_cast<const std::uint8_t*>(payload.data()) + payload.size()),
          tables_(tables_of(sigmoid, exponential, mantissa, shift)),
          mixtures_(l3c::mixture_coder(isa)),
          begun_(l3c::rans_begin(payload_.data(), payload_.size(), decoder_)) {}
    SymbolDecoder(const SymbolDecoder&) = delete;

    std::string take_mixtures(const Parameters& parameters, const Out<std::uint8_t, nb::shape<-1, -1>>& out, int levels,
                              bool joint) {
        const auto map = mixture_map(parameters, out.shape(0), out.shape(1), levels, joint);
        const Turn transpose(taken_);
        nb::gil_scoped_release release;
        return wrong(begun_ == l3c::Status::kOk ? mixtures_.symbols(tables_, map, decoder_, out.data()) : begun_);
    }

    std::string take_frequencies(const Frequencies& cdf, const Out<std::int32_t, nb::shape<-1>>& out) {
        const auto map = frequency_map(cdf, out.shape(0));
        const Turn transpose(taken_);
        nb::gil_scoped_release release;
        return wrong(begun_ == l3c::Status::kOk ? l3c::frequency_symbols(map, decoder_, out.data()) : begun_);
    }

    std::string finish() const {
        const Turn transpose(taken_);
        return wrong(begun_ == l3c::Status::kOk ? l3c::rans_finish(decoder_) : begun_);
    }

private:
    std::vector<std::uint8_t> payload_;
    l3c::Tables tables_;
    l3c::MixtureCoder mixtures_;
    l3c::RansDecoder decoder_;
    l3c::Status begun_;
    mutable std::atomic<bool> taken_{false};
};

}  // namespace

void bind_coding(nb::module_& m) {
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
