#include "wave/model.hpp"

namespace l3c {

TileCoder::~TileCoder() = default;

}  // namespace l3c
