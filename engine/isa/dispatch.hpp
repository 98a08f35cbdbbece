// Which instruction sets this build and this processor have, and what each codes and computes with. The one place
// that chooses, and that sets the mode of the floating-point unit.
#pragma once
#include <string>
#include <vector>

#include "isa/sets.hpp"

namespace l3c {

// Fastest first.
std::vector<std::string> supported_isas();

// All throw std::invalid_argument for a name that is not supported here.
std::unique_ptr<TileCoder> make_coder(const WaveModel& model, const std::string& name);
std::unique_ptr<dct::Coder> make_dct_coder(const dct::Model& model, const std::string& name);
MixtureCoder mixture_coder(const std::string& name);
training::Gradient gradient_with(const std::string& name);  // the fastest where it is empty

}  // namespace l3c
