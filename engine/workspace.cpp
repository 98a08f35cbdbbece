#include <cstdlib>
#include <cstring>
#include <new>

#include "wave/model.hpp"

namespace l3c {

Workspace::Workspace() = default;

Workspace::~Workspace() {
    for (void* block : blocks_) std::free(block);
}

void* Workspace::bytes(std::size_t count) {
    const std::size_t rounded = (count + 63) / 64 * 64 + 64;
    void* block = std::aligned_alloc(64, rounded);
    if (!block) throw std::bad_alloc();
    blocks_.push_back(block);
    return std::memset(block, 0, rounded);
}

TileCoder::~TileCoder() = default;

const char* describe(Status status) {
    switch (status) {
        case Status::kOk: return "intact";
        case Status::kTooShort: return "payload is shorter than its coder states or has half a word";
        case Status::kBadState: return "payload begins with an impossible coder state";
        case Status::kRanOut: return "payload ends before its last symbol";
        case Status::kNotAtEnd: return "payload does not end where its last symbol ends";
        case Status::kBadFrequencies: return "cumulative frequencies do not rise from 0 to 65536";
    }
    return "";
}

}  // namespace l3c
