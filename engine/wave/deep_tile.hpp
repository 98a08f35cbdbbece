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

// What eight samples of channel c may repeat.
template <class Tile>
Repeats8 repeats_of(const Tile& tile, int c, int at) {
    const DeepScale& scale = tile.sample_scale();
    I32x8 excess[kRepeats];
    for (int k = 0; k < kRepeatNeighbours; ++k) excess[k] = tile.excess(c, kRepeatOffsets[k], at);
    excess[4] = excess[0] + excess[1] - excess[3];
    Repeats8 r;
    r.context = scale.repeats().repeated(at) & (c ? all8(-1) : all8(0));
    r.context = r.context * kRepeatPatterns + ((excess[0] == excess[1]) & 1) + ((excess[1] == excess[2]) & 2) +
                ((excess[0] == excess[3]) & 4) + ((excess[1] == excess[3]) & 8);
    const I32x8 shift = load8(scale.shifts() + at), step = all8(1) << shift;
    const I32x8 first = tile.first_values(c, at), edge = load8(scale.predictions(c) + at) - (step >> 1);
    for (int k = 0; k < kRepeats; ++k) {
        r.value[k] = excess[k] + first;
        const I32x8 from_edge = r.value[k] - edge, symbol = (from_edge >> shift) + 128;
        I32x8 valid = (r.value[k] >= 0) & (r.value[k] < (1 << scale.depth())) & (symbol > 0) & (symbol < kSymbols - 1);
        for (int j = 0; j < k; ++j) valid &= excess[j] != excess[k];
        r.symbol[k] = valid ? symbol : all8(-1);
        r.inside[k] = from_edge & (step - 1);
    }
    scale.repeats().share(c, r);
    return r;
}

// The residuals of eight samples, by the mixture and the repeats.
template <class Count>
class ResidualAlphabet {
public:
    ResidualAlphabet(const Tables& tables, const Mixture8& mixture, Count components, const Repeats8& repeats)
        : tables_(tables), mixture_(mixture), components_(components), repeats_(repeats) {}

    // The cumulative frequency below a residual.
    I32x8 cumulative(I32x8 residual) const {
        const I32x8 inner = inner_cumulative(tables_, mixture_, components_, residual) - residual;
        I32x8 sum = residual + I32x8((U32x8(inner) * U32x8(repeats_.mixture)) >> kFrequencyBits);
        for (int k = 0; k < kRepeats; ++k)
            sum += (repeats_.symbol[k] >= 0) & (repeats_.symbol[k] < residual) ? repeats_.slots[k] : all8(0);
        return residual <= 0 ? all8(0) : residual >= kSymbols ? all8(1 << kFrequencyBits) : sum;
    }

    Interval8 interval(I32x8 residual) const {
        const I32x8 start = cumulative(residual);
        return {residual, start, cumulative(residual + 1) - start};
    }

    Interval8 find(I32x8 slot) const {
        return bisect(kSymbols, slot, [&](I32x8 residual) { return cumulative(residual); });
    }

private:
    const Tables& tables_;
    const Mixture8& mixture_;
    const Count components_;
    const Repeats8& repeats_;
};

// The 2^bits places in the steps of residuals, by the mass that the mixture and the repeats have there.
template <class Count>
class PlaceAlphabet {
public:
    PlaceAlphabet(const Tables& tables, const Mixture8& mixture, Count components, const Repeats8& repeats,
                  I32x8 residual, const Places& places)
        : tables_(tables),
          mixture_(mixture),
          components_(components),
          repeats_(repeats),
          bits_(places.bits),
          count_(all8(1) << places.bits),
          plain_bits_(places.plain_bits) {
        edge_ = (residual << kGrayBits) - (1 << kGrayBits >> 1);
        below_ = mixture_mass(edge_);
        for (int k = 0; k < kRepeats; ++k) {
            const I32x8 here = repeats.symbol[k] == residual;
            mass_[k] = here ? repeats.mass[k] : all8(0);
            place_[k] = here ? repeats.inside[k] >> places.plain_bits : all8(0);
        }
        whole_ = mass(count_);
    }

    // The mass below a place, with 1 for each place of its own.
    I32x8 mass(I32x8 place) const {
        I32x8 sum = mixture_mass(edge_ + (place << (kGrayBits - bits_))) - below_ + place;
        for (int k = 0; k < kRepeats; ++k) sum += place_[k] < place ? mass_[k] : all8(0);
        return sum;
    }

    // Of a place, without repeats.
    I32x8 own_mass(I32x8 place) const {
        return mixture_mass(edge_ + ((place + 1) << (kGrayBits - bits_))) -
               mixture_mass(edge_ + (place << (kGrayBits - bits_))) + 1;
    }

