#include "training/gradient.hpp"

namespace l3c::training {

std::size_t parameter_count(const Architecture& a) {
    const NetworkSpec network = network_of(a);
    std::size_t total = 0;
    for (int i = 0; i < network.count; ++i)
        total += std::size_t(network.layer[i].outputs) * (inputs_of(network.layer[i]) + 1);
    return total;
}

}  // namespace l3c::training
