#include "bounce/mime.hpp"

#include <memory>

#include <gmime/gmime.h>

#include "lostmail/core/address.hpp"

namespace lostmail::bounce {
namespace {

struct Unref {
  template <typename T>
  void operator()(T* object) const {
    g_object_unref(object);
  }
};
template <typename T>
using Owned = std::unique_ptr<T, Unref>;

std::string text_of(const char* text) { return text == nullptr ? std::string() : text; }

/// The first mailbox of an address list.
std::string first_address(InternetAddressList* list) {
  for (int i = 0; list != nullptr && i < internet_address_list_length(list); ++i) {
    InternetAddress* address = internet_address_list_get_address(list, i);
    if (INTERNET_ADDRESS_IS_MAILBOX(address))
      return text_of(internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(address)));
  }
  return {};
}

std::string decoded(GMimePart* part) {
  GMimeDataWrapper* content = g_mime_part_get_content(part);
  if (content == nullptr) return {};
  const Owned<GMimeStream> stream(g_mime_stream_mem_new());
  g_mime_data_wrapper_write_to_stream(content, stream.get());
  const GByteArray* bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream.get()));
  return {reinterpret_cast<const char*>(bytes->data), bytes->len};
}

void take_original(GMimeObject* object, Message& message) {
  if (!message.original_sender.empty()) return;
  const std::string path = text_of(g_mime_object_get_header(object, "Return-Path"));
  message.original_sender = std::string(strip_path(path));
}

void take_part(GMimeObject*, GMimeObject* object, gpointer data) {
  Message& message = *static_cast<Message*>(data);
  if (message.parts.size() >= kMostParts) return;
  GMimeContentType* type = g_mime_object_get_content_type(object);
  if (GMIME_IS_MESSAGE_PART(object)) {
    GMimeMessage* inner = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));
    if (inner == nullptr) return;
    take_original(GMIME_OBJECT(inner), message);
    if (message.original_sender.empty())
      message.original_sender = first_address(g_mime_message_get_from(inner));
  } else if (GMIME_IS_PART(object)) {
    message.parts.push_back({to_lower(text_of(g_mime_content_type_get_media_type(type))) + "/" +
                                 to_lower(text_of(g_mime_content_type_get_media_subtype(type))),
                             decoded(GMIME_PART(object))});
  }
}

}  // namespace

Message read_message(std::string_view bytes) {
  static const bool ready = [] {
    g_mime_init();
    return true;
  }();
  static_cast<void>(ready);
  Message result;
  const Owned<GMimeStream> stream(g_mime_stream_mem_new_with_buffer(bytes.data(), bytes.size()));
  const Owned<GMimeParser> parser(g_mime_parser_new_with_stream(stream.get()));
  const Owned<GMimeMessage> message(g_mime_parser_construct_message(parser.get(), nullptr));
  if (!message) return result;
  result.to = first_address(g_mime_message_get_to(message.get()));
  result.from = first_address(g_mime_message_get_from(message.get()));
  const std::string failed =
      text_of(g_mime_object_get_header(GMIME_OBJECT(message.get()), "X-Failed-Recipients"));
  for (std::size_t begin = 0; begin < failed.size();) {
    const auto end = std::min(failed.find(',', begin), failed.size());
    auto one = std::string_view(failed).substr(begin, end - begin);
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    if (!one.empty()) result.failed_recipients.emplace_back(one);
    begin = end + 1;
  }
  g_mime_message_foreach(message.get(), take_part, &result);
  return result;
}

}  // namespace lostmail::bounce
