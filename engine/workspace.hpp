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

// Memory that the threads of a tile share. Each thread's view of the tile takes the same blocks in the same order, one view after
// the other, and gets what the first one got.
class SharedWorkspace {
public:
    void begin_view() { first_ = blocks_.empty(), next_ = 0; }
    template <class T>
    T* take(std::size_t count) {
        if (next_ == blocks_.size()) blocks_.push_back(memory_.bytes(count * sizeof(T)));
        return static_cast<T*>(blocks_[next_++]);
    }
    bool first_view() const { return first_; }  // whose blocks are new

private:
    Workspace memory_;
    std::vector<void*> blocks_;
    std::size_t next_ = 0;
    bool first_ = true;
};

}  // namespace l3c
