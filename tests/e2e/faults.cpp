// Preloaded before the program: from the Nth call on, a system call on files whose path holds a
// text fails. LOSTMAIL_FAULT="read|write|sync ERRNO N TEXT"
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <sys/types.h>
#include <unistd.h>

#include <dlfcn.h>

namespace {

struct Plan {
  char call[16] = "";
  int error = 0;
  long after = 0;
  char text[256] = "";
  long calls = 0;
};

Plan& plan() {
  static Plan made = [] {
    Plan fresh;
    const char* given = std::getenv("LOSTMAIL_FAULT");
    if (given == nullptr || std::sscanf(given, "%15s %d %ld %255s", fresh.call, &fresh.error,
                                        &fresh.after, fresh.text) != 4)
      fresh.call[0] = '\0';
    return fresh;
  }();
  return made;
}

bool fails(const char* call, int descriptor) {
  Plan& given = plan();
  if (std::strcmp(call, given.call) != 0) return false;
  char link[64], path[4096];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  const ssize_t length = ::readlink(link, path, sizeof path - 1);
  if (length < 0) return false;
  path[length] = '\0';
  if (std::strstr(path, given.text) == nullptr || given.calls++ < given.after) return false;
  errno = given.error;
  return true;
}

template <typename Function>
Function real(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

ssize_t read(int descriptor, void* to, size_t size) {
  static const auto next = real<ssize_t (*)(int, void*, size_t)>("read");
  return fails("read", descriptor) ? -1 : next(descriptor, to, size);
}
ssize_t pread64(int descriptor, void* to, size_t size, off64_t at) {
  static const auto next = real<ssize_t (*)(int, void*, size_t, off64_t)>("pread64");
  return fails("read", descriptor) ? -1 : next(descriptor, to, size, at);
}
ssize_t write(int descriptor, const void* from, size_t size) {
  static const auto next = real<ssize_t (*)(int, const void*, size_t)>("write");
  return fails("write", descriptor) ? -1 : next(descriptor, from, size);
}
ssize_t pwrite64(int descriptor, const void* from, size_t size, off64_t at) {
  static const auto next = real<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64");
  return fails("write", descriptor) ? -1 : next(descriptor, from, size, at);
}
int fdatasync(int descriptor) {
  static const auto next = real<int (*)(int)>("fdatasync");
  return fails("sync", descriptor) ? -1 : next(descriptor);
}
int fsync(int descriptor) {
  static const auto next = real<int (*)(int)>("fsync");
  return fails("sync", descriptor) ? -1 : next(descriptor);
}

}  // extern "C"
