// A tile's payload: its streams, each of which codes one strip of every wavefront. Equal to l3c.wave.definition.streams.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "coding/rans.hpp"
#include "team.hpp"
#include "wave/strips.hpp"

namespace l3c {

// intervals: of each wavefront, of each channel, of its pixels; all of them for each of a sample's symbols. Where there are
// several, they take turns by eight pixels.
std::vector<std::uint8_t> encode_streams(const Interval* intervals, int symbols, int height, int width, int channels,
                                         Team& team);

// decoders: kMostStreams. Sets as many as there are streams.
Status begin_streams(const std::uint8_t* payload, std::size_t size, RansDecoder* decoders, int& streams);

}  // namespace l3c
