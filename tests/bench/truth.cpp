#include "truth.hpp"

#include <iterator>

#include <fmt/format.h>

namespace lostmail::bench {

void Truth::count(const TimedLine& line) {
  ++lines_;
  bytes_ += line.text.size();
  const Mark& mark = line.mark;
  if (mark.kind == Mark::Kind::delivery) ++deliveries_;
  if (mark.kind != Mark::Kind::refusal) return;
  ++refusals_;
  ++refused_[{mark.direction, mark.permanent, mark.variant, mark.cause}];
  if (mark.correspondents != 0) cases_.insert(mark.correspondents);
}

std::string Truth::json(std::string_view mta, std::uint64_t seed) const {
  std::string text = fmt::format(
      "{{\"mta\": \"{}\", \"seed\": {}, \"lines\": {}, \"bytes\": {}, \"refusals\": {}, "
      "\"deliveries\": {}, \"cases\": {},\n \"refused\": [\n",
      mta, seed, lines_, bytes_, refusals_, deliveries_, cases_.size());
  std::string_view separator;
  for (const auto& [row, times] : refused_) {
    const auto& [direction, permanent, variant, cause] = row;
    fmt::format_to(std::back_inserter(text),
                   "{}  {{\"direction\": \"{}\", \"permanent\": {}, \"variant\": \"{}\", "
                   "\"cause\": \"{}\", \"count\": {}}}",
                   separator, name_of(direction), permanent, name_of(variant), name_of(cause),
                   times);
    separator = ",\n";
  }
  return text + "\n]}\n";
}

}  // namespace lostmail::bench
