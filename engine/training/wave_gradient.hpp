// Loss and gradient of the wave network in float32, for training without a framework.
#pragma once
#include <cstdint>

namespace l3c::training {

// Mirrors l3c.wave.architecture.Architecture: widths of the layers, all multiples of 4.
struct Architecture {
    int channels, hidden1, kept, hidden2, hidden3, head, components;
};

constexpr int kNeighbours = 16;
constexpr int kKeptPositions = 7;

// Number of float32 parameters, in the order of l3c.wave.architecture.Architecture.layers().
int parameter_count(const Architecture& a);

// Adds the gradient of the total cost in bits over all crops to `gradient` and returns that cost.
// crops: count x height x width x channels, coding order of channels; width a multiple of 16, height even.
// quantized: activations and outputs are rounded to the grid of the integer network (straight-through gradients).
double wave_gradient(const Architecture& a, const float* parameters, const std::uint8_t* crops, int count, int height,
                     int width, bool quantized, float* gradient);

}  // namespace l3c::training
