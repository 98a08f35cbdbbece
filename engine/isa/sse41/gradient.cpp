#include "isa/sets.hpp"
#include "training/crop.hpp"

namespace l3c::isa::sse41 {

training::GradientKernel gradient() { return training::gradient_of_crops; }

}  // namespace l3c::isa::sse41
