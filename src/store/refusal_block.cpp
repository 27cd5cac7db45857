#include "store/refusal_block.hpp"

#include <algorithm>
#include <optional>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

namespace lostmail::store {
namespace {

constexpr std::uint64_t kBase = 127;
constexpr std::size_t kMostDigits = 5;
/// Two blocks fill a page of 8192 bytes, with 70 bytes each for numbers and SQLite's own.
constexpr std::size_t kMostBytes = 4015;
constexpr std::size_t kEight = sizeof(std::int64_t), kHex = 2 * kEight;

/// Of a column that counts from the least, where that stands in kBlockNumbers: they have one order.
constexpr std::size_t least_at(std::size_t column) { return column + 1; }
static_assert(kBlockColumns[1].from_least && kBlockColumns[2].from_least &&
              kBlockColumns[3].from_least && kBlockNumbers.size() == 5);

/// Digits that a number needs, one more than kMostDigits for all that need more.
std::size_t digits_of(std::uint64_t number) {
  std::size_t digits = 1;
  for (std::uint64_t above = kBase; number >= above && digits <= kMostDigits; above *= kBase)
    ++digits;
  return digits;
}

/// Returns the place behind them.
char* put_digits(char* out, std::uint64_t number, std::size_t digits) {
  for (std::size_t i = digits; i-- > 0; number /= kBase)
    out[i] = static_cast<char>(number % kBase + 1);
  return out + digits;
}

std::int64_t digits_at(std::string_view bytes, std::size_t at, std::size_t digits) {
  std::uint64_t number = 0;
  for (const char digit : bytes.substr(std::min(at, bytes.size()), digits))
    number = number * kBase + static_cast<unsigned char>(digit) - 1;
  return static_cast<std::int64_t>(number);
}

/// Big-endian, so that hex() of SQLite gives what lostmail prints.
char* put_bytes(char* out, std::int64_t number) {
  auto left = static_cast<std::uint64_t>(number);
  for (std::size_t i = kEight; i-- > 0; left >>= 8U) out[i] = static_cast<char>(left & 0xffU);
  return out + kEight;
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

/// Calls `take` with the place of each column, known when compiling.
template <typename Take>
void each_column(Take take) {
  [&]<std::size_t... kAt>(std::index_sequence<kAt...>) {
    (take(std::integral_constant<std::size_t, kAt>()), ...);
  }
  (std::make_index_sequence<kBlockColumns.size()>());
}

/// Bytes of the entry that a row has in a column of few, its mark included; 0: none.
template <std::size_t kAt>
std::size_t entry_size(const RefusalNumbers& row) {
  constexpr const auto& kColumn = kBlockColumns[kAt];
  if constexpr (kColumn.form == Form::few_texts) {
    return row.queue_id.empty() ? 0 : 2 + row.queue_id.size();
  } else {
    constexpr std::size_t kSize = kColumn.form == Form::few_bytes ? kEight
                                  : kColumn.form == Form::few_hex ? kHex
                                                                  : kColumn.digits;
    return row.*kColumn.of == 0 ? 0 : 1 + kSize;
  }
}

constexpr bool is_few(Form form) { return form != Form::bytes && form != Form::digits; }

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
  std::size_t few = few_;
  bool widens = rows_ == 0;
  each_column([&](auto at) {
    constexpr const auto& kColumn = kBlockColumns[at];
    if constexpr (kColumn.form == Form::digits) widens |= !ranges_[at].has(row.*kColumn.of);
    if constexpr (is_few(kColumn.form)) few += entry_size<at>(row);
  });
  if (widens) {
    auto ranges = ranges_;
    const auto each = widened(ranges, row);
    if (rows_ > 0 && (!each || !has_room(*each, few))) return false;
    ranges_ = ranges;
    each_ = each.value_or(kMostBytes);  // it stays alone
  } else if (!has_room(each_, few)) {
    return false;
  } else {
    each_column([&](auto at) {
      constexpr const auto& kColumn = kBlockColumns[at];
      if constexpr (kColumn.form == Form::digits)
        ranges_[at].greatest = std::max(ranges_[at].greatest, row.*kColumn.of);
    });
  }
  few_ = few;
  ++rows_;
  return true;
}

/// `ranges` with that row, and how many bytes each row has then; nullopt: too far apart.
std::optional<std::size_t> BlockSize::widened(Ranges& ranges, const RefusalNumbers& row) const {
  std::size_t each = kEight;
  for (std::size_t i = 0; i < kBlockColumns.size(); ++i) {
    const auto& column = kBlockColumns[i];
    if (column.form != Form::digits) continue;
    const std::int64_t number = row.*column.of;
    auto& range = ranges[i];
    if (rows_ == 0) range.least = range.greatest = column.from_least ? number : 0;
    range.least = std::min(range.least, number);
    range.greatest = std::max(range.greatest, number);
    const std::size_t digits = digits_of(static_cast<std::uint64_t>(range.greatest) -
                                         static_cast<std::uint64_t>(range.least));
    if (digits > kMostDigits) return std::nullopt;
    range.room = 0;
    for (std::size_t digit = 0; digit < digits; ++digit)
      range.room = range.room * kBase + kBase - 1;
    each += digits;
  }
  return each;
}

bool BlockSize::has_room(std::size_t each, std::size_t few) const {
  return rows_ < kMostBlockRows && (rows_ + 1) * each + few <= kMostBytes;
}

BlockBytes encode_block(std::int64_t first_n, const std::vector<RefusalNumbers>& rows) {
  BlockBytes block;
  block.numbers[0] = first_n;
  block.numbers[1] = static_cast<std::int64_t>(rows.size());
  each_column([&](auto at) {
    constexpr const auto& kColumn = kBlockColumns[at];
    constexpr auto kOf = kColumn.of;
    auto& bytes = block.columns[at];
    if constexpr (kColumn.form == Form::bytes) {
      bytes.resize(rows.size() * kEight);
      char* out = bytes.data();
      for (const auto& row : rows) out = put_bytes(out, row.*kOf);
    } else if constexpr (kColumn.form == Form::digits) {
      std::int64_t least = kColumn.from_least ? rows.front().*kOf : 0, greatest = least;
      for (const auto& row : rows) {
        least = std::min(least, row.*kOf);
        greatest = std::max(greatest, row.*kOf);
      }
      if constexpr (kColumn.from_least) block.numbers[least_at(at)] = least;
      const auto above = [least](std::int64_t number) {
        return static_cast<std::uint64_t>(number) - static_cast<std::uint64_t>(least);
      };
      const std::size_t digits = digits_of(above(greatest));
      bytes.resize(rows.size() * digits);
      char* out = bytes.data();
      for (const auto& row : rows) out = put_digits(out, above(row.*kOf), digits);
    } else {
      std::size_t size = 0;
      for (const auto& row : rows) size += entry_size<at>(row);
      bytes.resize(size);
      char* out = bytes.data();
      for (std::size_t row = 0; row < rows.size(); ++row) {
        if (entry_size<at>(rows[row]) == 0) continue;
        *out++ = block_mark(row);
        if constexpr (kColumn.form == Form::few_bytes) {
          out = put_bytes(out, rows[row].*kOf);
        } else if constexpr (kColumn.form == Form::few_digits) {
          out = put_digits(out, static_cast<std::uint64_t>(rows[row].*kOf), kColumn.digits);
        } else if constexpr (kColumn.form == Form::few_hex) {
          out = fmt::format_to(out, "{:016x}", static_cast<std::uint64_t>(rows[row].*kOf));
        } else {
          const std::string& text = rows[row].queue_id;
          out = put_digits(out, text.size(), 1);
          out = std::copy(text.begin(), text.end(), out);
        }
      }
    }
  });
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
    const auto least = static_cast<std::uint64_t>(is.from_least ? numbers[least_at(column)] : 0);
    return static_cast<std::int64_t>(
        least + static_cast<std::uint64_t>(digits_at(bytes, row * digits, digits)));
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
