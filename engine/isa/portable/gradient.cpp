#include "training/crop.hpp"

namespace l3c::training {

double gradient_portable(const Architecture& a, const float* parameters, const std::uint8_t* crops, int count, int height,
                     int width, bool quantized, float* gradient) {
    return gradient_of_crops(a, parameters, crops, count, height, width, quantized, gradient);
}

}  // namespace l3c::training
