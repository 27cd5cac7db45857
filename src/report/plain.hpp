#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lostmail/report/summary.hpp"

/// What the reports share.
namespace lostmail::report {

/// Printable ASCII alone.
[[nodiscard]] std::string plain(std::string_view text);
/// plain(), cut to `width` with a mark.
[[nodiscard]] std::string fit(std::string_view text, std::size_t width);
/// plain(), line by line.
[[nodiscard]] std::string plain_lines(std::string_view text);
/// fit(), filled up to `width`.
[[nodiscard]] std::string column(std::string_view text, std::size_t width);
/// `name [address]` in `width` columns: the address stays whole, it is what one looks for.
[[nodiscard]] std::string server(std::string_view name, std::size_t width);

inline constexpr std::string_view kStrangersTitle = "Mail from strangers that is lost";

/// What an outage was, in sentences.
[[nodiscard]] std::string in_words(const Outage& outage);
/// The command that lists what it explains.
[[nodiscard]] std::string command_of(const Summary& summary, const Outage& outage);
/// The command that says whom of the refused to let in.
[[nodiscard]] std::string suggest_command(const Summary& summary);

/// A variant that is none of the sender's families.
struct OtherRow {
  Variant variant = Variant::other;
  std::uint64_t permanent = 0, temporary = 0;
  std::uint64_t directions[3] = {0, 0, 0};
  std::optional<std::uint64_t> usual;
};
/// Most refusals first.
[[nodiscard]] std::vector<OtherRow> other_rows(const Summary& summary);

}  // namespace lostmail::report
