// The coded data of one scan of a JPEG file (ITU-T T.81; Huffman coding, 8-bit samples) to coefficients and notes, and
// back. src/l3c/jpeg/entropy.py is the definition: coefficients, notes and bytes are equal.
//
// Any bytes can be read: what coefficients do not tell stands in the notes (notes.hpp), damaged data as they are.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace l3c::jpeg {

constexpr int kBlockSize = 64;         // coefficients of 8 x 8 samples
constexpr int kCodeLengths = 16;       // a code has 1 .. 16 bits
constexpr int kMostSize = 15;          // bits of a coefficient: all that int16 holds but -32768
constexpr int kZeroRun = 0xF0;         // the symbol of 16 zeros
constexpr int kMostRun = 0x7FFF;       // blocks in a run of ended blocks, by the standard's symbols
constexpr int kMostCorrections = 937;  // buffered bits with which libjpeg ends a run: 1000 less a block's 63

// How many codes there are of 1 .. 16 bits, and their symbols in rising order of the codes.
struct HuffmanTable {
    std::uint8_t counts[kCodeLengths];
    std::uint8_t symbols[256];
};

// Whether codes of these lengths exist: no more of a length than those before it leave.
bool is_code(const HuffmanTable&);

// A component of a scan. blocks: [rows][columns][64], in zigzag order; horizontal, vertical: blocks in a unit (MCU).
struct ScanPlane {
    std::int16_t* blocks;
    std::size_t rows, columns;
    int horizontal, vertical;
    HuffmanTable dc, ac;
};

// first .. last: positions in zigzag order. high, low: bits of the coefficients that earlier scans left out, and that
// this one leaves out. restart: units between restart markers, 0: no such markers. The caller sees to it
// that all units lie in all planes.
struct Scan {
    bool progressive;
    int first, last, high, low;
    std::size_t restart, unit_rows, unit_columns;
    std::vector<ScanPlane> planes;
};

// data: from behind the scan header to the next marker that is no restart marker. Changes the planes' blocks, which earlier
// scans began (zeros before the first). Returns the notes.
std::vector<std::uint8_t> read_scan(const Scan&, const std::uint8_t* data, std::size_t size);

// What `read_scan` read, from the finished coefficients: appended to `out`, which may grow to `limit` bytes. Returns
// nullptr, or what is wrong. Blocks stay as they are.
const char* write_scan(const Scan&, const std::uint8_t* notes, std::size_t notes_size, std::size_t limit,
                       std::vector<std::uint8_t>& out);

// How often a component's symbols occur in what `write_scan` would write under that limit, whatever its codes.
struct SymbolCounts {
    std::uint32_t dc[256], ac[256];
};

// counts: of each plane, zero before. Returns nullptr, or what is wrong.
const char* count_symbols(const Scan&, const std::uint8_t* notes, std::size_t notes_size, std::size_t limit,
                          SymbolCounts* counts);

}  // namespace l3c::jpeg
