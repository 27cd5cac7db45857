#include "replay/scratch.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

namespace lostmail::replay {
namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> trouble(const fs::path& path, std::string_view what) {
  return fail(errno == EACCES ? ErrorKind::permission_denied : ErrorKind::io_error, path.string(),
              "{}: {}", what, std::strerror(errno));
}

}  // namespace

Result<Scratch> Scratch::make(const std::string& parent) {
  std::error_code code;
  fs::path base = parent;
  if (parent.empty()) {
    const bool run = ::geteuid() == 0 && fs::is_directory("/run", code);
    base = run ? fs::path("/run") : fs::temp_directory_path(code);
  }
  std::string path = (base / "lostmail-XXXXXX").string();
  if (::mkdtemp(path.data()) == nullptr) return trouble(base, "no scratch folder can be made");
  return Scratch(path);
}

Scratch::Scratch(Scratch&& other) noexcept : path_(std::exchange(other.path_, fs::path())) {}
Scratch& Scratch::operator=(Scratch&& other) noexcept {
  std::swap(path_, other.path_);
  return *this;
}
Scratch::~Scratch() {
  std::error_code code;
  if (!path_.empty()) fs::remove_all(path_, code);
}

Result<void> Scratch::open_to(gid_t group) const {
  if (group != ::getegid() && ::chown(path_.c_str(), static_cast<uid_t>(-1), group) != 0) {
    return trouble(path_, "cannot be opened to the mail server");
  }
  if (::chmod(path_.c_str(), 0750) != 0) return trouble(path_, "cannot be opened");
  return {};
}

Result<std::string> read_file(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    return fail(errno == ENOENT ? ErrorKind::not_found : ErrorKind::permission_denied,
                file.string(), "cannot be read: {}", std::strerror(errno));
  }
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

Result<void> write_file(const fs::path& file, std::string_view text, gid_t group) {
  std::ofstream stream(file, std::ios::binary | std::ios::trunc);
  stream.write(text.data(), static_cast<std::streamsize>(text.size()));
  stream.close();
  if (!stream) return trouble(file, "cannot be written");
  if (::chmod(file.c_str(), 0640) != 0) return trouble(file, "its mode cannot be set");
  if (group != ::getegid() && ::chown(file.c_str(), static_cast<uid_t>(-1), group) != 0) {
    return trouble(file, "cannot be given to the mail server's group");
  }
  return {};
}

}  // namespace lostmail::replay
