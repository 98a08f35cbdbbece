// Symbols under anybody's probabilities, equal to l3c.coding.definition: rANS with all symbols in one group.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "rans.hpp"

namespace l3c {

// One row of cumulative frequencies a symbol, or one row for all. The first entry counts as 0 and the last as 65536.
template <class T>
struct CumulativeRows {
    const T* data;
    std::size_t rows, columns;
    const T* row(std::size_t i) const { return data + (rows == 1 ? 0 : i * columns); }
    std::uint32_t at(const T* row, std::size_t column) const {
        return column == 0 ? 0 : column + 1 == columns ? 65536 : std::uint32_t(row[column]);
    }
};

// Parameters of mixtures in integer units, [count][components] each; see l3c.coding.mixture.make_mixture.
struct MixtureRows {
    const std::int32_t *logits, *means, *log_scales;
    int components, levels;
};

// Intervals of symbols. Returns the index of the first symbol that has none, or `count`.
template <class T>
std::size_t intervals_of(const CumulativeRows<T>& cdf, const std::int32_t* symbols, std::size_t count, Interval* out);
std::size_t intervals_of(const Tables& tables, const MixtureRows& mixtures, const std::int32_t* symbols,
                         std::size_t count, Interval* out);

template <class T>
Status decode_symbols(const CumulativeRows<T>& cdf, const std::uint8_t* payload, std::size_t size, std::size_t count,
                      std::int32_t* symbols);
Status decode_symbols(const Tables& tables, const MixtureRows& mixtures, const std::uint8_t* payload, std::size_t size,
                      std::size_t count, std::int32_t* symbols);

}  // namespace l3c
