# `cmake --build … --target package`: a .deb for Debian 12. What lies outside /usr is its own
# component, so that a plain `cmake --install` touches neither /etc nor systemd.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(pkg ${PROJECT_SOURCE_DIR}/packaging)

# The manual and the completions are made from the program's --help, so they are never behind it.
set(manual ${PROJECT_BINARY_DIR}/manual)
add_custom_command(
  OUTPUT ${manual}/lostmail.1 ${manual}/lostmail.bash ${manual}/_lostmail ${manual}/lostmail.fish
  COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tools/manual $<TARGET_FILE:lostmail> ${pkg}/lostmail.1.in ${manual}
  DEPENDS lostmail ${PROJECT_SOURCE_DIR}/tools/manual ${pkg}/lostmail.1.in)
add_custom_target(manual ALL DEPENDS ${manual}/lostmail.1)

install(FILES ${manual}/lostmail.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${manual}/lostmail.bash
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME lostmail)
install(FILES ${manual}/_lostmail DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install(FILES ${manual}/lostmail.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)

install(FILES ${pkg}/lostmail.toml DESTINATION /etc/lostmail COMPONENT system EXCLUDE_FROM_ALL)
install(FILES ${pkg}/lostmail.cron DESTINATION /etc/cron.d RENAME lostmail COMPONENT system EXCLUDE_FROM_ALL)
install(FILES ${pkg}/lostmail.service ${pkg}/lostmail.timer DESTINATION /lib/systemd/system
        COMPONENT system EXCLUDE_FROM_ALL)

set(CPACK_GENERATOR DEB)
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL Unspecified system)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_PACKAGE_CONTACT "lostmail <root@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "find mail that sender verification refused, in Exim and Sendmail logs")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "Mail is refused in the SMTP dialogue because the sender did not verify, the client
has no reverse DNS, or the sender's domain was not found; only the mail server's
log says so. lostmail reads these logs, says what was refused and why, whether it
is lost or came later, and proposes whitelist entries for a person to approve.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION mail)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, tzdata")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "default-mta | mail-transport-agent")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "bash-completion, sqlite3")
file(WRITE ${PROJECT_BINARY_DIR}/packaging/conffiles "/etc/lostmail/lostmail.toml\n/etc/cron.d/lostmail\n")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${pkg}/postinst ${pkg}/prerm ${pkg}/postrm
    ${PROJECT_BINARY_DIR}/packaging/conffiles)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
