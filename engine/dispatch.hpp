// Which instruction sets this build and this processor have, fastest first.
#pragma once
#include <string>
#include <vector>

#include "wave_model.hpp"

namespace l3c {

std::vector<std::string> supported_isas();

// Throws std::invalid_argument for a name that is not supported here.
std::unique_ptr<TileCoder> make_coder(const WaveModel& model, const std::string& isa);

}  // namespace l3c
