#include "lostmail/core/event.hpp"

namespace lostmail {

LineCounts& LineCounts::operator+=(const LineCounts& other) {
  lines += other.lines;
  exim += other.exim;
  sendmail += other.sendmail;
  continuation += other.continuation;
  other_program += other.other_program;
  not_understood += other.not_understood;
  return *this;
}

}  // namespace lostmail
