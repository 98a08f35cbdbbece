#include "graphics/detection.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <vector>

namespace l3c::graphics {
namespace {

constexpr std::uint32_t kMultiplier = 0x9E3779B1u;     // 2^32 over the golden ratio, odd: a multiplicative hash
constexpr std::uint64_t kFirst = 0x9E3779B97F4A7C15u;  // 2^64 over the golden ratio, odd
constexpr std::uint64_t kLast = 0xC2B2AE3D27D4EB4Fu;   // odd, as XXH64 has it
constexpr std::uint64_t kMixed = 0xFF51AFD7ED558CCDu;  // odd, as MurmurHash3's finalizer has it
constexpr int kChosenShift = 58;                       // leaves six bits: runs are chosen where they are 0

std::uint64_t word_at(const std::uint8_t* bytes) {
    std::uint64_t word;
    std::memcpy(&word, bytes, sizeof word);
    return word;
}

// A number for each pixel of a row: its samples.
template <std::size_t kChannels>
void pack(const std::uint8_t* samples, std::size_t width, std::size_t channels, std::uint32_t* out) {
    const std::size_t count = kChannels ? kChannels : channels;
    for (std::size_t x = 0; x < width; ++x) {
        std::uint32_t packed = 0;
        for (std::size_t c = 0; c < count; ++c) packed = packed << 8 | samples[x * count + c];
        out[x] = packed;
    }
}

void pack_row(const Picture& picture, std::size_t y, std::vector<std::uint32_t>& out) {
    const std::uint8_t* samples = picture.samples + y * picture.width * picture.channels;
    if (picture.channels == 3)
        pack<3>(samples, picture.width, 3, out.data());
    else if (picture.channels == 1)
        pack<1>(samples, picture.width, 1, out.data());
    else
        pack<0>(samples, picture.width, picture.channels, out.data());
}

// Of hashes. A table with room is quicker than sorting them; places hold a hash plus 1, so that 0 is free, and the
// greatest hash counts as 0.
std::size_t count_distinct(const std::vector<std::uint32_t>& hashes) {
    const std::size_t mask = std::bit_ceil(2 * hashes.size() + 1) - 1;
    std::vector<std::uint32_t> table(mask + 1, 0);
    std::size_t count = 0;
    for (const std::uint32_t hash : hashes) {
        std::size_t at = hash & mask;
        const std::uint32_t held = std::max(hash + 1, 1u);
        while (table[at] && table[at] != held) at = (at + 1) & mask;
        count += table[at] == 0;
        table[at] = held;
    }
    return count;
}

// Colours by their hash, with room for twice as many as there may be.
class ColourSet {
public:
    explicit ColourSet(std::size_t most)
        : bits_(std::max<int>(1, std::bit_width(2 * most))), slots_(std::size_t(1) << bits_, 0) {}

    // The colour's index; that of a new one, which is added, is the number of those before.
    std::size_t add(std::uint32_t colour) {
        std::size_t& slot = slot_of(colour);
        if (!slot) {
            colours_.push_back(colour);
            slot = colours_.size();
        }
        return slot - 1;
    }
    std::vector<std::uint32_t>& colours() { return colours_; }

private:
    std::size_t& slot_of(std::uint32_t colour) {
        std::size_t at = (colour * kMultiplier) >> (32 - bits_);
        while (slots_[at] && colours_[slots_[at] - 1] != colour) at = (at + 1) & (slots_.size() - 1);
        return slots_[at];
    }

    int bits_;
    std::vector<std::size_t> slots_;  // 1 + an index; 0 is free
    std::vector<std::uint32_t> colours_;
};

}  // namespace

std::size_t count_repeated(const Picture& picture, std::size_t step) {
    std::vector<std::uint32_t> above(picture.width), here(picture.width);
    std::size_t count = 0;
    for (std::size_t y = 1; y < picture.height; y += step) {
        if (step == 1 && y > 1)
            above.swap(here);
        else
            pack_row(picture, y - 1, above);
        pack_row(picture, y, here);
        std::uint32_t equal = 0;
        for (std::size_t x = 1; x < picture.width; ++x)
            equal += std::uint32_t(here[x] == here[x - 1]) | std::uint32_t(here[x] == above[x]);
        count += equal;
    }
    return count;
}

Runs count_runs(const Picture& picture, std::size_t length) {
    const std::size_t channels = picture.channels, last = length * channels - sizeof(std::uint64_t);
    std::vector<std::uint32_t> chosen;
    for (std::size_t y = 0; y < picture.height; ++y) {
        const std::uint8_t* row = picture.samples + y * picture.width * channels;
        const std::size_t runs = picture.width < length ? 0 : picture.width - length + 1;
        const auto choose = [&](const auto& sum_of) {
            for (std::size_t x = 0; x < runs; ++x) {
                const std::uint64_t sum = sum_of(row + x * channels);
                if (sum >> kChosenShift == 0) chosen.push_back(std::uint32_t((sum ^ sum >> 32) * kMixed >> 32));
            }
        };
        if (last)
            choose([last](const std::uint8_t* run) { return word_at(run) * kFirst + word_at(run + last) * kLast; });
        else
            choose([](const std::uint8_t* run) { return word_at(run) * kFirst; });
    }
    return {chosen.size(), count_distinct(chosen)};
}

std::vector<std::uint32_t> find_colours(const Picture& picture, std::size_t most) {
    std::vector<std::uint32_t> row(picture.width);
    ColourSet set(most + 1);
    for (std::size_t y = 0; y < picture.height; ++y) {
        pack_row(picture, y, row);
        for (std::size_t x = 0; x < picture.width; ++x)
            if ((!x || row[x] != row[x - 1]) && set.add(row[x]) == most) return set.colours();
    }
    return set.colours();
}

bool index_colours(const Picture& picture, const std::uint32_t* colours, std::size_t count, std::uint8_t* out) {
    std::vector<std::uint32_t> row(picture.width);
    ColourSet set(count + 1);
    for (std::size_t i = 0; i < count; ++i) set.add(colours[i]);
    for (std::size_t y = 0; y < picture.height; ++y) {
        pack_row(picture, y, row);
        for (std::size_t x = 0; x < picture.width; ++x, ++out) {
            const std::size_t index = x && row[x] == row[x - 1] ? out[-1] : set.add(row[x]);
            if (index >= count) return false;
            *out = std::uint8_t(index);
        }
    }
    return true;
}

}  // namespace l3c::graphics
