#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lostmail::store {

/// A refusal as the store has it: what many have in common stands once in `kind`, texts in `word`,
/// `address` and `peer`, and here are their numbers; hashes are signed, as SQLite has them. 0 is
/// nobody and nothing.
struct RefusalNumbers {
  std::int64_t id = 0;
  std::int64_t time = 0;    ///< UTC seconds
  std::int64_t micros = 0;  ///< of that second
  std::int64_t kind = 0;    ///< 0: the row was taken out
  std::int64_t sender = 0, recipient = 0, client = 0, text = 0;
  std::int64_t line = 0, offset = 0;
  std::int64_t cause_text = 0, cause_record = 0;
  std::int64_t remote = 0, verified = 0;
  std::int64_t transaction = 0;  ///< 0: the same as the id
  std::string queue_id;          ///< letters, digits and `-`, at most 126; empty: none
};

/// Refusals that were written one after the other are one row of the table `refusal_block`, with a
/// column of bytes for each of their fields. A row of SQLite's own for each weighs two thirds
/// more, since 24 of its bytes say where its columns begin, and takes longer to write.
///
/// SQLite's own functions read all of it but cause records, for the view `refusal`: numbers are
/// digits of base 127, each one up, so that none is a NUL and all are below 0x80.
enum class Form : std::uint8_t {
  bytes,       ///< of each row: eight
  digits,      ///< of each row: as many digits as the greatest number of the block needs
  few_bytes,   ///< of rows that have it, behind a byte 0x80 + place of the row: eight
  few_digits,  ///< likewise: so many digits
  few_hex,     ///< likewise: sixteen hexadecimal digits
  few_texts,   ///< likewise: one digit for the length, and the text
};
struct BlockColumn {
  const char* name;  ///< of the field, too
  Form form;
  std::int64_t RefusalNumbers::*of;  ///< null: the queue id
  std::size_t digits = 0;            ///< of few_digits
  bool from_least = false;           ///< counts from the block's least, in column `least_<name>`
};
inline constexpr std::array<BlockColumn, 16> kBlockColumns{{
    {"id", Form::bytes, &RefusalNumbers::id},
    {"time", Form::digits, &RefusalNumbers::time, 0, true},
    {"line", Form::digits, &RefusalNumbers::line, 0, true},
    {"offset", Form::digits, &RefusalNumbers::offset, 0, true},
    {"kind", Form::digits, &RefusalNumbers::kind},
    {"sender", Form::digits, &RefusalNumbers::sender},
    {"recipient", Form::digits, &RefusalNumbers::recipient},
    {"client", Form::digits, &RefusalNumbers::client},
    {"text", Form::digits, &RefusalNumbers::text},
    {"micros", Form::few_digits, &RefusalNumbers::micros, 3},
    {"cause_text", Form::few_digits, &RefusalNumbers::cause_text, 5},
    {"remote", Form::few_digits, &RefusalNumbers::remote, 5},
    {"verified", Form::few_digits, &RefusalNumbers::verified, 5},
    {"cause_record", Form::few_bytes, &RefusalNumbers::cause_record},
    {"transaction_id", Form::few_hex, &RefusalNumbers::transaction},
    {"queue_id", Form::few_texts, nullptr},
}};
inline constexpr std::size_t kKindColumn = 4;
static_assert(kBlockColumns[kKindColumn].of == &RefusalNumbers::kind);
/// Those are the columns of the table, behind these.
inline constexpr std::array kBlockNumbers{"first_n", "rows", "least_time", "least_line",
                                          "least_offset"};

inline constexpr std::size_t kMostBlockRows = 128;
/// Stands before what a row has and few others have: at 0x80 and above nothing else is, but among
/// few_bytes.
[[nodiscard]] constexpr char block_mark(std::size_t row) { return static_cast<char>(0x80U + row); }

/// Whether rows fit into one block.
class BlockSize {
 public:
  /// The next row: true where all fit with it, else nothing changes. The first one does.
  [[nodiscard]] bool take(const RefusalNumbers& row);

 private:
  /// What one column has in each row.
  struct Range {
    std::int64_t least = 0, greatest = 0;
    std::uint64_t room = 0;  ///< digits for numbers up to so much above the least
    [[nodiscard]] bool has(std::int64_t number) const {
      return static_cast<std::uint64_t>(number) - static_cast<std::uint64_t>(least) <= room;
    }
  };
  using Ranges = std::array<Range, kBlockColumns.size()>;
  [[nodiscard]] std::optional<std::size_t> widened(Ranges& ranges, const RefusalNumbers& row) const;
  [[nodiscard]] bool has_room(std::size_t each, std::size_t few) const;

  Ranges ranges_;
  std::size_t rows_ = 0;
  std::size_t each_ = 0, few_ = 0;  ///< bytes of a row, and of entries
};

struct BlockBytes {
  std::array<std::int64_t, kBlockNumbers.size()> numbers{};
  std::array<std::string, kBlockColumns.size()> columns;
};
/// Of rows that fit.
[[nodiscard]] BlockBytes encode_block(std::int64_t first_n,
                                      const std::vector<RefusalNumbers>& rows);

/// A block that was read; its views are someone else's. A damaged one gives some numbers or others.
struct BlockView {
  std::array<std::int64_t, kBlockNumbers.size()> numbers{};
  std::array<std::string_view, kBlockColumns.size()> columns;

  [[nodiscard]] std::int64_t first_n() const { return numbers[0]; }
  [[nodiscard]] std::size_t rows() const;
  /// By the place of a column; not of the queue id.
  [[nodiscard]] std::int64_t number(std::size_t column, std::size_t row) const;
  [[nodiscard]] std::string_view queue_id(std::size_t row) const;
  [[nodiscard]] RefusalNumbers operator[](std::size_t row) const;
};

/// The view `refusal`, of the table as it is in `refusal_block`: SQL for people's own questions.
[[nodiscard]] std::string refusal_view_sql();

}  // namespace lostmail::store
