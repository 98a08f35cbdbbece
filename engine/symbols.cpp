#include "symbols.hpp"

#include <algorithm>

namespace l3c {
namespace {

constexpr std::size_t kAhead = 16;  // rows fetched before they are needed: each symbol has a row of its own
constexpr int kMostComponents = 64;

struct Found {
    std::uint32_t symbol, start, end;
};

Interval interval(std::uint32_t start, std::uint32_t end) { return start | (end - start) << 16; }

// A symbol that is certain has frequency 65536, which an interval cannot hold; none has, as there are two levels or more.
bool usable(std::uint32_t start, std::uint32_t end) { return start < end && end <= 65536 && end - start < 65536; }

bool take(RansDecoder& decoder, std::uint64_t& x, std::uint32_t start, std::uint32_t end) {
    x = (end - start) * (x >> 16) + (x & 0xffff) - start;
    if (x >= kStateMin) return true;
    if (decoder.next == decoder.end) return false;
    x = x << 16 | decoder.next[0] | std::uint64_t(decoder.next[1]) << 8;
    decoder.next += 2;
    return true;
}

template <class T>
Found find(const CumulativeRows<T>& cdf, const T* row, std::uint32_t slot) {
    std::size_t low = 0, length = cdf.columns - 1;
    while (length > 1) {
        const std::size_t half = length / 2;
        low = std::uint32_t(row[low + half]) <= slot ? low + half : low;
        length -= half;
    }
    return {std::uint32_t(low), cdf.at(row, low), cdf.at(row, low + 1)};
}

struct Mixture {
    int components;
    std::int32_t weight[kMostComponents], mean[kMostComponents], mantissa[kMostComponents], shift[kMostComponents];
};

void make(const Tables& tables, const MixtureRows& rows, std::size_t i, Mixture& m) {
    const std::size_t at = i * rows.components;
    const std::int32_t *logits = rows.logits + at, *means = rows.means + at, *scales = rows.log_scales + at;
    const std::int32_t top = *std::max_element(logits, logits + rows.components);
    std::int32_t sum = 0, left = 1 << 15;
    m.components = rows.components;
    for (int k = 0; k < m.components; ++k) sum += m.weight[k] = tables.exponential[std::min(top - logits[k], 255)];
    const std::int32_t share = (1 << 30) / sum;
    for (int k = 0; k < m.components; ++k) {
        left -= m.weight[k] = std::int32_t(std::int64_t(m.weight[k]) * share >> 15);
        m.mean[k] = std::clamp(means[k], -(128 << 6), 384 << 6);
        const std::int32_t scale = std::clamp(scales[k] + 56, 0, 127);
        m.mantissa[k] = tables.mantissa[scale];
        m.shift[k] = tables.scale_shift[scale];
    }
    m.weight[0] += left;
}

// The cumulative frequency below a symbol, 1 to levels - 1.
std::uint32_t below(const Tables& tables, const Mixture& m, int levels, std::int32_t symbol) {
    const std::int32_t edge = (symbol << 6) - 32;
    std::uint32_t sum = 0;
    for (int k = 0; k < m.components; ++k) {
        const std::int32_t argument = ((edge - m.mean[k]) * m.mantissa[k]) >> m.shift[k];
        const std::int32_t place = std::clamp(argument, -12288, 12287) + 12288;
        const std::int32_t entry = tables.sigmoid[place >> 6];
        sum += std::uint32_t(m.weight[k]) * std::uint32_t((entry >> 11) + (((entry & 2047) * (place & 63)) >> 6));
    }
    return std::uint32_t(symbol) + std::uint32_t(std::uint64_t(sum >> 15) * (65536 - levels) >> 16);
}

std::uint32_t border(const Tables& tables, const Mixture& m, int levels, std::int32_t symbol) {
    return symbol <= 0 ? 0 : symbol >= levels ? 65536 : below(tables, m, levels, symbol);
}

// Walks outwards from the mean of the heaviest component in growing steps, then bisects.
Found find(const Tables& tables, const Mixture& m, int levels, std::uint32_t slot) {
    const auto heaviest = std::max_element(m.weight, m.weight + m.components) - m.weight;
    std::int32_t low = 0, high = levels, step = 1;
    std::uint32_t start = 0, end = 65536;
    std::int32_t probe = std::clamp((m.mean[heaviest] + 32) >> 6, 1, levels - 1);
    while (high - low > 1) {
        const std::uint32_t here = below(tables, m, levels, probe);
        if (here <= slot) {
            low = probe, start = here;
            probe = high == levels ? std::min(low + step, levels - 1) : low + (high - low) / 2;
        } else {
            high = probe, end = here;
            probe = low == 0 ? std::max(high - step, 1) : low + (high - low) / 2;
        }
        step *= 2;
    }
    return {std::uint32_t(low), start, end};
}

template <class Finder>
Status decode(const std::uint8_t* payload, std::size_t size, std::size_t count, std::int32_t* symbols, Finder finder) {
    RansDecoder decoder;
    const Status status = rans_begin(payload, size, decoder);
    if (status != Status::kOk) return status;
    for (std::size_t i = 0; i < count; ++i) {
        std::uint64_t& x = decoder.states[i % kLanes];
        const std::uint32_t slot = x & 0xffff;
        const Found found = finder(i, slot);
        if (found.start > slot || slot >= found.end) return Status::kBadState;
        if (!take(decoder, x, found.start, found.end)) return Status::kRanOut;
        symbols[i] = std::int32_t(found.symbol);
    }
    return rans_finish(decoder);
}

}  // namespace

template <class T>
std::size_t intervals_of(const CumulativeRows<T>& cdf, const std::int32_t* symbols, std::size_t count, Interval* out) {
    for (std::size_t i = 0; i < count; ++i) {
        if (symbols[i] < 0 || std::size_t(symbols[i]) + 1 >= cdf.columns) return i;
        const T* row = cdf.row(i);
        const std::uint32_t start = cdf.at(row, symbols[i]), end = cdf.at(row, symbols[i] + 1);
        if (!usable(start, end)) return i;
        out[i] = interval(start, end);
    }
    return count;
}

std::size_t intervals_of(const Tables& tables, const MixtureRows& rows, const std::int32_t* symbols, std::size_t count,
                         Interval* out) {
    Mixture m;
    for (std::size_t i = 0; i < count; ++i) {
        if (symbols[i] < 0 || symbols[i] >= rows.levels) return i;
        make(tables, rows, i, m);
        const std::uint32_t start = border(tables, m, rows.levels, symbols[i]);
        out[i] = interval(start, border(tables, m, rows.levels, symbols[i] + 1));
    }
    return count;
}

template <class T>
Status decode_symbols(const CumulativeRows<T>& cdf, const std::uint8_t* payload, std::size_t size, std::size_t count,
                      std::int32_t* symbols) {
    return decode(payload, size, count, symbols, [&](std::size_t i, std::uint32_t slot) {
        if (cdf.rows > i + kAhead)
            for (std::size_t at = 0; at < cdf.columns; at += 64 / sizeof(T)) __builtin_prefetch(cdf.row(i + kAhead) + at);
        return find(cdf, cdf.row(i), slot);
    });
}

Status decode_symbols(const Tables& tables, const MixtureRows& rows, const std::uint8_t* payload, std::size_t size,
                      std::size_t count, std::int32_t* symbols) {
    Mixture m;
    return decode(payload, size, count, symbols, [&](std::size_t i, std::uint32_t slot) {
        make(tables, rows, i, m);
        return find(tables, m, rows.levels, slot);
    });
}

template std::size_t intervals_of(const CumulativeRows<std::uint16_t>&, const std::int32_t*, std::size_t, Interval*);
template std::size_t intervals_of(const CumulativeRows<std::int32_t>&, const std::int32_t*, std::size_t, Interval*);
template Status decode_symbols(const CumulativeRows<std::uint16_t>&, const std::uint8_t*, std::size_t, std::size_t,
                               std::int32_t*);
template Status decode_symbols(const CumulativeRows<std::int32_t>&, const std::uint8_t*, std::size_t, std::size_t,
                               std::int32_t*);

}  // namespace l3c
