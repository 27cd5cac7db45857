#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "lostmail/core/event.hpp"

namespace lostmail::store {

/// The fields of a refusal that its texts quote, each with the letter that stands for it. Where a
/// reply says `<ann@example.com>: Sender address rejected`, the store keeps `<\1s>: Sender address
/// rejected`: thousands of replies are then one text.
class QuotedFields {
 public:
  explicit QuotedFields(const Refusal& refusal);

  /// `text` with each field that it quotes replaced, in `shortened`. False where `text` or one of
  /// those fields holds the byte 1 itself: it is kept as it is.
  [[nodiscard]] bool shorten(std::string_view text, std::string& shortened) const;
  /// The text again.
  [[nodiscard]] std::string expand(std::string_view shortened) const;

 private:
  struct Field {
    char letter;
    std::string_view value;
  };
  /// Null where none stands there, or behind the end.
  [[nodiscard]] const Field* quoted_at(std::string_view text, std::size_t at) const;

  std::array<Field, 9> fields_{};  ///< a longer one before those that it may contain
  std::size_t count_ = 0;
  std::array<std::uint64_t, 4> begins_{};  ///< a bit for each byte that one of them begins with
  std::array<std::uint32_t, 9> firsts_{};  ///< how each begins
};

}  // namespace lostmail::store
