// What became of a payload.
#pragma once

namespace l3c {

enum class Status { kOk, kTooShort, kBadState, kRanOut, kNotAtEnd, kBadFrequencies };
const char* describe(Status status);

}  // namespace l3c
