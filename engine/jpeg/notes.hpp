// What coefficients do not tell of a scan's bytes, in few bytes. src/l3c/jpeg/notes.py is the definition.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace l3c::jpeg {

constexpr int kScanEnds = 8;  // in place of the number of a restart marker

// Runs of 16 zeros behind the last coefficient that is coded in a block.
struct ZeroRuns {
    std::size_t block;
    std::uint32_t count;
};

// The end of a segment, the part of a scan between restart markers. missing: blocks that are not coded. run_left:
// blocks that the last run of ended blocks has beyond them. padding: the bits that fill up the last byte. rest:
// rest_size bytes that follow as they are. marker: 0 .. 7 the restart marker behind them, or kScanEnds.
struct SegmentEnd {
    std::size_t segment, missing;
    std::uint32_t run_left;
    std::uint8_t padding, marker;
    const std::uint8_t* rest;
    std::size_t rest_size;
};

// ones: what padding is made of. without_restarts: the scan has no restart markers in spite of its header. run_limit:
// blocks after which a run ends; 0: the rule of libjpeg. apart: a block that holds more than its end
// is a run of its own, as in files of Photoshop.
// breaks: blocks after which a run ends, or goes on, against that rule. All in rising order.
struct Notes {
    bool ones = true, without_restarts = false, apart = false;
    std::uint32_t run_limit = 0;
    std::vector<ZeroRuns> zero_runs;
    std::vector<std::size_t> breaks;
    std::vector<SegmentEnd> ends;
};

std::vector<std::uint8_t> pack_notes(const Notes&);

// nullptr, or what is wrong. `ends` point into the data. most_ends: of them.
const char* unpack_notes(const std::uint8_t* data, std::size_t size, std::size_t most_ends, Notes&);

// How many segments' ends are noted at most, but one, of coded data of so many bytes: what follows is one segment's rest.
// It bounds memory; 32 bytes are less than what cameras put between restart markers.
constexpr std::size_t most_ends(std::size_t size) { return 64 + size / 32; }

}  // namespace l3c::jpeg
