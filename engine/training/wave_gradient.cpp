#include "wave_gradient.hpp"

namespace l3c::training {

double gradient_portable(const Architecture&, const float*, const std::uint8_t*, int, int, int, bool, float*);
#if defined(__x86_64__)
double gradient_avx2(const Architecture&, const float*, const std::uint8_t*, int, int, int, bool, float*);
double gradient_avx512(const Architecture&, const float*, const std::uint8_t*, int, int, int, bool, float*);
#endif

int layer_shapes(const Architecture& a, Shape* shapes) {
    int n = 0;
    shapes[n++] = {a.hidden1, a.context() + (1 + a.coupled) * a.channels};
    shapes[n++] = {a.kept, a.hidden1};
    shapes[n++] = {a.hidden2, a.context() + kKeptPositions * a.kept};
    shapes[n++] = {a.hidden3, a.hidden2};
    for (int c = a.guides; c < a.channels; ++c) {
        shapes[n++] = {a.head, a.hidden3 + c + a.coupled};
        shapes[n++] = {3 * a.components + c + a.coupled, a.head};
    }
    return n;
}

std::size_t parameter_count(const Architecture& a) {
    Shape shapes[kMaxLayers];
    std::size_t total = 0;
    for (int i = 0, n = layer_shapes(a, shapes); i < n; ++i) total += shapes[i].parameters();
    return total;
}

double wave_gradient(const Architecture& a, const float* parameters, const std::uint8_t* crops, int count, int height,
                     int width, bool quantized, float* gradient) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"))
        return gradient_avx512(a, parameters, crops, count, height, width, quantized, gradient);
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return gradient_avx2(a, parameters, crops, count, height, width, quantized, gradient);
#endif
    return gradient_portable(a, parameters, crops, count, height, width, quantized, gradient);
}

}  // namespace l3c::training
