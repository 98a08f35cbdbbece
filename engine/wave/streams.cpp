#include "wave/streams.hpp"

namespace l3c {
namespace {

constexpr std::size_t kLengthBytes = 4;
constexpr std::size_t kPerStream =
    1 << 16;                    // bytes that are worth a stream: the 44 of another one are 0.1 % of them at most
constexpr int kSample = 16;     // of so many intervals one stands for all when the payload's size is estimated
constexpr int kChosenMost = 4;  // more streams would be shorter than a thread's wait for the others

// Whole bits, rounded up, of a sample of the intervals.
std::size_t estimated_bytes(const Interval* intervals, std::size_t count) {
    std::size_t bits = 0;
    for (std::size_t i = 0; i < count; i += kSample) {
        const std::uint32_t frequency = intervals[i] >> 16;
        if (frequency) bits += __builtin_clz(frequency) - 15;  // 65536 of 65536 costs nothing
    }
    return bits * kSample / 8;
}

// How many streams: a power of two.
int choose_streams(const Interval* intervals, int symbols, int height, int width, int channels) {
    const std::size_t bytes = estimated_bytes(intervals, std::size_t(symbols) * height * width * channels);
    int streams = 1;
    while (streams < kChosenMost && bytes >= 2 * streams * kPerStream &&
           useful_strips(height, width, 2 * streams) == 2 * streams)
        streams *= 2;
    return streams;
}

// Stream `number` of `streams`.
std::vector<std::uint8_t> encode_stream(const Interval* intervals, int symbols, int height, int width, int channels,
                                        int number, int streams) {
    const std::size_t all = std::size_t(height) * width * channels;
    RansEncoder encoder(symbols * all / streams);
    const Interval* at = intervals + all;
    for (std::int64_t t = wavefronts_of(height, width); t-- > 0;) {
        const RowRange rows = wavefront_rows(t, height, width);
        const int begin = strip_start(rows, number, streams), end = strip_start(rows, number + 1, streams);
        for (int c = channels; c-- > 0;) {
            at -= rows.size();
            if (symbols == 1) {
                encoder.put_before(at + (begin - rows.begin), end - begin);
                continue;
            }
            for (int first = (end - begin + kLanes - 1) / kLanes * kLanes; first > 0;) {
                first -= kLanes;
                const int left = end - begin - first;
                for (int k = symbols; k-- > 0;)
                    encoder.put_before(at + k * all + (begin - rows.begin) + first, left < kLanes ? left : kLanes);
            }
        }
    }
    return encoder.finish();
}

}  // namespace

std::vector<std::uint8_t> encode_streams(const Interval* intervals, int symbols, int height, int width, int channels,
                                         Team& team) {
    const int streams = choose_streams(intervals, symbols, height, width, channels);
    std::vector<std::uint8_t> coded[kMostStreams];
    const auto work = [&](int i) {
        for (int s = i; s < streams; s += team.size())
            coded[s] = encode_stream(intervals, symbols, height, width, channels, s, streams);
    };
    team.run(work);
    std::vector<std::uint8_t> payload{std::uint8_t(streams)};
    for (int s = 0; s + 1 < streams; ++s)
        for (std::size_t b = 0; b < kLengthBytes; ++b) payload.push_back(std::uint8_t(coded[s].size() >> (8 * b)));
    for (int s = 0; s < streams; ++s) payload.insert(payload.end(), coded[s].begin(), coded[s].end());
    return payload;
}

Status begin_streams(const std::uint8_t* payload, std::size_t size, RansDecoder* decoders, int& streams) {
    if (size < 1) return Status::kTooShort;
    streams = payload[0];
    if (streams < 1 || streams > kMostStreams) return Status::kBadStreams;
    const std::size_t head = 1 + (streams - 1) * kLengthBytes;
    if (size < head) return Status::kTooShort;
    const std::uint8_t *at = payload + head, *const end = payload + size;
    for (int s = 0; s < streams; ++s) {
        std::size_t length = 0;
        for (std::size_t b = 0; b < kLengthBytes && s + 1 < streams; ++b)
            length |= std::size_t(payload[1 + s * kLengthBytes + b]) << (8 * b);
        if (s + 1 == streams) length = end - at;
        if (length > std::size_t(end - at)) return Status::kTooShort;
        const Status status = rans_begin(at, length, decoders[s]);
        if (status != Status::kOk) return status;
        at += length;
    }
    return Status::kOk;
}

}  // namespace l3c
