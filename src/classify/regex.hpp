#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lostmail/core/result.hpp"

namespace lostmail::classify {

/// One PCRE2 pattern: caseless, extended, compiled to machine code. Bytes; a match has a limit, so
/// a hostile text costs little and counts as no match. One thread at a time.
class Regex {
 public:
  struct Fault {
    std::size_t offset = 0;  ///< in the pattern, where compilation stopped
    std::string message;
  };
  [[nodiscard]] static tl::expected<Regex, Fault> compile(const std::string& pattern);

  struct Span {
    std::size_t begin = 0, end = 0;
  };
  [[nodiscard]] std::optional<Span> find(std::string_view text) const;

  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;
  ~Regex();

 private:
  struct Impl;
  explicit Regex(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lostmail::classify
