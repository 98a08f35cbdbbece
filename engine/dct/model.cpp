#include "dct/model.hpp"

namespace l3c::dct {

Coder::~Coder() = default;

}  // namespace l3c::dct
