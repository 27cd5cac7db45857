#include "store/early_writes.hpp"

#include <charconv>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>

namespace lostmail::store {
namespace {

namespace fs = std::filesystem;

/// One of this process's descriptors of that file, -1 where it cannot be told.
int descriptor_of(const char* file) {
  struct stat wanted {};
  if (file == nullptr || ::stat(file, &wanted) != 0) return -1;
  std::error_code code;
  for (fs::directory_iterator entry("/proc/self/fd", code), end; !code && entry != end;
       entry.increment(code)) {
    const std::string name = entry->path().filename().string();
    int descriptor = -1;
    std::from_chars(name.data(), name.data() + name.size(), descriptor);
    struct stat status {};
    if (descriptor >= 0 && ::fstat(descriptor, &status) == 0 && status.st_dev == wanted.st_dev &&
        status.st_ino == wanted.st_ino) {
      return descriptor;
    }
  }
  return -1;
}

}  // namespace

void EarlyWrites::begin(const Database& database) {
  descriptor_ = descriptor_of(sqlite3_db_filename(database.handle(), "main"));
}

void EarlyWrites::start() const {
#ifdef SYNC_FILE_RANGE_WRITE
  static_cast<void>(::sync_file_range(descriptor_, 0, 0, SYNC_FILE_RANGE_WRITE));
#endif
}

}  // namespace lostmail::store
