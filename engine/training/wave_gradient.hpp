// Loss and gradient of the wave network in float32, for training without a framework.
#pragma once
#include <cstddef>
#include <cstdint>

#include "wave_model.hpp"

namespace l3c::training {

struct Shape {
    int outputs, inputs;
    std::size_t parameters() const { return std::size_t(outputs) * (inputs + 1); }
};

constexpr int kMaxLayers = 10;

// The layers of l3c.wave.architecture.Architecture.layers(); returns how many there are.
int layer_shapes(const Architecture& a, Shape* shapes);

std::size_t parameter_count(const Architecture& a);

// Adds the gradient of the total cost in bits over all crops to `gradient` and returns that cost.
// crops: count x height x width x channels, channels in coding order, guides first; width a multiple of 64, height even.
// quantized: activations and outputs are rounded to the grid of the integer network (straight-through gradients).
double wave_gradient(const Architecture& a, const float* parameters, const std::uint8_t* crops, int count, int height,
                     int width, bool quantized, float* gradient);

}  // namespace l3c::training
