// The functions of the integer mixture, equal to l3c.coding.tables.
#pragma once
#include <cstdint>

namespace l3c {

constexpr int kFrequencyBits = 16;             // the frequencies of all symbols of a sample sum to 2^16
constexpr int kWeightBits = 15;                // the weights of a mixture sum to 2^15
constexpr int kGrayBits = 6;                   // means and the edges of symbols are in 1/64 of a gray level
constexpr int kSymbols = 256;                  // of a wave network: 8-bit samples
constexpr int kMeanLeast = -128 << kGrayBits;  // of a mixture: half a range beyond that of the samples
constexpr int kMeanMost = 384 << kGrayBits;
constexpr int kLogScaleOrigin = 56;      // added to a network's log-scale output, in 1/16
constexpr int kLogScales = 128;          // scales are exp(i / 16 - 2.5) gray levels, i in 0..127
constexpr int kSigmoidReach = 12 << 10;  // the logistic function is taken from -12 to 12, its argument in 1/1024
constexpr int kSigmoidStepBits = 6;      // table entries are 1/16 apart; between them the function is a straight line
constexpr int kSigmoidRiseBits = 11;     // of an entry, below its value: the largest rise, 65536 / 64, needs them
constexpr int kSigmoids = 2 * kSigmoidReach >> kSigmoidStepBits;
constexpr int kExponentials = 256;  // exp(-i / 16); what is below the last one counts as the last one
constexpr int kMaxComponents = 8;   // logistics in the mixture of a wave network: held in registers

// A sigmoid entry and the rise to the next share a word: value << kSigmoidRiseBits | rise.
struct Tables {
    std::int32_t sigmoid[kSigmoids];
    std::int32_t exponential[kExponentials];
    std::int32_t mantissa[kLogScales];
    std::int32_t scale_shift[kLogScales];
};

}  // namespace l3c
