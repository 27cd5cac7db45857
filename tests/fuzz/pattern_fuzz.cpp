// Pattern files: what a site writes is read, compiled, and held against its samples.
#include <cstdint>
#include <cstdlib>
#include <string>

#include <sys/mman.h>
#include <unistd.h>

#include "lostmail/classify/pattern_set.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lostmail;
  const int file = memfd_create("pattern.toml", 0);
  if (file < 0 || write(file, data, size) != static_cast<ssize_t>(size)) std::abort();
  const std::string name = "/proc/self/fd/" + std::to_string(file);
  const auto set = classify::PatternSet::load({name}, {});
  if (set) {
    static_cast<void>(set->check({}));
    Refusal refusal;
    refusal.text.assign(reinterpret_cast<const char*>(data), size);
    static_cast<void>(set->classify(refusal));
  } else if (set.error().message.empty()) {
    std::abort();  // a fault is told
  }
  close(file);
  return 0;
}
