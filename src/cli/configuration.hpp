#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lostmail/core/result.hpp"

namespace lostmail::cli {

/// What the configuration files say, with the default where they are silent. A key is spelled as in
/// TOML, `whitelist.min_score` for a key of a section. kSettings in the .cpp is the whole list.
class Configuration {
 public:
  Configuration();

  /// Reads a file over what is held: its settings stand above earlier ones. Errors:
  /// invalid_argument with file, line and column for what is no TOML, an unknown setting, or a
  /// value of another kind or out of range; permission_denied.
  [[nodiscard]] Result<void> read(const std::string& file);

  /// What the command line or the machine says in place of a text; `origin` is said by to_toml().
  void set(std::string_view key, std::string text, std::string origin);

  [[nodiscard]] const std::string& text(std::string_view key) const;
  [[nodiscard]] const std::vector<std::string>& texts(std::string_view key) const;
  [[nodiscard]] double number(std::string_view key) const;

  /// All settings as TOML that would give the same; behind each the file that set it, or
  /// "default".
  [[nodiscard]] std::string to_toml() const;

 private:
  using Value = std::variant<std::string, std::vector<std::string>, double>;
  struct Held {
    Value value;
    std::string origin;  ///< a file; empty: default
  };
  std::map<std::string, Held, std::less<>> held_;
  std::vector<std::string> files_;
};

}  // namespace lostmail::cli
