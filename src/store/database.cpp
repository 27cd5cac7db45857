#include "store/database.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include "lostmail/core/text.hpp"
#include "store/key_filter.hpp"
#include "store/row_batch.hpp"

namespace lostmail::store {
namespace {

std::string contents_of(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

/// `3 minutes`: how long a process has run, by proc(5); empty where that does not tell.
std::string age_of(pid_t process) {
  constexpr int kFieldsToStart =
      20;  // behind the name: state is the first, starttime the twentieth
  const std::string stat = contents_of("/proc/" + std::to_string(process) + "/stat");
  std::istringstream fields(stat.substr(std::min(stat.rfind(')') + 1, stat.size())));
  std::string field;
  for (int i = 0; i < kFieldsToStart; ++i) fields >> field;
  double up = 0;
  std::istringstream(contents_of("/proc/uptime")) >> up;
  if (!fields || up <= 0) return {};
  const auto began =
      static_cast<double>(std::atoll(field.c_str())) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  const auto seconds = static_cast<std::uint64_t>(std::max(up - began, 0.0));
  if (seconds < 120) return counted(seconds, "second");
  return seconds < 7200 ? counted(seconds / 60, "minute") : counted(seconds / 3600, "hour");
}

/// The process that holds a byte of the file against writers; 0: none, or it is not told.
pid_t holder_of_byte(const std::string& file, off_t byte) {
  // Never closed: that would give up every lock that this process has on the file.
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return 0;
  struct flock lock {};
  lock.l_type = F_RDLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = byte;
  lock.l_len = 1;
  if (::fcntl(descriptor, F_GETLK, &lock) != 0 || lock.l_type == F_UNLCK) return 0;
  return lock.l_pid;
}

/// Who holds the write lock, and since when it can: SQLite takes it on a byte of the file beside
/// the store (wal.c WAL_WRITE_LOCK, os_unix.c UNIX_SHM_BASE), in a first load on one of the store
/// (os.h RESERVED_BYTE). Empty where the system does not tell.
std::string holder_of(const std::string& store) {
  constexpr off_t kWalWriteByte = (22 + 8) * 4, kReservedByte = 0x40000000 + 1;
  pid_t process = holder_of_byte(store + "-shm", kWalWriteByte);
  if (process <= 0) process = holder_of_byte(store, kReservedByte);
  if (process <= 0) return {};
  const std::string id = std::to_string(process);
  std::string words = contents_of("/proc/" + id + "/cmdline");
  std::replace(words.begin(), words.end(), '\0', ' ');
  while (words.ends_with(' ')) words.pop_back();
  std::string holder = "process " + id;
  if (!words.empty()) holder += " (" + words.substr(0, 120) + ")";
  if (const auto age = age_of(process); !age.empty()) holder += ", which has run for " + age + ",";
  return holder;
}

Error error_of(int code, sqlite3* handle, const std::string& where) {
  const int primary = code & 0xff;
  const char* text = handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
  switch (primary) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: {
      const std::string holder = holder_of(where);
      return {ErrorKind::locked, where,
              (holder.empty() ? "another program" : holder) +
                  " is writing to it: try again when it is done"};
    }
    case SQLITE_NOTADB:
      return {ErrorKind::damaged, where, "is no lostmail store: give another file with --store"};
    case SQLITE_CORRUPT:
      return {ErrorKind::damaged, where,
              "the store is damaged: move it away and read the logs again, or restore a backup"};
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return {ErrorKind::permission_denied, where,
              "cannot be written: run as its owner, or give another with --store"};
    case SQLITE_CANTOPEN:
      return {ErrorKind::permission_denied, where, "cannot be opened: check path and permissions"};
    case SQLITE_FULL:
      return {ErrorKind::io_error, where, "the disk is full: nothing of this run was kept"};
    default: {
      // Where SQLite makes room in the file beside the store it tells no more than an I/O error.
      const int system = handle != nullptr ? sqlite3_system_errno(handle) : 0;
      if (system == ENOSPC || system == EDQUOT)
        return {ErrorKind::io_error, where, "the disk is full: nothing of this run was kept"};
      return {ErrorKind::io_error, where,
              std::string(text) +
                  (system != 0 ? ": " + std::generic_category().message(system) : std::string()) +
                  ": nothing of this run was kept"};
    }
  }
}

}  // namespace

Statement::Statement(Database& database, std::string_view sql) : database_(&database) {
  sqlite3_stmt* statement = nullptr;
  database.note(sqlite3_prepare_v3(database.handle(), sql.data(), static_cast<int>(sql.size()),
                                   SQLITE_PREPARE_PERSISTENT, &statement, nullptr));
  statement_.reset(statement);
}

Statement& Statement::bind(std::int64_t value) {
  in_use_ = true;
  if (statement_) database_->note(sqlite3_bind_int64(statement_.get(), next_++, value));
  return *this;
}

Statement& Statement::bind(std::string_view text) { return bind_text(text, SQLITE_TRANSIENT); }

Statement& Statement::bind_in_place(std::string_view text) {
  return bind_text(text, SQLITE_STATIC);
}

Statement& Statement::bind_text(std::string_view text, sqlite3_destructor_type copy_or_not) {
  in_use_ = true;
  if (statement_) {
    database_->note(sqlite3_bind_text(statement_.get(), next_++,
                                      text.data() == nullptr ? "" : text.data(),
                                      static_cast<int>(text.size()), copy_or_not));
  }
  return *this;
}

Statement& Statement::bind_blob(std::string_view bytes) {
  in_use_ = true;
  if (statement_) {
    database_->note(sqlite3_bind_blob64(statement_.get(), next_++,
                                        bytes.data() == nullptr ? "" : bytes.data(), bytes.size(),
                                        SQLITE_TRANSIENT));
  }
  return *this;
}

Statement& Statement::bind_pointer(void* pointer, const char* type) {
  in_use_ = true;
  if (statement_)
    database_->note(sqlite3_bind_pointer(statement_.get(), next_++, pointer, type, nullptr));
  return *this;
}

Statement& Statement::bind_null() {
  in_use_ = true;
  ++next_;
  return *this;
}

bool Statement::step() {
  if (!statement_) return false;
  in_use_ = true;
  const int code = sqlite3_step(statement_.get());
  code_ = code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
  database_->note(code_);
  return code == SQLITE_ROW;
}

bool Statement::holds() {
  const bool any = step();
  reset();
  return any;
}

void Statement::run() {
  while (step()) {
  }
  reset();
}

void Statement::reset() {
  if (!statement_ || !in_use_) return;
  in_use_ = false;
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
  next_ = 1;
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string Statement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (text == nullptr) return {};
  return std::string(text,
                     static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column)));
}

