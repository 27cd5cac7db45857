#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "lostmail/core/result.hpp"

namespace lostmail::replay {

/// A folder of our own that goes away with this.
class Scratch {
 public:
  /// In `parent`; empty: /run for root, whose parents nobody else may write to (Sendmail looks),
  /// else the system's folder for such things. Errors: io_error.
  [[nodiscard]] static Result<Scratch> make(const std::string& parent);
  Scratch(Scratch&& other) noexcept;
  Scratch& operator=(Scratch&& other) noexcept;
  ~Scratch();

  [[nodiscard]] std::filesystem::path operator/(std::string_view name) const {
    return path_ / name;
  }

  /// Lets a group, beside the owner, come to the files.
  [[nodiscard]] Result<void> open_to(gid_t group) const;

 private:
  explicit Scratch(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

[[nodiscard]] Result<std::string> read_file(const std::filesystem::path& file);
/// Mode 0640, of `group` where that is not ours.
[[nodiscard]] Result<void> write_file(const std::filesystem::path& file, std::string_view text,
                                      gid_t group);

}  // namespace lostmail::replay
