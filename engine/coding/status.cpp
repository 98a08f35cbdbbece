#include "coding/status.hpp"

namespace l3c {

const char* describe(Status status) {
    switch (status) {
        case Status::kOk: return "intact";
        case Status::kTooShort: return "payload is cut short";
        case Status::kBadState: return "payload begins with an impossible coder state";
        case Status::kBadSteps: return "payload of steps that there are not: 2^0 to 2^6 are usually wrong";
        case Status::kBadStreams: return "payload of a number of streams that there is not: 1 to 8";
        case Status::kRanOut: return "payload ends before its last symbol";
        case Status::kNotAtEnd: return "payload does not end where its last symbol ends";
        case Status::kBadFrequencies: return "cumulative frequencies do not rise from 0 to 65536";
        case Status::kBeyond16Bits: return "a coefficient beyond 16 bits";
    }
    return "";
}

}  // namespace l3c
