// Arrays of symbols under given distributions, equal to l3c.coding.symbols: mixtures of logistics, or cumulative
// frequencies that sum to 2^16.
#pragma once
#include "coding/rans.hpp"
#include "coding/tables.hpp"

namespace l3c {

constexpr int kMaxMixtureComponents = 16;
constexpr int kJointChannels = 3;

// Parameters of `channels` mixtures of `components` logistics at `count` positions: int32 [parts * channels *
// components][count], parts in the order logits, means, log scales and, if `joint`, coefficients.
struct MixtureMap {
    const std::int32_t* rows;
    std::size_t count;
    int channels, components, levels;
    bool joint;
};

// What an instruction set gives. Symbols are uint8 [channels][count].
struct MixtureKernel {
    void (*intervals)(const Tables&, const MixtureMap&, const std::uint8_t* symbols, Interval* out);
    Status (*symbols)(const Tables&, const MixtureMap&, RansDecoder&, std::uint8_t* out);
};

// The same in any mode of the floating-point unit; dispatch.hpp makes one.
class MixtureCoder {
public:
    explicit MixtureCoder(MixtureKernel kernel) : kernel_(kernel) {}
    void intervals(const Tables& tables, const MixtureMap& map, const std::uint8_t* symbols, Interval* out) const;
    Status symbols(const Tables& tables, const MixtureMap& map, RansDecoder& decoder, std::uint8_t* out) const;

private:
    MixtureKernel kernel_;
};

// Cumulative frequencies int32 [count][levels + 1], `stride` entries from one position's to the next's (0: all share
// one). frequency_intervals: false where a symbol is out of range or has no frequency.
struct FrequencyMap {
    const std::int32_t* rows;
    std::size_t count, stride;
    int levels;
};
bool frequency_intervals(const FrequencyMap& map, const std::int32_t* symbols, Interval* out);
Status frequency_symbols(const FrequencyMap& map, RansDecoder& decoder, std::int32_t* out);

// False where the one row that all share does not rise from 0 to 65536; rows of their own are judged when they are used.
bool frequencies_sound(const FrequencyMap& map);

}  // namespace l3c
