#pragma once

#include <sqlite3.h>

namespace lostmail::store {

/// A table that is read through the static functions of `Cursor` (sqlite.org/vtab.html), and there
/// without having been made.
template <typename Cursor>
[[nodiscard]] constexpr sqlite3_module read_by() {
  sqlite3_module module{};
  module.xConnect = Cursor::connect;
  module.xBestIndex = Cursor::plan;
  module.xDisconnect = Cursor::disconnect;
  module.xOpen = Cursor::open;
  module.xClose = Cursor::close;
  module.xFilter = Cursor::filter;
  module.xNext = Cursor::next;
  module.xEof = Cursor::eof;
  module.xColumn = Cursor::column;
  module.xRowid = Cursor::rowid;
  return module;
}

}  // namespace lostmail::store
