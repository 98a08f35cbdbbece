// Architectures and models of random numbers, for checks of the engine. draw(low, high): an integer low..high.
#pragma once
#include <cmath>

#include "isa/dispatch.hpp"

// Mostly narrow, now and then as wide as can be; every optional part or none.
template <class Draw>
l3c::Architecture made_up_architecture(Draw draw) {
    const auto width = [&] { return draw(0, 9) ? 4 * draw(1, 12) : draw(0, 1) ? l3c::kMostWidth : 4 * draw(12, 128); };
    const int kind = draw(0, 4), channels = kind < 2 ? 1 : l3c::kMostChannels, side_channels = kind == 4;
    const int coupled = !side_channels && draw(0, 1);
    return {channels,
            width(),
            width(),
            width(),
            width(),
            width(),
            draw(1, l3c::kMaxComponents),
            draw(0, 1) ? l3c::kFitted : 0,
            coupled,
            side_channels};
}

// The upper half is made of the lower, as the package's is: the search by sixteen looks up the lower alone.
inline int sigmoid_entry(int i) {
    if (2 * i > l3c::kSigmoids) return 65536 - sigmoid_entry(l3c::kSigmoids - i);
    return int(std::lround(65536 / (1 + std::exp(12 - i / 16.0))));
}

template <class Draw>
l3c::WaveModel made_up_model(const l3c::Architecture& a, Draw draw) {
    l3c::WaveModel model{a, {}, {}, {}};
    const l3c::NetworkSpec network = l3c::network_of(a);
    for (int i = 0; i < network.count; ++i) {
        const int outputs = network.layer[i].outputs, inputs = l3c::inputs_of(network.layer[i]);
        l3c::Layer layer{outputs, inputs, {}, {}, {}};
        for (int w = 0; w < outputs * inputs; ++w) layer.weights.push_back(std::int8_t(draw(-64, 64)));
        for (int o = 0; o < outputs; ++o) layer.bias.push_back(draw(-100000, 100000));
        for (int o = 0; o < outputs; ++o) layer.shift.push_back(std::uint8_t(draw(6, 12)));
        model.layers.push_back(layer);
    }
    for (int i = 0; i < l3c::kSigmoids; ++i) {
        const int here = sigmoid_entry(i);
        model.tables.sigmoid[i] = here << l3c::kSigmoidRiseBits | (sigmoid_entry(i + 1) - here);
    }
    for (int i = 0; i < 256; ++i) model.tables.exponential[i] = int(32768 * std::exp(-i / 16.0));
    for (int i = 0; i < 128; ++i) model.tables.mantissa[i] = 2048 + 16 * i, model.tables.scale_shift[i] = 4 + i / 12;
    return model;
}

// The same layers, learning.
inline l3c::WaveModel learning(l3c::WaveModel model, int every, int first, int ramp = 0) {
    model.learning = {1e-3f, 0.1f, 0.01f, 1e-8f, 64, every, 1, first, ramp};
    return model;
}
