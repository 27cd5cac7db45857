#include "store/refusal_block.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

#include <fmt/format.h>

namespace lostmail::store {
namespace {

constexpr std::uint64_t kBase = 127;
constexpr std::size_t kMostDigits = 5;
/// Two blocks fill a page of 8192 bytes, with 70 bytes each for numbers and SQLite's own.
constexpr std::size_t kMostBytes = 4015;
constexpr std::size_t kEight = sizeof(std::int64_t), kHex = 2 * kEight;

/// Digits that a number needs, one more than kMostDigits for all that need more.
std::size_t digits_of(std::uint64_t number) {
  std::size_t digits = 1;
  for (std::uint64_t above = kBase; number >= above && digits <= kMostDigits; above *= kBase)
    ++digits;
  return digits;
}

void put_digits(char* out, std::uint64_t number, std::size_t digits) {
  for (std::size_t i = digits; i-- > 0; number /= kBase)
    out[i] = static_cast<char>(number % kBase + 1);
}

std::int64_t digits_at(std::string_view bytes, std::size_t at, std::size_t digits) {
  std::int64_t number = 0;
  for (const char digit : bytes.substr(std::min(at, bytes.size()), digits))
    number = number * static_cast<std::int64_t>(kBase) + static_cast<unsigned char>(digit) - 1;
  return number;
}

/// Big-endian, so that hex() of SQLite gives what lostmail prints.
void put_bytes(char* out, std::int64_t number) {
  auto left = static_cast<std::uint64_t>(number);
  for (std::size_t i = kEight; i-- > 0; left >>= 8U) out[i] = static_cast<char>(left & 0xffU);
}

std::int64_t bytes_at(std::string_view bytes, std::size_t at) {
  std::uint64_t number = 0;
  for (const char byte : bytes.substr(std::min(at, bytes.size()), kEight))
    number = number << 8U | static_cast<unsigned char>(byte);
  return static_cast<std::int64_t>(number);
}

std::int64_t hex_at(std::string_view bytes, std::size_t at) {
  std::uint64_t number = 0;
  for (const char digit : bytes.substr(std::min(at, bytes.size()), kHex))
    number = number << 4U | static_cast<unsigned>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
  return static_cast<std::int64_t>(number);
}

bool is_few(Form form) { return form != Form::bytes && form != Form::digits; }

/// Bytes of an entry behind its mark.
std::size_t size_of(const BlockColumn& column, const RefusalNumbers& row) {
  switch (column.form) {
    case Form::few_bytes:
      return kEight;
    case Form::few_digits:
      return column.digits;
    case Form::few_hex:
      return kHex;
    default:
      return 1 + row.queue_id.size();
  }
}

bool has(const BlockColumn& column, const RefusalNumbers& row) {
  return column.of != nullptr ? row.*column.of != 0 : !row.queue_id.empty();
}

/// The place behind the mark of that row; nullopt where it has none.
std::optional<std::size_t> entry_of(std::string_view entries, Form form, std::size_t row) {
  // Of entries of any bytes, marks stand at equal distances alone.
  if (form == Form::few_bytes) {
    for (std::size_t at = 0; at < entries.size(); at += 1 + kEight)
      if (entries[at] == block_mark(row)) return at + 1;
    return std::nullopt;
  }
  const auto at = entries.find(block_mark(row));
  return at == std::string_view::npos ? std::nullopt : std::optional(at + 1);
}

}  // namespace

bool BlockSize::take(const RefusalNumbers& row) {
  auto ranges = ranges_;
  std::size_t few = few_, each = kEight;
  for (std::size_t i = 0; i < kBlockColumns.size(); ++i) {
    const auto& column = kBlockColumns[i];
    if (is_few(column.form)) {
      if (has(column, row)) few += 1 + size_of(column, row);
    } else if (column.form == Form::digits) {
      const std::int64_t number = row.*column.of;
      auto& [least, greatest] = ranges[i];
      if (rows_ == 0) least = greatest = column.from_least ? number : 0;
      least = std::min(least, number);
      greatest = std::max(greatest, number);
      const std::size_t digits =
          digits_of(static_cast<std::uint64_t>(greatest) - static_cast<std::uint64_t>(least));
      if (digits > kMostDigits && rows_ > 0) return false;
      each += digits;
    }
  }
  if (rows_ > 0 && (rows_ == kMostBlockRows || (rows_ + 1) * each + few > kMostBytes)) return false;
  ranges_ = ranges;
  few_ = few;
  ++rows_;
  return true;
}

BlockBytes encode_block(std::int64_t first_n, const std::vector<RefusalNumbers>& rows) {
  BlockBytes block;
  block.numbers[0] = first_n;
  block.numbers[1] = static_cast<std::int64_t>(rows.size());
  std::size_t next_least = 2;
  for (std::size_t i = 0; i < kBlockColumns.size(); ++i) {
    const auto& column = kBlockColumns[i];
    auto& bytes = block.columns[i];
    if (column.form == Form::bytes) {
      bytes.resize(rows.size() * kEight);
      for (std::size_t row = 0; row < rows.size(); ++row)
        put_bytes(bytes.data() + row * kEight, rows[row].*column.of);
    } else if (column.form == Form::digits) {
      const auto less = [&](const auto& a, const auto& b) { return a.*column.of < b.*column.of; };
      const auto [low, high] = std::minmax_element(rows.begin(), rows.end(), less);
      const std::int64_t least = column.from_least ? (*low).*column.of : 0;
      if (column.from_least) block.numbers[next_least++] = least;
      const auto above = [&](const RefusalNumbers& row) {
        return static_cast<std::uint64_t>(row.*column.of) - static_cast<std::uint64_t>(least);
      };
      const std::size_t digits = digits_of(above(*high));
      bytes.resize(rows.size() * digits);
      for (std::size_t row = 0; row < rows.size(); ++row)
        put_digits(bytes.data() + row * digits, above(rows[row]), digits);
    } else {
      for (std::size_t row = 0; row < rows.size(); ++row) {
        if (!has(column, rows[row])) continue;
        bytes += block_mark(row);
        const std::size_t at = bytes.size();
        bytes.resize(at + size_of(column, rows[row]));
        char* const out = bytes.data() + at;
        if (column.form == Form::few_bytes) {
          put_bytes(out, rows[row].*column.of);
        } else if (column.form == Form::few_digits) {
          put_digits(out, static_cast<std::uint64_t>(rows[row].*column.of), column.digits);
        } else if (column.form == Form::few_hex) {
          fmt::format_to(out, "{:016x}", static_cast<std::uint64_t>(rows[row].*column.of));
        } else {
          const std::string& text = rows[row].queue_id;
          put_digits(out, text.size(), 1);
          std::copy(text.begin(), text.end(), out + 1);
        }
      }
    }
  }
  return block;
}

std::size_t BlockView::rows() const {
  return static_cast<std::size_t>(std::clamp<std::int64_t>(numbers[1], 0, kMostBlockRows));
}

std::int64_t BlockView::number(std::size_t column, std::size_t row) const {
  const auto& is = kBlockColumns[column];
  const std::string_view bytes = columns[column];
  if (is.form == Form::bytes) return bytes_at(bytes, row * kEight);
  if (is.form == Form::digits) {
    const std::size_t digits = bytes.size() / static_cast<std::size_t>(numbers[1]);
    // The first three of those count from the numbers behind first_n and rows.
    return (is.from_least ? numbers[column + 1] : 0) + digits_at(bytes, row * digits, digits);
  }
  const auto at = entry_of(bytes, is.form, row);
  if (!at) return 0;
  if (is.form == Form::few_digits) return digits_at(bytes, *at, is.digits);
  return is.form == Form::few_bytes ? bytes_at(bytes, *at) : hex_at(bytes, *at);
}

std::string_view BlockView::queue_id(std::size_t row) const {
  const std::string_view bytes = columns.back();
  const auto at = entry_of(bytes, Form::few_texts, row);
  if (!at) return {};
  const auto size = static_cast<std::size_t>(std::max<std::int64_t>(digits_at(bytes, *at, 1), 0));
  return bytes.substr(std::min(*at + 1, bytes.size()), size);
}

RefusalNumbers BlockView::operator[](std::size_t row) const {
  RefusalNumbers of;
  for (std::size_t i = 0; i < kBlockColumns.size(); ++i)
    if (kBlockColumns[i].of != nullptr) of.*kBlockColumns[i].of = number(i, row);
  of.queue_id = queue_id(row);
  return of;
}

namespace {

/// The value of so many digits in column `b.<name>`, of which the first stands at `at`.
std::string digits_sql(const std::string& column, const std::string& at, std::size_t digits) {
  std::string sum;
  std::uint64_t weight = 1;
  for (std::size_t i = digits; i-- > 0; weight *= kBase) {
    const std::string digit = fmt::format("(unicode(substr({}, {} + {}, 1)) - 1)", column, at, i);
    sum +=
        (sum.empty() ? "" : " + ") + (weight == 1 ? digit : fmt::format("{} * {}", digit, weight));
  }
  return sum;
}

std::string field_sql(const BlockColumn& of) {
  const std::string column = fmt::format("b.\"{}\"", of.name);
  const std::string entry = fmt::format("instr({}, p.mark)", column);
  const auto where_there = [&](const std::string& value) {
    return fmt::format("CASE WHEN {} > 0 THEN {} END", entry, value);
  };
  switch (of.form) {
    case Form::bytes:
      return fmt::format("lower(hex(substr({}, 8 * p.i + 1, 8)))", column);
    case Form::digits: {
      std::string value = fmt::format("CASE length({}) / b.rows", column);
      for (std::size_t digits = 1; digits <= kMostDigits; ++digits) {
        value += fmt::format(" WHEN {} THEN {}", digits,
                             digits_sql(column, fmt::format("{} * p.i + 1", digits), digits));
      }
      value += " END";
      return of.from_least ? fmt::format("b.least_{} + {}", of.name, value)
                           : fmt::format("nullif({}, 0)", value);
    }
    case Form::few_digits:
      return where_there(digits_sql(column, entry + " + 1", of.digits));
    case Form::few_hex:
      return where_there(fmt::format("CAST(substr({}, {} + 1, 16) AS TEXT)", column, entry));
    default:
      return where_there(
          fmt::format("CAST(substr({0}, {1} + 2, unicode(substr({0}, {1} + 1, 1)) - 1) AS TEXT)",
                      column, entry));
  }
}

}  // namespace

std::string refusal_view_sql() {
  std::string fields = "b.first_n + p.i AS n";
  for (const auto& column : kBlockColumns) {
    if (column.form != Form::few_bytes)
      fields += fmt::format(", {} AS \"{}\"", field_sql(column), column.name);
  }
  // A row that was taken out has no kind.
  return "CREATE VIEW refusal AS SELECT " + fields +
         " FROM refusal_block b CROSS JOIN block_place p WHERE p.i < b.rows AND " +
         field_sql(kBlockColumns[kKindColumn]) + " IS NOT NULL";
}

}  // namespace lostmail::store
