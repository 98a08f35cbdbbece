// The symbols of samples of 9 to 16 bits, equal to l3c.wave.definition.deep: a residual in steps, then where in its step the
// sample lies, the upper bits of that under the same mixture, the lower ones as they are.
#pragma once
#include "coding/mixture.hpp"
#include "coding/rans_vector.hpp"
#include "wave/scale.hpp"

namespace l3c {
namespace {

constexpr int kPlaceBits = 4;  // of the place in a step, at most, that the mixture knows of

// What a residual leaves open, of eight pixels.
struct Places {
    I32x8 escaped;     // where a residual is at an end, which stands for all beyond it: the sample follows as it is
    I32x8 bits;        // of a place in a step, under the mixture
    I32x8 plain_bits;  // behind those, or of the whole sample
};

inline Places places_of(const DeepScale& scale, I32x8 residual, int at) {
    const I32x8 shift = load8(scale.shifts() + at), escaped = (residual == 0) | (residual == kSymbols - 1);
    const I32x8 bits = min8(shift, all8(kPlaceBits));
    return {escaped, escaped ? all8(0) : bits, escaped ? all8(scale.depth()) : shift - bits};
}

// floor(mass slots / whole), for 0 <= mass <= whole.
inline I32x8 share_of(I32x8 mass, I32x8 slots, I32x8 whole) {
    I32x8 result;
    for (int half = 0; half < 2; ++half) {
        I32x4 part[3];
        const I32x8* from[3] = {&mass, &slots, &whole};
        for (int i = 0; i < 3; ++i)
            std::memcpy(&part[i], reinterpret_cast<const char*>(from[i]) + 16 * half, sizeof part[i]);
        const F64x4 quotient = __builtin_convertvector(part[0], F64x4) * __builtin_convertvector(part[1], F64x4) /
                               __builtin_convertvector(part[2], F64x4);
        part[0] = __builtin_convertvector(quotient, I32x4);
        std::memcpy(reinterpret_cast<char*>(&result) + 16 * half, &part[0], sizeof part[0]);
    }
    return result;
}

// The 2^bits places in the steps of residuals, by the mass that the mixture has there.
template <class Count>
class PlaceAlphabet {
public:
    PlaceAlphabet(const Tables& tables, const Mixture8& mixture, Count components, I32x8 residual, I32x8 bits)
        : tables_(tables), mixture_(mixture), components_(components), bits_(bits), count_(all8(1) << bits) {
        edge_ = (residual << kGrayBits) - (1 << kGrayBits >> 1);
        below_ = mass(edge_);
        whole_ = mass(edge_ + (1 << kGrayBits)) - below_ + count_;
    }

    // The cumulative frequency below a place.
    I32x8 cumulative(I32x8 place) const {
        const I32x8 here = mass(edge_ + (place << (kGrayBits - bits_))) - below_ + place;
        const I32x8 inner = place + share_of(here, (1 << kFrequencyBits) - count_, whole_);
        return place <= 0 ? all8(0) : place >= count_ ? all8(1 << kFrequencyBits) : inner;
    }

    Interval8 interval(I32x8 place) const {
        const I32x8 start = cumulative(place);
        return {place, start, cumulative(place + 1) - start};
    }

    Interval8 find(I32x8 slot) const {
        return bisect(1 << kPlaceBits, slot, [&](I32x8 place) { return cumulative(place); });
    }

private:
    I32x8 mass(I32x8 edge) const {
        U32x8 sum = U32x8(all8(0));
        for (int k = 0; k < components_; ++k) {
            const I32x8 argument = ((edge - mixture_.mean[k]) * mixture_.mantissa[k]) >> mixture_.shift[k];
            sum += U32x8(mixture_.weight[k]) * U32x8(logistic(tables_, clip_argument(argument)));
        }
        return I32x8(sum >> kWeightBits);
    }

    const Tables& tables_;
    const Mixture8& mixture_;
    const Count components_;
    const I32x8 bits_, count_;
    I32x8 edge_, below_, whole_;
};

constexpr int kDeepSymbols = 3;  // of a sample: its residual, the place in its step, the plain bits

// The intervals of channel c of eight pixels, or of the `left` ones there are. out: kDeepSymbols.
template <class Tile>
void put_deep(const Tables& tables, const Tile& tile, int c, int at, int left, Interval* const* out) {
    const DeepScale& scale = tile.sample_scale();
    const I32x8 shift = load8(scale.shifts() + at), value = load8(tile.values(c) + at);
    const I32x8 from_edge = value - load8(scale.predictions(c) + at) + ((all8(1) << shift) >> 1);
    const I32x8 residual = clip8(from_edge >> shift, -128, 127) + 128;
    const Places places = places_of(scale, residual, at);
    const I32x8 inside = from_edge - ((residual - 128) << shift);
    const I32x8 place = places.escaped ? all8(0) : inside >> places.plain_bits;
    const I32x8 plain = (places.escaped ? value : inside) & ((all8(1) << places.plain_bits) - 1);
    Interval8 found[kDeepSymbols];
    tile.with_mixture(c, at, [&](const Mixture8& m, auto components) {
        found[0] = interval_of(tables, m, components, residual);
        found[1] = PlaceAlphabet(tables, m, components, residual, places.bits).interval(place);
        return 0;
    });
    found[2] = {plain, plain << (kFrequencyBits - places.plain_bits), all8(1 << kFrequencyBits) >> places.plain_bits};
    for (int k = 0; k < kDeepSymbols; ++k) {
        const I32x8 both = found[k].start | (found[k].frequency << 16);
        for (int i = 0; i < (left < kVector ? left : kVector); ++i) out[k][i] = Interval(both[i]);
    }
}

// Channel c of eight pixels, or of the `left` ones there are.
template <class Tile>
Status take_deep(const Tables& tables, Tile& tile, int c, int at, int left, RansDecoder& decoder) {
    const DeepScale& scale = tile.sample_scale();
    const int count = left < kVector ? left : kVector;
    return tile.with_mixture(c, at, [&](const Mixture8& m, auto components) {
        const Mixture8 alone[] = {m};
        const I32x8 slots[] = {slots_of(decoder)};
        Interval8 found[1];
        find_intervals(tables, alone, components, slots, found);
        const Interval8 residual = found[0];
        Status status = take_group(decoder, residual.start, residual.frequency, count);
        if (status != Status::kOk) return status;
        const Places places = places_of(scale, residual.symbol, at);
        const Interval8 place =
            PlaceAlphabet(tables, m, components, residual.symbol, places.bits).find(slots_of(decoder));
        status = take_group(decoder, place.start, place.frequency, count);
        if (status != Status::kOk) return status;
        const I32x8 plain = slots_of(decoder) >> (kFrequencyBits - places.plain_bits);
        const I32x8 shift = load8(scale.shifts() + at), half = (all8(1) << shift) >> 1;
        const I32x8 inside = (place.symbol << places.plain_bits) + plain;
        const I32x8 value = load8(scale.predictions(c) + at) - half + ((residual.symbol - 128) << shift) + inside;
        const std::int32_t most = (1 << scale.depth()) - 1;
        // beyond `left` of this thread's own strips, which come later
        store8(tile.values(c) + at, places.escaped ? plain : clip8(value, 0, most));
        return take_group(decoder, plain << (kFrequencyBits - places.plain_bits),
                          all8(1 << kFrequencyBits) >> places.plain_bits, count);
    });
}

}  // namespace
}  // namespace l3c
