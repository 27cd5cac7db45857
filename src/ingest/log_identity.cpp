#include "ingest/log_identity.hpp"

#include <algorithm>
#include <fstream>
#include <string>

#include <sys/stat.h>

#include "lostmail/assemble/record_id.hpp"
#include "lostmail/input/byte_source.hpp"
#include "lostmail/input/log_list.hpp"

namespace lostmail::ingest {
namespace {

/// A log that is not packed may be large, and is asked every few minutes: straight to the place.
std::string read_plain(const std::filesystem::path& path, std::uint64_t from, std::size_t size) {
  std::string result(size, '\0');
  std::ifstream file(path, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(from));
  file.read(result.data(), static_cast<std::streamsize>(size));
  result.resize(static_cast<std::size_t>(file.gcount()));
  return result;
}

/// Bytes [from, from + size) of the decompressed log; shorter where it ends.
std::string read_range(const std::filesystem::path& path, std::uint64_t from, std::size_t size) {
  std::string result;
  auto source = input::open_bytes(path);
  if (!source) return result;
  if ((*source)->packing() == input::Packing::none) return read_plain(path, from, size);
  std::vector<char> block(256 * 1024);
  for (std::uint64_t at = 0; at < from + size;) {
    const auto wanted = std::min<std::uint64_t>(block.size(), from + size - at);
    auto count = (*source)->read(block.data(), static_cast<std::size_t>(wanted));
    if (!count || *count == 0) break;
    const std::uint64_t skip = at < from ? std::min<std::uint64_t>(from - at, *count) : 0;
    result.append(block.data() + skip, *count - static_cast<std::size_t>(skip));
    at += *count;
  }
  return result;
}

std::uint64_t hash(std::string_view bytes) { return assemble::hash_of({bytes}); }

void look_at_file(const std::filesystem::path& path, store::LogState& state) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return;
  state.device = status.st_dev;
  state.inode = status.st_ino;
  state.size = static_cast<std::uint64_t>(status.st_size);
  state.changed_nanos =
      std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
}

template <typename File>
bool lies_equal(const File& a, const store::LogState& b) {
  return a.inode != 0 && a.device == b.device && a.inode == b.inode && a.size == b.size &&
         a.changed_nanos == b.changed_nanos;
}

/// A few lines are the beginning of many a log: a rejectlog may begin as the mainlog does. Whether
/// a short log has become this longer file, its place tells.
bool has_grown(const store::LogState& log, const store::LogState& here) {
  return (log.device == here.device && log.inode == here.inode) ||
         input::before_rotation(log.path) == input::before_rotation(here.path);
}

}  // namespace

/// Where the file that lies `here` was found to hold what a log holds that was read to its end.
std::optional<LogIdentity::Found> LogIdentity::known_copy(const store::LogState& here) const {
  const auto copy = std::find_if(copies_.begin(), copies_.end(),
                                 [&](const auto& file) { return lies_equal(file, here); });
  const auto* log = copy == copies_.end() ? nullptr : known(copy->log);
  if (log == nullptr) return std::nullopt;
  store::LogState state = *log;
  place(state, here);
  return Found{std::move(state), true};
}

LogIdentity::Found LogIdentity::state_of(const std::filesystem::path& path) const {
  store::LogState here;
  here.path = path.string();
  look_at_file(path, here);
  for (const auto& log : known_) {
    if (lies_equal(log, here)) {
      store::LogState state = log;
      state.path = here.path;
      // A log that nothing was read of again since then; a transient failure may be over.
      const bool all_read = log.packed || log.offset == log.size;
      return {std::move(state), all_read && (log.problem.empty() || log.damaged)};
    }
  }
  if (auto copy = known_copy(here)) return std::move(*copy);
  const std::string head = read_range(path, 0, kHeadBytes);
  const store::LogState* best = nullptr;
  for (const auto& log : known_) {
    if (log.head_length == 0 || log.head_length > head.size() ||
        (best != nullptr && best->offset >= log.offset))
      continue;
    if (hash(std::string_view(head).substr(0, log.head_length)) != log.head_hash) continue;
    if (head.size() > log.offset && !has_grown(log, here)) continue;
    const std::string tail = read_range(path, log.offset - log.tail_length, log.tail_length);
    if (tail.size() == log.tail_length && hash(tail) == log.tail_hash) best = &log;
  }
  if (best == nullptr) {
    const bool empty = here.inode != 0 && here.size == 0;  // says nothing
    return {std::move(here), empty};
  }
  store::LogState state = *best;
  place(state, here);
  return {std::move(state), false};
}

const store::LogState* LogIdentity::known(std::int64_t number) const {
  const auto found = std::find_if(known_.begin(), known_.end(),
                                  [&](const store::LogState& log) { return log.number == number; });
  return found == known_.end() ? nullptr : &*found;
}

std::int64_t LogIdentity::last_number() const {
  std::int64_t last = 0;
  for (const auto& log : known_) last = std::max(last, log.number);
  return last;
}

bool LogIdentity::same(const store::LogState& a, const store::LogState& b) {
  return a.offset == b.offset && a.head_hash == b.head_hash && a.tail_hash == b.tail_hash;
}

void LogIdentity::place(store::LogState& state, const store::LogState& as) {
  state.path = as.path;
  state.device = as.device;
  state.inode = as.inode;
  state.size = as.size;
  state.changed_nanos = as.changed_nanos;
}

bool LogIdentity::lies_as_read(const store::LogState& state) {
  store::LogState here;
  look_at_file(state.path, here);
  return lies_equal(state, here);
}

void LogIdentity::sign(store::LogState& state, std::string_view read_tail) {
  state.head_length = std::min<std::uint64_t>(state.offset, kHeadBytes);
  state.tail_length = std::min<std::uint64_t>(state.offset, kTailBytes);
  const std::string head = read_range(state.path, 0, static_cast<std::size_t>(state.head_length));
  const std::string tail = read_tail.size() == state.tail_length
                               ? std::string(read_tail)
                               : read_range(state.path, state.offset - state.tail_length,
                                            static_cast<std::size_t>(state.tail_length));
  if (head.size() != state.head_length || tail.size() != state.tail_length) return;
  state.head_hash = hash(head);
  state.tail_hash = hash(tail);
}

}  // namespace lostmail::ingest
