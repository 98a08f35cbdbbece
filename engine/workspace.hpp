// Memory for a tile or a model.
#pragma once
#include <cstddef>
#include <vector>

namespace l3c {

// Zeroed, aligned memory that is released together. Not inline: code for one instruction set must not leak to others.
class Workspace {
public:
    Workspace();
    ~Workspace();
    Workspace(const Workspace&) = delete;
    Workspace& operator=(const Workspace&) = delete;
    void* bytes(std::size_t count);
    template <class T>
    T* take(std::size_t count) {
        return static_cast<T*>(bytes(count * sizeof(T)));
    }

private:
    std::vector<void*> blocks_;
};

}  // namespace l3c
