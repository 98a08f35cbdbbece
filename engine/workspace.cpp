#include "workspace.hpp"

#include <cstdlib>
#include <cstring>
#include <new>

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

}  // namespace l3c
