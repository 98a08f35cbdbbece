// A wave model as the engine holds it, and the coder that each instruction set makes of it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "coding/status.hpp"
#include "coding/tables.hpp"
#include "wave/network.hpp"

namespace l3c {

// l3c.wave.definition.network.IntegerLayer.
struct Layer {
    int outputs, inputs;
    std::vector<std::int8_t> weights;  // [outputs][inputs]
    std::vector<std::int32_t> bias;
    std::vector<std::uint8_t> shift;
};

// l3c.wave.definition.learning.Learning; steps of 0 pixels: the network stays as it is.
struct Learning {
    float learning_rate;       // Adam's step
    float first_moment_rate;   // share by which a step moves the means of the gradients
    float second_moment_rate;  // and of their squares
    float epsilon;             // its square is added to the second moment
    int step_pixels;           // pixels after which a step is taken, at a wavefront's end
    int period, learned;       // of each `period` wavefronts the first `learned` are learned from
    int first_layer;           // that learns: 2 (stage2.0), 3, 4 (the heads), or 5: the heads' last layers alone
    int ramp;  // wavefronts, or 0: the first ones are all learned from, the next ones with distances of 3, 5 and so on
    bool learns(int layer) const { return layer >= first_layer && (first_layer <= kHeads || layer % 2); }
    // Whether wavefront t is learned from.
    bool learns_from(std::int64_t t) const {
        const std::int64_t distance = ramp ? 1 + 2 * (t / ramp) : period;
        return distance < period ? t % distance == 0 : t % period < learned;
    }
};

// Of samples: their bits, and of deep ones a power of two, 0 .. kMostUsual: the steps by which predictions are usually wrong, at
// most.
struct SampleDepth {
    int bits, usual;
};

struct WaveModel {
    Architecture architecture;  // one that is not refused
    std::vector<Layer> layers;  // of network_of(architecture)
    Tables tables;
    Learning learning{};
};

// Tiles are [height][width][channels], channels in the order red, green, blue, or luma (side information), blue and red chroma; a
// tile to be decoded has its side information. threads: that may work on it, the caller's with them; results do not depend on it.
// Thread-safe.
class TileCoder {
public:
    virtual ~TileCoder();  // not inline: code for one instruction set must not leak to others
    virtual std::vector<std::uint8_t> encode(const std::uint8_t* tile, int height, int width, int threads) const = 0;
    virtual Status decode(const std::uint8_t* payload, std::size_t size, std::uint8_t* tile, int height, int width,
                          int threads) const = 0;
    // The same of samples of 9 to 16 bits, for networks without side information.
    virtual std::vector<std::uint8_t> encode_deep(const std::uint16_t* tile, SampleDepth depth, int height, int width,
                                                  int threads) const = 0;
    virtual Status decode_deep(const std::uint8_t* payload, std::size_t size, std::uint16_t* tile, int depth,
                               int height, int width, int threads) const = 0;
};

}  // namespace l3c
