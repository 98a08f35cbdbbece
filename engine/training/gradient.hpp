// Loss and gradient of the wave network in float32, for training without a framework.
#pragma once
#include <cstddef>
#include <cstdint>

#include "wave/model.hpp"

namespace l3c::training {

std::size_t parameter_count(const Architecture& a);

constexpr int kMostCropSide = 4096;  // indices of 32 bits in the planes of a crop allow it
constexpr int kMostCrops = 65536;    // more than memory holds of crops that are of use

// Adds the gradient of the total cost in bits over all crops to `gradient` and returns that cost.
// crops: count x height x width x channels, channels in coding order, side information first; width a multiple of 32, height even.
// quantized: activations and outputs are rounded to the grid of the integer network (straight-through gradients).
using GradientKernel = double (*)(const Architecture& a, const float* parameters, const std::uint8_t* crops, int count,
                                  int height, int width, bool quantized, float* gradient);

// The same in any mode of the floating-point unit; dispatch.hpp makes one.
class Gradient {
public:
    explicit Gradient(GradientKernel kernel) : kernel_(kernel) {}
    double operator()(const Architecture& a, const float* parameters, const std::uint8_t* crops, int count, int height,
                      int width, bool quantized, float* gradient) const;

private:
    GradientKernel kernel_;
};

}  // namespace l3c::training
