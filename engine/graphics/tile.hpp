// Tiles of drawings: definition in l3c.graphics.definition, format 10.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "graphics/decisions.hpp"

namespace l3c::graphics {

inline constexpr int kChannelsMax = 4;

// samples: [height, width, channels].
std::vector<std::uint8_t> encode_tile(const DecisionTables& tables, const std::uint8_t* samples, std::size_t height,
                                      std::size_t width, int channels);
// Whether the payload holds just these samples; where not, they are anything.
bool decode_tile(const DecisionTables& tables, const std::uint8_t* payload, std::size_t size, std::uint8_t* samples,
                 std::size_t height, std::size_t width, int channels);

}  // namespace l3c::graphics