std::string_view Statement::bytes(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return bytes == nullptr ? std::string_view() : std::string_view(bytes, size);
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::optional<std::int64_t> Statement::maybe_integer(int column) const {
  if (is_null(column)) return std::nullopt;
  return integer(column);
}

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& file, int flags) {
  // Nobody asks how much memory it uses; counting that takes a lock each time.
  [[maybe_unused]] static const int uncounted = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<Database> database(new Database(handle, file.string()));
  if (code != SQLITE_OK) return tl::unexpected(error_of(code, handle, file.string()));
  sqlite3_extended_result_codes(handle, 1);
  // What a question needs is stored; an index of its own would cost a look at all refusals.
  sqlite3_exec(handle, "PRAGMA automatic_index = OFF", nullptr, nullptr, nullptr);
  RowBatch::declare(*database);
  KeyFilter::declare(*database);
  return database;
}

Database::~Database() {
  cached_.clear();  // before the connection goes
  sqlite3_close_v2(handle_);
}

void Database::reset_cached() {
  for (auto& [sql, statement] : cached_) statement->reset();
}

void Database::flush_held() {
  for (auto* batch : held_) batch->flush();
}

void Database::clear_held() {
  for (auto* batch : held_) batch->clear();
}

Statement& Database::cached(const char* sql) {
  flush_held();
  auto& statement = cached_[sql];
  if (!statement) statement = std::make_unique<Statement>(*this, sql);
  statement->reset();
  return *statement;
}

void Database::execute(const char* sql) {
  note(sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr));
}

std::int64_t Database::integer(std::string_view sql) {
  flush_held();
  Statement statement(*this, sql);
  return statement.step() ? statement.integer(0) : 0;
}

void Database::note(int code) {
  if (code != SQLITE_OK && !error_) error_ = error_of(code, handle_, where_);
}

Result<void> Database::take_error() {
  if (!error_) return {};
  Error error = std::move(*error_);
  error_.reset();
  return tl::unexpected(std::move(error));
}

}  // namespace lostmail::store
