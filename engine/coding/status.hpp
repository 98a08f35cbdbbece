// What became of a payload.
#pragma once

namespace l3c {

enum class Status {
    kOk,
    kTooShort,
    kBadState,
    kBadStreams,
    kBadSteps,
    kRanOut,
    kNotAtEnd,
    kBadFrequencies,
    kBeyond16Bits
};
const char* describe(Status status);

}  // namespace l3c
