// The wave network: its bounds, and its layers. The one description that everything of the engine is sized from, equal to
// l3c.wave.definition.architecture; a test compares the two.
#pragma once
#include "coding/tables.hpp"

namespace l3c {

constexpr int kNeighbours = 16;
constexpr int kCachedPositions = 7;
constexpr int kAheadPositions = 6;
constexpr int kSlope = 3;
constexpr int kFitted = 12;

constexpr int kMostChannels = 3;
constexpr int kGranule = 4;       // widths are multiples of it; segments of inputs, and outputs, are padded to it
constexpr int kMostWidth = 512;   // keeps the sums of a layer inside 32 bits, as asserted below
constexpr int kMostShift = 14;    // of a layer's sums
constexpr int kMostBias = (1 << 29) - 1;
constexpr int kStageTwo = 2;      // index of the first layer of stage 2, the first that may learn
constexpr int kHeads = 4;         // index of the first head's first layer
constexpr int kMostLayers = kHeads + 2 * kMostChannels;
constexpr int kMostSegments = 1 + kCachedPositions;

// l3c.wave.definition.architecture.Architecture.
struct Architecture {
    int channels;    // samples of a pixel, in the order in which they are coded
    int hidden1, cached, hidden2, hidden3, head;  // widths
    int components;  // logistics in a channel's mixture
    int fitted;    // neighbours in the local fit: kFitted, or 0 for none
    int coupled;     // whether channels are expected to follow those before them, 0 or 1
    int side_channels;  // the first channels, which are known beforehand: 0 or 1
    constexpr int coded() const { return channels - side_channels; }
    constexpr int head_index(int channel) const { return kHeads + 2 * (channel - side_channels); }  // index of a layer
};

// Its fields by their names in Python.
struct ArchitectureField {
    const char* name;
    int Architecture::*member;
};
constexpr ArchitectureField kArchitectureFields[] = {
    {"channels", &Architecture::channels}, {"hidden1", &Architecture::hidden1},
    {"cached", &Architecture::cached},     {"hidden2", &Architecture::hidden2},
    {"hidden3", &Architecture::hidden3},   {"head", &Architecture::head},
    {"components", &Architecture::components},
    {"fitted", &Architecture::fitted},     {"coupled", &Architecture::coupled},
    {"side_channels", &Architecture::side_channels},
};
static_assert(sizeof(Architecture) == sizeof(kArchitectureFields) / sizeof(ArchitectureField) * sizeof(int));

// Neighbouring inputs of a layer, from one source. Those with an offset carry 128 more than they mean.
struct Segment {
    int size;
    bool offset;
};

// l3c.wave.definition.architecture.Layer.
struct LayerSpec {
    const char* name = "";
    int outputs = 0, segments = 0;
    Segment segment[kMostSegments]{};
};

struct NetworkSpec {
    int count = 0;
    LayerSpec layer[kMostLayers]{};
};

// Functions are in an unnamed namespace: code compiled for one instruction set must not be called on another machine.
namespace {

constexpr int padded(int n) { return (n + kGranule - 1) / kGranule * kGranule; }

// Rows behind the neighbours' differences in what stage 1 and stage 2 see: the predictions, and what side information shows ahead.
constexpr int shown_rows(const Architecture& a) { return a.channels + kAheadPositions * a.side_channels; }
// The same with the fits and the energies.
constexpr int level_rows(const Architecture& a) {
    return shown_rows(a) + ((a.fitted != 0) + a.coupled) * a.coded();
}
constexpr int context_rows(const Architecture& a) { return kNeighbours * a.channels + level_rows(a); }

constexpr int inputs_of(const LayerSpec& layer) {
    int inputs = 0;
    for (int s = 0; s < layer.segments; ++s) inputs += layer.segment[s].size;
    return inputs;
}

constexpr int padded_inputs(const LayerSpec& layer) {
    int inputs = 0;
    for (int s = 0; s < layer.segments; ++s) inputs += padded(layer.segment[s].size);
    return inputs;
}

constexpr LayerSpec layer_of(const char* name, int outputs) {
    LayerSpec layer;
    layer.name = name;
    layer.outputs = outputs;
    return layer;
}

constexpr LayerSpec with(LayerSpec layer, int size, bool offset) {
    layer.segment[layer.segments++] = {size, offset};
    return layer;
}

constexpr const char* kHeadNames[kMostChannels][2] = {
    {"head0.0", "head0.1"}, {"head1.0", "head1.1"}, {"head2.0", "head2.1"}};

// All layers, in the order in which their parameters are stored.
constexpr NetworkSpec network_of(const Architecture& a) {
    NetworkSpec network;
    LayerSpec first = with(with(layer_of("stage1.0", a.hidden1), context_rows(a), true), a.channels, true);
    if (a.coupled) first = with(first, a.channels, true);
    LayerSpec third = with(layer_of("stage2.0", a.hidden2), context_rows(a), true);
    for (int i = 0; i < kCachedPositions; ++i) third = with(third, a.cached, false);
    network.layer[network.count++] = first;
    network.layer[network.count++] = with(layer_of("stage1.1", a.cached), a.hidden1, false);
    network.layer[network.count++] = third;
    network.layer[network.count++] = with(layer_of("stage2.1", a.hidden3), a.hidden2, false);
    for (int c = a.side_channels; c < a.channels; ++c) {
        LayerSpec hidden = with(with(layer_of(kHeadNames[c][0], a.head), a.hidden3, false), c, true);
        if (a.coupled) hidden = with(hidden, 1, true);
        network.layer[network.count++] = hidden;
        network.layer[network.count++] = with(layer_of(kHeadNames[c][1], 3 * a.components + c + a.coupled), a.head, false);
    }
    return network;
}

// The largest of a number over all layers, or over those from `from` on.
template <class Number>
constexpr int most_of(const NetworkSpec& network, Number number, int from = 0) {
    int most = 0;
    for (int i = from; i < network.count; ++i) most = number(network.layer[i]) > most ? number(network.layer[i]) : most;
    return most;
}

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

constexpr Architecture widest(int coupled, int side_channels) {
    return {kMostChannels, kMostWidth, kMostWidth, kMostWidth, kMostWidth, kMostWidth, kMaxComponents, kFitted, coupled, side_channels};
}
constexpr int kMostInputs = most_of(network_of(widest(1, 0)), inputs_of) > most_of(network_of(widest(0, 1)), inputs_of)
                                ? most_of(network_of(widest(1, 0)), inputs_of)
                                : most_of(network_of(widest(0, 1)), inputs_of);
static_assert(!refused(widest(1, 0)) && !refused(widest(0, 1)));
static_assert(network_of(widest(1, 0)).count == kMostLayers);
// A sum with its bias, its rounding and the offset of signed cells: inside 32 bits.
static_assert(127LL * 255 * kMostInputs + kMostBias + (1 << kMostShift) + 127LL * 128 * kMostInputs < (1LL << 31));

}  // namespace
}  // namespace l3c
