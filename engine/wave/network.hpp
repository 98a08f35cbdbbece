// The layers of the wave network: the one description that everything of the engine is sized from, equal to
// l3c.wave.definition.architecture; a test compares the two.
#pragma once
#include "wave/inputs/inputs.hpp"

namespace l3c {

constexpr int kMostShift = 14;  // of a layer's sums
constexpr int kMostBias = (1 << 29) - 1;
constexpr int kMostLayers = kHeads + 2 * kMostChannels;
constexpr int kMostSegments = 1 + kCachedPositions;  // those of stage 2: the context, and the features of each position

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

// Rows behind the neighbours' residuals in what stage 1 and stage 2 see: the predictions, and those of the optional inputs.
constexpr int level_rows(const Architecture& a) { return a.channels + Inputs::context_rows(a); }
constexpr int context_rows(const Architecture& a) { return kNeighbours * a.channels + level_rows(a); }

// Outputs of channel c's head: of each logistic its logit, mean and log scale, then a coefficient for each channel before, and
// one for what the channel is expected to be.
constexpr int outputs_of_head(const Architecture& a, int c) { return 3 * a.components + c + a.coupled; }

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
    for (int i = 0; i < Inputs::stage1_segments(a); ++i) first = with(first, a.channels, true);
    LayerSpec third = with(layer_of("stage2.0", a.hidden2), context_rows(a), true);
    for (int i = 0; i < kCachedPositions; ++i) third = with(third, a.cached, false);
    network.layer[network.count++] = first;
    network.layer[network.count++] = with(layer_of("stage1.1", a.cached), a.hidden1, false);
    network.layer[network.count++] = third;
    network.layer[network.count++] = with(layer_of("stage2.1", a.hidden3), a.hidden2, false);
    for (int c = a.side_channels; c < a.channels; ++c) {
        LayerSpec hidden = with(with(layer_of(kHeadNames[c][0], a.head), a.hidden3, false), c, true);
        for (int i = 0; i < Inputs::head_segments(a); ++i) hidden = with(hidden, 1, true);
        network.layer[network.count++] = hidden;
        network.layer[network.count++] = with(layer_of(kHeadNames[c][1], outputs_of_head(a, c)), a.head, false);
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

constexpr Architecture widest(int coupled, int side_channels) {
    return {kMostChannels, kMostWidth,     kMostWidth, kMostWidth, kMostWidth,
            kMostWidth,    kMaxComponents, kFitted,    coupled,    side_channels};
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
