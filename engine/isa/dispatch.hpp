// Which instruction sets this build and this processor have, and what each codes and computes with. The one place that
// chooses, and that sets the mode of the floating-point unit.
#pragma once
#include <string>
#include <vector>

#include "coding/symbols.hpp"
#include "training/gradient.hpp"
#include "wave/model.hpp"

namespace l3c {

// Fastest first.
std::vector<std::string> supported_isas();

// All three throw std::invalid_argument for a name that is not supported here.
std::unique_ptr<TileCoder> make_coder(const WaveModel& model, const std::string& isa);
MixtureCoder mixture_coder(const std::string& isa);
training::Gradient gradient_with(const std::string& isa);  // the fastest where it is empty

}  // namespace l3c
