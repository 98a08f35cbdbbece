// A coefficient model as the engine holds it, equal to l3c.dct.definition, and the coder that each instruction set makes of it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "coding/status.hpp"
#include "coding/tables.hpp"

namespace l3c::dct {

constexpr int kSide = 8;                                 // of a block
constexpr int kBlock = kSide * kSide;                    // coefficients of a block
constexpr int kLasts = kBlock + 1;                       // last positions
constexpr int kMostComponents = 3;                       // logistics in a mixture
constexpr int kRelated = 2;                              // planes that chroma may be predicted from by slopes
constexpr int kMostReferences = 5 + kRelated;            // predictions that a mixture's centre is made of
constexpr int kMostReference = 1 << 17;                  // references are clipped here: 2048 levels
constexpr int kMostInputs = 7 * kBlock + 3 * kSide + 3;  // of a trunk
constexpr int kMostSeen = 16;                            // inputs of a head beside the accumulator, and what pads them
constexpr int kGranule = 4;                              // of which widths are multiples
constexpr int kMostWidth = 512;                          // of a layer
constexpr int kMostWeight = 64;     // two products of a byte and a weight fit the 16 bits in which AVX2 adds them
constexpr int kMostShift = 14;      // of a layer's sums
constexpr int kMostPlanes = 4;      // components of a JPEG file
constexpr int kMostFactor = 4;      // sampling factors are 1 .. 4
constexpr int kMostSide = 1 << 16;  // blocks of a plane's side
constexpr int kNetworks = 2;        // for the first plane; for others

// What a plane's network sees beside its own plane: nothing; luma and the first chroma plane; also what slopes predict from
// these.
enum Kind { kLuma, kChroma, kRelatedChroma };

// l3c.dct.definition.architecture.Architecture.
struct Architecture {
    int chroma, trunk1, trunk2, hidden, head, components, related;
    Kind kind() const { return related ? kRelatedChroma : chroma ? kChroma : kLuma; }
    int inputs() const { return chroma ? kMostInputs : kMostInputs - 2 * kBlock - 1; }
    int seen() const { return (chroma ? 12 : 10) + kRelated * related; }
    int references() const { return (chroma ? 5 : 4) + kRelated * related; }
    int outputs() const { return 3 * components + references(); }
};

struct Layer {
    int outputs, inputs;
    std::vector<std::int8_t> weights;  // [outputs][inputs]
    std::vector<std::int32_t> bias;
    std::vector<std::uint8_t> shift;
};

struct Network {
    Architecture architecture;
    Layer trunk[2], last, start;
    std::vector<std::int32_t> last_columns;  // [kLasts][hidden]
    std::vector<std::int16_t> columns;       // [kBlock][2][hidden]
    std::vector<std::int32_t> positions;     // [kBlock][hidden]
    std::vector<Layer> heads;                // [kBlock][2]
};

// floor(octave log2(1 + i)): l3c.dct.definition.levels.log_table. What is beyond the last entry counts as that.
// Held in a variable of a function's own, it stays in registers, whatever is stored through bytes meanwhile.
struct LogView {
    const std::uint8_t* entries;
    std::uint32_t last;
    int operator()(std::uint32_t magnitude) const { return entries[magnitude < last ? magnitude : last]; }
    int with_sign(std::int32_t value) const {
        return value < 0 ? -(*this)(0u - std::uint32_t(value)) : (*this)(std::uint32_t(value));
    }
};
struct LogTable {
    std::vector<std::uint8_t> entries;
    LogView view() const { return {entries.data(), std::uint32_t(entries.size() - 1)}; }
    int operator()(std::uint32_t magnitude) const { return view()(magnitude); }
    int with_sign(std::int32_t value) const { return view().with_sign(value); }
};

// By what they measure, in the order in which Python hands them over.
enum LogOf { kDequantizedLog, kQuantizedLog, kOwnLog, kEdgeLog, kResidualLog, kOtherLog, kLogs };

struct Model {
    Network networks[kNetworks];
    Tables tables;
    LogTable logs[kLogs];
    bool calibrated;  // what networks say is corrected by what came so far
};

// coefficients: [rows][columns][kBlock] in zigzag order.
struct Plane {
    std::int16_t* coefficients;
    int rows, columns, horizontal, vertical;
    std::uint16_t steps[kBlock];
};

// Thread-safe. What is decoded before a payload turns out to be damaged stays in the planes.
class Coder {
public:
    virtual ~Coder();  // not inline: code for one instruction set must not leak to others
    virtual std::vector<std::uint8_t> encode(const Plane* planes, int count) const = 0;
    virtual Status decode(const std::uint8_t* payload, std::size_t size, const Plane* planes, int count) const = 0;
};

}  // namespace l3c::dct
