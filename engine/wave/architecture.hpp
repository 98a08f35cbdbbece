// What a wave network may be: what a pixel sees, its widths, and their bounds. Equal to l3c.wave.definition.architecture.
#pragma once
#include "coding/tables.hpp"

namespace l3c {

constexpr int kNeighbours = 16;      // coded pixels whose samples a pixel sees
constexpr int kCachedPositions = 7;  // coded pixels whose cached features a pixel sees
constexpr int kAheadPositions = 6;   // pixels of side information that a pixel sees beside its neighbours
constexpr int kSlope = 3;            // columns by which a row lags behind the row above it
constexpr int kFitted = 12;          // neighbours in the local fit, the first of all

constexpr int kByteDepth = 8;   // bits of the samples that networks are made for
constexpr int kMostDepth = 16;  // of the deepest samples that they code
constexpr int kMostUsual = 6;   // of SampleDepth
constexpr int kMostChannels = 3;
constexpr int kGranule = 4;      // widths are multiples of it; segments of inputs, and outputs, are padded to it
constexpr int kMostWidth = 512;  // keeps the sums of a layer inside 32 bits, as network.hpp asserts
constexpr int kStageTwo = 2;     // index of the first layer of stage 2, the first that may learn
constexpr int kHeads = 4;        // index of the first head's first layer

// The place of a pixel seen from another one.
struct Offset {
    int dy, dx;
    constexpr int back() const { return -(dx + kSlope * dy); }  // wavefronts before the pixel's own
};
constexpr Offset kNeighbourOffsets[kNeighbours] = {{0, -1},  {0, -2},  {0, -3}, {-1, 0}, {-1, 1}, {-1, 2},
                                                   {-1, -1}, {-1, -2}, {-2, 0}, {-2, 1}, {-2, 2}, {-2, -1},
                                                   {-2, -2}, {-3, 0},  {-3, 1}, {-3, -1}};
constexpr Offset kCachedOffsets[kCachedPositions] = {{0, -1}, {0, -2}, {-1, -1}, {-1, 0}, {-1, 1}, {-1, 2}, {-2, 0}};
constexpr Offset kAheadOffsets[kAheadPositions] = {{0, 0}, {0, 1}, {0, 2}, {1, -1}, {1, 0}, {1, 1}};

// The farthest wavefront of some offsets, before a pixel's own (sign 1) or after it (sign -1).
template <int count>
constexpr int farthest(const Offset (&offsets)[count], int sign) {
    int most = 0;
    for (const Offset& offset : offsets) most = sign * offset.back() > most ? sign * offset.back() : most;
    return most;
}

// l3c.wave.definition.architecture.Architecture.
struct Architecture {
    int channels;                                 // samples of a pixel, in the order in which they are coded
    int hidden1, cached, hidden2, hidden3, head;  // widths
    int components;                               // logistics in a channel's mixture
    int fitted;                                   // neighbours in the local fit: kFitted, or 0 for none
    int coupled;                                  // whether channels are expected to follow those before them, 0 or 1
    int side_channels;                            // the first channels, which are known beforehand: 0 or 1
    constexpr int coded() const { return channels - side_channels; }
    constexpr int head_index(int channel) const { return kHeads + 2 * (channel - side_channels); }  // index of a layer
};

// Its fields by their names in Python.
struct ArchitectureField {
    const char* name;
    int Architecture::* member;
};
constexpr ArchitectureField kArchitectureFields[] = {
    {"channels", &Architecture::channels},     {"hidden1", &Architecture::hidden1},
    {"cached", &Architecture::cached},         {"hidden2", &Architecture::hidden2},
    {"hidden3", &Architecture::hidden3},       {"head", &Architecture::head},
    {"components", &Architecture::components}, {"fitted", &Architecture::fitted},
    {"coupled", &Architecture::coupled},       {"side_channels", &Architecture::side_channels},
};
static_assert(sizeof(Architecture) == sizeof(kArchitectureFields) / sizeof(ArchitectureField) * sizeof(int));

// What is wrong with an architecture, or nullptr: nothing else may be described or coded with.
constexpr const char* refused(const Architecture& a) {
    if (a.channels != 1 && a.channels != kMostChannels) return "channels: 1 or 3";
    for (const int width : {a.hidden1, a.cached, a.hidden2, a.hidden3, a.head})
        if (width < kGranule || width > kMostWidth || width % kGranule) return "widths: multiples of 4, at most 512";
    if (a.components < 1 || a.components > kMaxComponents) return "components: 1 to 8";
    if (a.fitted != 0 && a.fitted != kFitted) return "fitted: 0 or 12 neighbours";
    if (a.coupled != 0 && a.coupled != 1) return "coupled: 0 or 1";
    if (a.side_channels != 0 && (a.side_channels != 1 || a.channels != kMostChannels || a.coupled))
        return "side_channels: none, or 1 of 3 channels, not coupled";
    return nullptr;
}

}  // namespace l3c
