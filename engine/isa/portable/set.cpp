// Plain C++ for every machine.
#include "isa/sets.hpp"

namespace l3c::isa::portable {

bool has_tiles() { return true; }
bool has_gradient() { return true; }

}  // namespace l3c::isa::portable