    // The cumulative frequency below a place.
    I32x8 cumulative(I32x8 place) const {
        const I32x8 inside = min8(place, count_);  // samples of fewer places are searched as long as others
        const I32x8 inner = inside + share_of(mass(inside), (1 << kFrequencyBits) - count_, whole_);
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
    I32x8 mixture_mass(I32x8 edge) const {
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
    const Repeats8& repeats_;
    const I32x8 bits_, count_, plain_bits_;
    I32x8 edge_, below_, whole_, mass_[kRepeats], place_[kRepeats];
};

// The plain bits behind places: all equally likely, but for repeats. Of samples that follow as they are, just that.
class PlainAlphabet {
public:
    // mass: of the places, without repeats.
    PlainAlphabet(const Repeats8& repeats, I32x8 residual, I32x8 place, const Places& places, I32x8 mass)
        : escaped_(places.escaped),
          bits_(places.plain_bits),
          count_(all8(1) << places.plain_bits),
          each_(places.escaped ? all8(0) : mass) {
        I32x8 whole = mass;
        for (int k = 0; k < kRepeats; ++k) {
            const I32x8 here =
                (repeats.symbol[k] == residual) & ((repeats.inside[k] >> bits_) == place) & ~places.escaped;
            mass_[k] = here ? repeats.mass[k] << min8(bits_, all8(kMostPlainBits)) : all8(0);
            plain_[k] = repeats.inside[k] & (count_ - 1);
            whole += here ? repeats.mass[k] : all8(0);
        }
        whole_ = whole << min8(bits_, all8(kMostPlainBits));
    }

    I32x8 cumulative(I32x8 plain) const {
        I32x8 sum = each_ * plain;
        for (int k = 0; k < kRepeats; ++k) sum += plain_[k] < plain ? mass_[k] : all8(0);
        const I32x8 inner = plain + share_of(sum, (1 << kFrequencyBits) - count_, whole_);
        return plain <= 0 ? all8(0) : plain >= count_ ? all8(1 << kFrequencyBits) : inner;
    }

    Interval8 interval(I32x8 plain) const {
        const I32x8 start = cumulative(plain);
        return or_equal({plain, start, cumulative(plain + 1) - start}, plain);
    }

    Interval8 find(I32x8 slot) const {
        const Interval8 found = bisect(1 << kMostPlainBits, slot, [&](I32x8 plain) { return cumulative(plain); });
        return or_equal(found, slot >> (kFrequencyBits - bits_));
    }

private:
    static constexpr int kMostPlainBits = 16 - kByteDepth - kPlaceBits;  // but of escaped samples
    Interval8 or_equal(Interval8 v, I32x8 plain) const {
        return {escaped_ ? plain : v.symbol, escaped_ ? plain << (kFrequencyBits - bits_) : v.start,
                escaped_ ? all8(1 << kFrequencyBits) >> bits_ : v.frequency};
    }

    const I32x8 escaped_, bits_, count_, each_;
    I32x8 whole_, mass_[kRepeats], plain_[kRepeats];
};

constexpr int kDeepSymbols = 3;  // of a sample: its residual, the place in its step, the plain bits

// The intervals of channel c of eight pixels, or of the `left` ones there are. out: kDeepSymbols.
template <class Tile>
void put_deep(const Tables& tables, Tile& tile, int c, int at, int left, Interval* const* out) {
    const DeepScale& scale = tile.sample_scale();
    const I32x8 shift = load8(scale.shifts() + at), value = load8(tile.values(c) + at);
    const I32x8 from_edge = value - load8(scale.predictions(c) + at) + ((all8(1) << shift) >> 1);
    const I32x8 residual = clip8(from_edge >> shift, -128, 127) + 128;
    const Places places = places_of(scale, residual, at);
    const I32x8 inside = from_edge - ((residual - 128) << shift);
    const I32x8 place = places.escaped ? all8(0) : inside >> places.plain_bits;
    const I32x8 plain = (places.escaped ? value : inside) & ((all8(1) << places.plain_bits) - 1);
    const Repeats8 repeats = repeats_of(tile, c, at);
    Interval8 found[kDeepSymbols];
    tile.with_mixture(c, at, [&](const Mixture8& m, auto components) {
        found[0] = ResidualAlphabet(tables, m, components, repeats).interval(residual);
        const PlaceAlphabet alphabet(tables, m, components, repeats, residual, places);
        found[1] = alphabet.interval(place);
        found[2] = PlainAlphabet(repeats, residual, place, places, alphabet.own_mass(place)).interval(plain);
        return 0;
    });
    const I32x8 frequencies[] = {found[0].frequency, found[1].frequency, found[2].frequency};
    tile.sample_scale().repeats().add(c, at, left, repeats, value, frequencies);
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
    const Repeats8 repeats = repeats_of(tile, c, at);
    return tile.with_mixture(c, at, [&](const Mixture8& m, auto components) {
        const Interval8 residual = ResidualAlphabet(tables, m, components, repeats).find(slots_of(decoder));
        Status status = take_group(decoder, residual.start, residual.frequency, count);
        if (status != Status::kOk) return status;
        const Places places = places_of(scale, residual.symbol, at);
        const PlaceAlphabet alphabet(tables, m, components, repeats, residual.symbol, places);
        const Interval8 place = alphabet.find(slots_of(decoder));
        status = take_group(decoder, place.start, place.frequency, count);
        if (status != Status::kOk) return status;
        const Interval8 plain =
            PlainAlphabet(repeats, residual.symbol, place.symbol, places, alphabet.own_mass(place.symbol))
                .find(slots_of(decoder));
        const I32x8 shift = load8(scale.shifts() + at), half = (all8(1) << shift) >> 1;
        const I32x8 inside = (place.symbol << places.plain_bits) + plain.symbol;
        const I32x8 near = load8(scale.predictions(c) + at) - half + ((residual.symbol - 128) << shift) + inside;
        const std::int32_t most = (1 << scale.depth()) - 1;
        // beyond `left` of this thread's own strips, which come later
        const I32x8 value = places.escaped ? plain.symbol : clip8(near, 0, most);
        store8(tile.values(c) + at, value);
        const I32x8 frequencies[] = {residual.frequency, place.frequency, plain.frequency};
        tile.sample_scale().repeats().add(c, at, left, repeats, value, frequencies);
        return take_group(decoder, plain.start, plain.frequency, count);
    });
}

}  // namespace
}  // namespace l3c
