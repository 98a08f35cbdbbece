#include "workspace.hpp"

#include <cstring>
#include <new>

namespace l3c {

// Of a line of a processor's memory. Not std::aligned_alloc, which Windows lacks.
constexpr std::size_t kLine = 64;
constexpr std::align_val_t kAlignment{kLine};

Workspace::Workspace() = default;

Workspace::~Workspace() {
    for (void* block : blocks_) ::operator delete(block, kAlignment);
}

void* Workspace::bytes(std::size_t count) {
    const std::size_t rounded = (count + kLine - 1) / kLine * kLine + kLine;
    blocks_.push_back(nullptr);  // first, so that no block is lost where the list finds no memory
    blocks_.back() = ::operator new(rounded, kAlignment);
    return std::memset(blocks_.back(), 0, rounded);
}

}  // namespace l3c
